import { metricTexts, numeric, plural } from '../format.js'
import type { MetricReport, Report } from '../report.js'
import type { ComparisonRow } from './comparison.js'
import { type Verdict, verdictOf } from './verdict.js'

/** The quality before and after; samples and reference stand at the first of those metrics that share them. */
export function metricRows(report: Report): readonly ComparisonRow[] {
  let lastNote: string | null = null
  return report.metrics.map((metric) => {
    const { before, after } = metricTexts(metric)
    const verdict = metricVerdict(metric)
    const note = `${plural(metric.samples, 'sample')} vs ${metricAgainst(metric, report)}`
    const row: ComparisonRow = {
      label: metricLabel(metric, report),
      before: metric.before === null || verdict === 'same' ? null : before,
      after,
      change: metricChange(metric),
      verdict,
      note: note === lastNote ? null : note,
    }
    lastNote = note
    return row
  })
}

/** The name of a metric, with the output where the model has several. */
export function metricLabel(metric: MetricReport, report: Report): string {
  const several = report.before.outputs.length > 1 || new Set(report.metrics.map((m) => m.output)).size > 1
  return several ? `${metric.name} of ${metric.output}` : metric.name
}

/**
 * The difference, with the verdict in words where less is better, as a sign alone would be read the other way; the
 * verdict alone where there is no difference to write down (NaN, infinity).
 */
export function metricChange(metric: MetricReport): string | null {
  const { change } = metricTexts(metric)
  const verdict = metricVerdict(metric)
  if (verdict !== 'better' && verdict !== 'worse') return change
  if (change === null) return verdict
  return metric.better === 'lower' ? `${change} (${verdict})` : change
}

/** What a metric was judged against; the model that came in needs no path when it stands beside. */
export function metricAgainst(metric: MetricReport, { before, after }: Report): string {
  return after !== null && metric.against === before.path ? 'original' : metric.against
}

function metricVerdict({ better, before, after }: MetricReport): Verdict {
  const [from, to] = [numeric(before), numeric(after)]
  return from === null || to === null ? 'neutral' : verdictOf(from, to, better)
}
