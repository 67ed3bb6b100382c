import { milliseconds, plural, sizeChange } from '../format.js'
import type { BenchModelReport, BenchReport } from '../report.js'
import { speedOf, speedVerdict } from './bench.js'
import type { ComparisonRow } from './comparison.js'
import type { RunsRow } from './runs.js'

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
    change: speedChange(last),
    verdict: speedVerdict(last.ratio),
    note: `median of ${plural(last.runs, 'run')}`,
  }
}

/** The last model of each of two benches. They were not measured side by side, and the note says so. */
export function latencyRuns(old: BenchReport, later: BenchReport): RunsRow | null {
  const [was, is] = [old.models.at(-1), later.models.at(-1)]
  const original = later.models.length > 1 ? later.models[0] : undefined
  if (was === undefined || is === undefined) return null
  return {
    label: 'Latency',
    original: original === undefined ? null : milliseconds(original.medianMs),
    before: was.medianMs === is.medianMs ? null : milliseconds(was.medianMs),
    after: milliseconds(is.medianMs),
    change: sizeChange(was.medianMs, is.medianMs, { less: 'faster', more: 'slower', exact: milliseconds }),
    verdict: 'neutral',
    note: 'measured at different times',
  }
}

/** Without a clear difference none is claimed, however the medians fell. */
function speedChange({ ratio }: BenchModelReport): string | null {
  if (ratio === null) return null
  const { factor, word, verdict } = speedOf(ratio)
  return verdict === 'same' ? 'no clear difference' : `${factor} ${word}`
}
