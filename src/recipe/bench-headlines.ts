import { speedOf } from '../report/content/bench.js'
import { milliseconds, plural } from '../report/format.js'
import type { BenchModelReport, BenchReport } from '../report/report.js'

/** What came out, one sentence: how long the model takes, or which of several is the fastest. */
export function benchHeadlines({ models }: Pick<BenchReport, 'models'>): string[] {
  const [first, second, ...more] = models
  if (first === undefined) return []
  if (second === undefined) {
    return [`${name(first)} takes ${milliseconds(first.medianMs)} per run, the median of ${plural(first.runs, 'run')}.`]
  }
  if (more.length === 0) return [compared(second, first)]
  const fastest = models.reduce((a, b) => ((b.ratio?.value ?? 1) < (a.ratio?.value ?? 1) ? b : a))
  if (fastest === first)
    return [`None is faster than ${name(first)}, which takes ${milliseconds(first.medianMs)} per run.`]
  return [`The fastest of ${models.length}: ${compared(fastest, first)}`]
}

function compared(model: BenchModelReport, first: BenchModelReport): string {
  if (model.ratio === null) return ''
  const { factor, word, interval, verdict } = speedOf(model.ratio)
  const [ours, theirs] = [model, first].map(({ medianMs }) => milliseconds(medianMs))
  const range = interval === null ? '' : ` (95 % sure: ${interval})`
  if (verdict === 'same') {
    return `${name(model)} and ${name(first)} differ by nothing that this run can show${range}: ${ours} and ${theirs} per run.`
  }
  return `${name(model)} is ${factor} ${word} than ${name(first)}${range}: ${ours} per run, not ${theirs}.`
}

function name({ path }: BenchModelReport): string {
  return path ?? 'stdin'
}
