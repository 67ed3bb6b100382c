import type { BenchForm } from './form.js'

/** @see RFC 4180; its line breaks are those of a text file here, which every reader takes */
export const csv = {
  name: 'csv',
  summary: 'every single time: model, run, ms',
  write({ models }) {
    const rows = models.flatMap(({ path, timesMs }, i) => {
      const model = [i + 1, quoted(path ?? 'stdin')].join(',')
      return timesMs.map((ms, run) => `${model},${run + 1},${ms}`)
    })
    return `${['number,model,run,ms', ...rows].join('\n')}\n`
  },
} satisfies BenchForm

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
