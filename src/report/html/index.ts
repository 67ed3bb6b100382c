import type { Runs } from '../content/runs.js'
import type { Form } from '../form.js'
import type { Report } from '../report.js'

/** For people who would rather look than read: one file with everything in it, that asks nothing of the network. */
export const html = {
  name: 'html',
  ending: '.html',
  summary: 'a page with charts, in one file',
  async render(report: Report): Promise<string> {
    const { reportPage } = await import('./report-page.js') // nobody else waits for it
    return reportPage(report)
  },
  async renderRuns(runs: Runs): Promise<string> {
    const { runsPage } = await import('./runs-page.js')
    return runsPage(runs)
  },
} satisfies Form
