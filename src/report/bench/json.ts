import { inOrder } from '../json.js'
import { REPORT_KEYS } from '../keys.js'
import type { BenchForm } from './form.js'

/** What the report has under `bench`. */
export const json = {
  name: 'json',
  summary: 'the figures and every single time, as in the report',
  write: (report) => `${JSON.stringify(inOrder(report, REPORT_KEYS.bench), null, 2)}\n`,
} satisfies BenchForm
