import { count, metricTexts, NONE, numeric, plural } from '../format.js'
import type { MetricReport, ModelReport, Report } from '../report.js'
import { type ComparisonRow, modelRows } from './comparison.js'
import { latencyRuns } from './latency.js'
import { metricRows } from './metric-rows.js'

/** Two reports side by side: of an earlier run and of a later one. */
export interface Runs {
  readonly old: Report
  readonly new: Report
}

/** A figure of both runs; `before` of the change is the old one, `after` the new one. */
export interface RunsRow extends ComparisonRow {
  /** Of the model that both runs began with; null where it is not one, or has no such figure. */
  readonly original: string | null
}

/** The model that a run is about: the one it made, or the only one. */
export function resultOf({ before, after }: Report): ModelReport {
  return after ?? before
}

/** Whether both runs began with the same model: the same bytes where they were hashed, else the same size and shape. */
export function sameOrigin({ old, new: later }: Runs): boolean {
  const [a, b] = [old.before, later.before]
  const hashes = ({ files }: ModelReport) => files.map((file) => file.sha256)
  const known = (model: ModelReport) => model.files.length > 0 && hashes(model).every((hash) => hash !== null)
  if (known(a) && known(b)) return hashes(a).join() === hashes(b).join()
  return a.bytes === b.bytes && a.parameters === b.parameters && a.nodes === b.nodes
}

/** What a run of a command on the old result that gave the new one would report: layers and sizes, old and new. */
export function asOne(runs: Runs): Report & { readonly after: ModelReport } {
  return { ...runs.new, before: resultOf(runs.old), after: resultOf(runs.new), metrics: joinedMetrics(runs) }
}

/** The figures of both runs: sizes first, then quality and speed. */
export function runsRows(runs: Runs): readonly RunsRow[] {
  return [...sizeRuns(runs), ...qualityRuns(runs)]
}

/** What came out, in a sentence: quality before sizes, the first three that differ. */
export function runsHeadline(runs: Runs): string {
  const moved = [...qualityRuns(runs), ...sizeRuns(runs)].filter(
    ({ before, after }) => before !== null && before !== NONE && after !== NONE,
  )
  if (moved.length === 0) return 'Both runs came to the same.'
  return `${moved
    .slice(0, 3)
    .map(({ label, before, after }) => `${label} ${before} → ${after}`)
    .join('; ')}.`
}

function sizeRuns(runs: Runs): readonly RunsRow[] {
  const one = asOne(runs)
  const made = runs.old.after ?? runs.new.after
  const origin = made !== null && sameOrigin(runs) ? runs.old.before : null
  return modelRows(one.before, one.after).map((row) => ({
    ...row,
    original: origin === null ? null : originalText(row.label, origin, one),
  }))
}

function qualityRuns(runs: Runs): readonly RunsRow[] {
  const one = asOne(runs)
  const { old, new: later } = runs
  const latency = old.bench && later.bench ? latencyRuns(old.bench, later.bench) : null
  const metrics = metricRows(one).map((row, i) => ({
    ...row,
    before: one.metrics[i]?.before === null ? NONE : row.before, // not the same, but not known
    original: originalMetric(one.metrics[i], runs),
  }))
  return latency === null ? metrics : [...metrics, latency]
}

/** That the two runs cannot be laid beside one another without a thought; null where they can. */
export function runsWarning(runs: Runs): string | null {
  const sentences = [otherOrigin(runs), otherData(runs)].filter((sentence) => sentence !== null)
  return sentences.length === 0 ? null : sentences.join(' ')
}

function otherOrigin(runs: Runs): string | null {
  if (sameOrigin(runs)) return null
  const name = ({ before }: Report) => (before.path === null ? 'a stream' : `"${before.path}"`)
  return `The two runs began with different models: ${name(runs.old)} and ${name(runs.new)}.`
}

/** Qualities that were measured on other samples differ even where the models do not. */
function otherData({ old, new: later }: Runs): string | null {
  const metric = later.metrics.find((m) => (findMetric(old, m)?.samples ?? m.samples) !== m.samples)
  if (metric !== undefined) {
    const before = findMetric(old, metric)?.samples ?? 0
    return `${metric.name} was measured on ${plural(before, 'sample')} in the old run and on ${count(metric.samples)} in the new one: not the same data.`
  }
  const spec = ({ data }: Report) => data.find(({ role }) => role === 'evaluation')?.spec
  const shared = later.metrics.some((m) => findMetric(old, m) !== undefined)
  return shared && spec(old) !== spec(later) ? 'The two runs were measured on different data.' : null
}

/** As the same row of the original beside itself says. */
function originalText(label: string, origin: ModelReport, { before, after }: Report): string | null {
  for (const result of [origin, before, after ?? before]) {
    const row = modelRows(origin, result).find((each) => each.label === label)
    if (row !== undefined) return row.before ?? row.after
  }
  return null
}

function originalMetric(metric: MetricReport | undefined, { old, new: later }: Runs): string | null {
  if (metric === undefined) return null
  const source = [later, old].find((run) => run.after !== null && findMetric(run, metric)?.before != null)
  const value = source && findMetric(source, metric)?.before
  return value === undefined || value === null ? null : metricTexts({ ...metric, before: null, after: value }).after
}

/** Every metric of either run once; the value of a run is that of its result. */
function joinedMetrics({ old, new: later }: Runs): readonly MetricReport[] {
  const all = [...later.metrics, ...old.metrics.filter((metric) => findMetric(later, metric) === undefined)]
  return all.map((metric) => ({
    ...metric,
    samples: findMetric(later, metric)?.samples ?? metric.samples,
    before: resultValue(findMetric(old, metric)),
    after: resultValue(findMetric(later, metric)),
  }))
}

function findMetric({ metrics }: Report, { name, output, against }: MetricReport): MetricReport | undefined {
  const kind = (reference: string) => reference === 'labels'
  return metrics.find((m) => m.name === name && m.output === output && kind(m.against) === kind(against))
}

function resultValue(metric: MetricReport | undefined): MetricReport['after'] {
  if (metric === undefined) return null
  return numeric(metric.after) === null ? metric.before : metric.after
}
