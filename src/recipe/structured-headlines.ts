import { bytes, COUNT_WORDS, count, SIZE_WORDS, sizeChange } from '../report/format.js'
import type { MetricReport, ModelReport, StructuredReport } from '../report/report.js'
import { judgedBy } from './judged.js'

/** As many characters as a number in a sentence may have. */
const ROOM = 5

/**
 * What structured pruning is for:
 * `25.6 M parameters → 6.9 M, 4.09 G MACs → 1.06 G (3.9x fewer), file 102.1 MB → 27.6 MB (3.7x smaller); top1 76.1 % → 74.9 %.`
 */
export function slimLine(before: ModelReport, after: ModelReport, metrics: readonly MetricReport[]): string {
  const [wasMacs, isMacs] = [before.macs.total, after.macs.total]
  const parts = [
    `${count(before.parameters, ROOM)} parameters → ${count(after.parameters, ROOM)}`,
    ...(wasMacs === null || isMacs === null
      ? []
      : [`${count(wasMacs, ROOM)} MACs → ${count(isMacs, ROOM)} (${sizeChange(wasMacs, isMacs, COUNT_WORDS)})`]),
    `file ${bytes(before.bytes)} → ${bytes(after.bytes)} (${sizeChange(before.bytes, after.bytes, SIZE_WORDS)})`,
  ]
  return `${parts.join(', ')}${judgedBy(metrics)}.`
}

/** What the user should know of it besides: what the oracle could not tell, and the way that is left. */
export function structuredLines({ oracle }: StructuredReport): string[] {
  return [...(oracle?.notes ?? [])]
}
