import { metricTexts } from '../report/format.js'
import type { MetricReport } from '../report/report.js'

/** What a headline ends with where accuracy was measured: `; top1 98.2 % → 98.1 %`, by the first metric. */
export function judgedBy([first]: readonly MetricReport[]): string {
  if (first === undefined) return ''
  const texts = metricTexts(first)
  return first.before === null ? `; ${first.name} ${texts.after}` : `; ${first.name} ${texts.before} → ${texts.after}`
}
