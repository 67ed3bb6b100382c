import { plural, sizeChange } from '../format.js'
import type { BenchModelReport, BenchReport } from '../report.js'
import { speedVerdict } from './bench.js'
import type { ComparisonRow } from './comparison.js'
import { verdictOf } from './verdict.js'

/** `0.482 ms`, `12.3 ms`, `1.24 s`: three digits. */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`
  return `${ms >= 100 ? ms.toFixed(1) : ms === 0 ? '0' : ms.toPrecision(3)} ms`
}

/** One run of the first model and of the last that was measured with it. */
export function latencyRow({ models }: BenchReport): ComparisonRow | null {
  const [first] = models
  const last = models.at(-1)
  if (first === undefined || last === undefined) return null
  const single = models.length === 1
  return {
    label: 'Latency',
    before: single ? null : milliseconds(first.medianMs),
    after: milliseconds(last.medianMs),
    change: single ? null : latencyChange(first, last),
    verdict: single ? 'neutral' : isClear(last) ? verdictOf(first.medianMs, last.medianMs, 'lower') : 'same',
    note: `median of ${plural(last.runs, 'run')}`,
  }
}

/** Without a clear difference none is claimed, however the medians fell. */
function latencyChange(first: BenchModelReport, last: BenchModelReport): string {
  return isClear(last) ? sizeChange(first.medianMs, last.medianMs, LATENCY_WORDS) : 'no clear difference'
}

/** Whether the confidence interval of the ratio leaves equal speed out. */
function isClear({ ratio }: BenchModelReport): boolean {
  return ratio === null || ['better', 'worse'].includes(speedVerdict(ratio))
}

const LATENCY_WORDS = { less: 'faster', more: 'slower', exact: milliseconds }
