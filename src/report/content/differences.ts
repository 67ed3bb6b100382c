import { count, decibels, NONE, number, numeric, percent, plural } from '../format.js'
import type { ComparisonReport, LayerDifferenceReport, MetricValue, NonFiniteReport } from '../report.js'
import type { Group } from './groups.js'

/** How an output differs, as text. */
export interface OutputTexts {
  readonly name: string
  readonly sqnr: string
  readonly maxError: string
  /** The largest magnitude in A, which the error is to be seen beside. */
  readonly of: string
  readonly meanError: string
  readonly cosine: string
  /** null where there are no classes. */
  readonly agreement: string | null
  readonly interval: string | null
  readonly nonFinite: string | null
}

export function outputTexts({ outputs }: ComparisonReport): readonly OutputTexts[] {
  return outputs.map((output) => ({
    name: output.name,
    sqnr: sqnrText(output.sqnrDb),
    maxError: number(output.maxError),
    of: number(output.maxMagnitude),
    meanError: number(output.meanError),
    cosine: number(output.cosine, 6),
    agreement: output.agreement && percent(output.agreement.share),
    interval: output.agreement && `${percent(output.agreement.low, 1)} to ${percent(output.agreement.high, 1)}`,
    nonFinite: output.nonFinite && nonFiniteText(output.nonFinite),
  }))
}

/** `NaN in B, sample 3, element 17`. */
export function nonFiniteText({ model, value, sample, element }: NonFiniteReport): string {
  const where = { a: 'in A', b: 'in B', both: 'in both' }[model]
  return `${value} ${where}, sample ${count(sample)}, element ${count(element)}`
}

/** `42.1 dB`, `equal` where there is no error at all. */
export function sqnrText(value: MetricValue | null): string {
  const db = numeric(value)
  return db === null ? NONE : db === Number.POSITIVE_INFINITY ? 'equal' : decibels(db)
}

/** `62.0 → 14.0 dB`: before the layer, where that says something, and after it. */
export function courseText({ inputSqnrDb, sqnrDb }: LayerDifferenceReport): string {
  const before = numeric(inputSqnrDb)
  const from = before === null || before === Number.POSITIVE_INFINITY ? 'equal' : before.toFixed(1)
  return `${from} → ${sqnrText(sqnrDb)}`
}

/** Those that cause an error, the largest share first. */
export function culprits({ layers }: ComparisonReport): readonly LayerDifferenceReport[] {
  return (layers ?? []).filter(({ share }) => (share ?? 0) > 0).sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
}

/** The name of the node; of the value, too, where the node makes several or has no name. */
export function differenceName(layer: LayerDifferenceReport, { layers }: ComparisonReport): string {
  const siblings = (layers ?? []).filter(({ node }) => node === layer.node)
  return siblings.length > 1 ? `${layer.node} (${layer.name})` : layer.node
}

/** What was not compared, by reason. */
export function notCompared({ skipped }: ComparisonReport): readonly Group[] {
  const groups = new Map<string, string[]>()
  for (const { target, why } of skipped) groups.set(why, [...(groups.get(why) ?? []), target])
  return [...groups].map(([text, targets]) => ({ text, targets }))
}

/** What the layers have in common: how many there are, and how many lie between. */
export function layersText({ layers, unmatched }: ComparisonReport): string {
  const compared = plural(layers?.length ?? 0, 'value')
  const alone = unmatched === null ? 0 : unmatched.a + unmatched.b
  return alone === 0 ? `${compared} compared` : `${compared} compared, ${count(alone)} without a counterpart`
}

export interface Course {
  /** A character for each cell, the higher the better. */
  readonly bars: string
  /** SQNR at the two ends, as text. */
  readonly from: string
  readonly to: string
  /** The cell in which the culprit lies; null without one. */
  readonly culprit: number | null
}

const LEVELS = '▁▂▃▄▅▆▇█'

/**
 * SQNR along the graph of A; of several layers in one cell the worst counts.
 *
 * @param cells  at most
 * @returns      null when there is nothing to see: fewer than three layers, or no error
 */
export function course({ layers, culprit }: ComparisonReport, cells: number): Course | null {
  const all = layers ?? []
  // Where nothing could be compared, everything is wrong.
  const values = all.map(({ sqnrDb }) => (sqnrDb === 'NaN' ? Number.NEGATIVE_INFINITY : Number(sqnrDb)))
  const finite = values.filter(Number.isFinite)
  if (all.length < 3 || finite.length === 0) return null
  const n = Math.max(1, Math.min(cells, all.length))
  const cellOf = (i: number) => Math.floor((i * n) / all.length)
  const worst = new Array<number>(n).fill(Number.POSITIVE_INFINITY)
  for (const [i, value] of values.entries()) {
    const cell = cellOf(i)
    if (value < (worst[cell] ?? 0)) worst[cell] = value
  }
  const seen = worst.filter(Number.isFinite) // of all values one that stands out would flatten the others
  const [low, high] = [Math.min(0, ...seen), Math.max(...seen)]
  const level = (db: number) => (db === Number.POSITIVE_INFINITY ? 1 : (db - low) / Math.max(1e-9, high - low))
  const top = worst.includes(Number.POSITIVE_INFINITY) ? LEVELS.length - 2 : LEVELS.length - 1
  const at = all.findIndex(({ node }) => node === culprit)
  return {
    bars: worst
      .map(
        (db) => LEVELS[db === Number.POSITIVE_INFINITY ? LEVELS.length - 1 : Math.max(0, Math.round(level(db) * top))],
      )
      .join(''),
    from: sqnrText(all[0]?.sqnrDb ?? null),
    to: sqnrText(all.at(-1)?.sqnrDb ?? null),
    culprit: at < 0 ? null : cellOf(at),
  }
}
