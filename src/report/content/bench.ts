import { NONE, plural } from '../format.js'
import type { BenchModelReport, BenchReport, Report } from '../report.js'
import type { Verdict } from './verdict.js'

/** Differences below that are those between two sessions of the same model. */
const LEAST_DIFFERENCE = 0.01

/** Whether measuring is all that the command did. */
export function isOfBench(report: Report): report is Report & { readonly bench: BenchReport } {
  return report.command === 'bench' && report.bench !== null
}

type Ratio = BenchModelReport['ratio']

/** Whether a model is faster than the first; `same` when the interval leaves that open. */
export function speedVerdict(ratio: Ratio): Verdict {
  if (ratio === null || ratio.low === null || ratio.high === null) return 'neutral'
  const { value, low, high } = ratio
  if ((low <= 1 && high >= 1) || Math.abs(value - 1) < LEAST_DIFFERENCE) return 'same'
  return value < 1 ? 'better' : 'worse'
}

/** How much faster or slower than the first. */
export interface Speed {
  /** `1.43x` */
  readonly factor: string
  readonly word: 'faster' | 'slower'
  /** Of 95 %: `1.38 to 1.49`; null where it is not known. */
  readonly interval: string | null
  readonly verdict: Verdict
}

export function speedOf(ratio: NonNullable<Ratio>): Speed {
  const { value, low, high } = ratio
  const slower = value > 1
  const digits = Math.abs(value - 1) < 0.05 ? 3 : 2
  const factor = (r: number) => factorText(slower ? r : 1 / r, digits)
  return {
    factor: `${factor(value)}x`,
    word: slower ? 'slower' : 'faster',
    interval: low === null || high === null ? null : (slower ? [low, high] : [high, low]).map(factor).join(' to '),
    verdict: speedVerdict(ratio),
  }
}

/** @param digits  decimals of small factors; large ones need fewer */
function factorText(factor: number, digits: number): string {
  return factor.toFixed(factor < 9.995 ? digits : factor < 99.95 ? 1 : 0)
}

/** `1.43x faster (1.38 to 1.49)`; the dash for the first model. */
export function speedText(ratio: Ratio): string {
  if (ratio === null) return NONE
  const { factor, word, interval, verdict } = speedOf(ratio)
  const text = verdict === 'same' ? 'no difference that this run can show' : `${factor} ${word}`
  return interval === null ? text : `${text} (${interval})`
}

/** What models are called in a table: a file that is measured against itself gets a number. */
export function benchNames({ models }: BenchReport): readonly string[] {
  return models.map(({ path }, i) => {
    const earlier = models.slice(0, i).filter((other) => other.path === path).length
    return `${path ?? 'stdin'}${earlier > 0 ? ` (${earlier + 1})` : ''}`
  })
}

/** How the runs of each model are distributed, all on one axis. */
export interface Histograms {
  readonly fromMs: number
  readonly toMs: number
  /** For each model the share of its most frequent bin, 0..1, for each bin. */
  readonly bins: readonly (readonly number[])[]
}

/** On a logarithmic axis from the shortest run to where runs get rare; the last bin holds all slower ones. */
export function histograms({ models }: BenchReport, count: number): Histograms | null {
  const shortest = Math.min(...models.map(({ minMs }) => minMs))
  const longest = Math.max(...models.map(({ medianMs, spread }) => medianMs * (1 + Math.max(0.05, 2 * spread))))
  if (!(shortest > 0) || !(longest > shortest)) return null
  const scale = count / Math.log(longest / shortest)
  const bins = models.map(({ timesMs }) => {
    const sums = Array.from({ length: count }, () => 0)
    for (const ms of timesMs) {
      const bin = Math.min(count - 1, Math.max(0, Math.floor(Math.log(ms / shortest) * scale)))
      sums[bin] = (sums[bin] ?? 0) + 1
    }
    const most = Math.max(1, ...sums)
    return sums.map((sum) => sum / most)
  })
  return { fromMs: shortest, toMs: longest, bins }
}

/** `random inputs, batch 1, 2 threads, cpu`: what the figures hold for, beside what was fed. */
export function benchConditions({ threads, provider, batch, data, warmup }: BenchReport): string {
  return [
    data === 'random' ? 'made-up values' : data,
    `batch ${batch}`,
    threads === null ? 'a thread per core' : plural(threads, 'thread'),
    provider,
    plural(warmup, 'warm-up run'),
  ].join(', ')
}

/** `x float32[1,3,224,224]`, with the models that were fed so; without them where all were. */
export function benchInputs(report: BenchReport): readonly string[] {
  const fed = new Map<string, string[]>()
  const names = benchNames(report)
  for (const [i, { inputs }] of report.models.entries()) {
    const text = inputs.map(({ name, type }) => `${name} ${type}`).join(', ')
    fed.set(text, [...(fed.get(text) ?? []), names[i] ?? ''])
  }
  return fed.size < 2 ? [...fed.keys()] : [...fed].map(([text, models]) => `${models.join(', ')}: ${text}`)
}
