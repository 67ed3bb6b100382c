import type { Dependencies } from '../../analysis/dependencies/dependencies.js'
import type { Evidence, Subject } from './importance/importance.js'
import { importanceOf } from './importance/index.js'
import type { Values } from './index.js'
import { named } from './named.js'
import { sliceNorms } from './slice-norms.js'

export interface Scores {
  /** What each unit is worth: by channel, and normalized within its group. */
  readonly scores: Float64Array
  readonly notes: readonly string[]
  readonly samples?: number
}

type How = Pick<Values, 'importance' | 'reduce' | 'normalize'>

/** Scores every unit of a model. Linear in the weights for all that look at weights alone, but for fpgm. */
export async function scoresOf(subject: Subject, how: How): Promise<Scores> {
  const { reduce, normalize } = how
  const importance = how.importance ?? 'l2'
  const { dependencies } = subject
  const { groups, unitCount } = dependencies
  const { measure, lack } = importanceOf(importance)
  const { evidence, samples } = await measure(subject)
  const raw = reduced(evidence, unitCount, reduce)
  const unknown = (unit: number) => Number.isNaN(raw[unit])
  const without = groups.filter(({ units }) => units.some(unknown))
  const notes: string[] = []
  if (without.length > 0) {
    const byNorm = reduced(await sliceNorms(dependencies.model, without, 2, subject.context.signal), unitCount, reduce)
    const blind = without.filter(({ units }) => units.some((unit) => Number.isNaN(byNorm[unit])))
    for (const group of without) {
      const isBlind = blind.includes(group)
      for (const unit of group.units) raw[unit] = isBlind ? 1 : (byNorm[unit] ?? 1)
    }
    const rest = importance === 'l1' || importance === 'l2' ? [] : without.filter((group) => !blind.includes(group))
    const names = (list: typeof groups) => named(list.map(({ name }) => name))
    if (rest.length > 0) notes.push(`Scored by the norms of their weights (l2), for there is ${lack}: ${names(rest)}.`)
    if (blind.length > 0) notes.push(`Channels count alike where no weight can be read: ${names(blind)}.`)
  }
  for (const { units } of groups) normalizeWithin(raw, units, normalize)
  return { scores: raw, notes, ...(samples !== undefined && samples > 0 && { samples }) }
}

/**
 * What all evidence of a unit comes to.
 *
 * @returns  [unitCount], NaN where there is none
 */
export function reduced(evidence: readonly Evidence[], unitCount: number, reduce: Values['reduce']): Float64Array {
  const result = new Float64Array(unitCount)
  const pieces = new Float64Array(unitCount)
  const sums = new Float64Array(unitCount)
  const elements = new Float64Array(unitCount)
  for (const { units, values, power } of evidence) {
    for (let i = 0; i < units.length; i++) {
      const unit = units[i] as number // inside the arrays, as are all below
      if (unit < 0) continue
      sums[unit] = (sums[unit] as number) + (values[i] as number)
      elements[unit] = (elements[unit] as number) + 1
    }
    for (let i = 0; i < units.length; i++) {
      const unit = units[i] as number
      if (unit < 0 || elements[unit] === 0) continue
      const mean = (sums[unit] as number) / (elements[unit] as number)
      const value = power === 2 ? Math.sqrt(mean) : mean
      const before = result[unit] as number
      const seen = pieces[unit] as number
      if (reduce === 'max') result[unit] = seen === 0 ? value : Math.max(before, value)
      else if (reduce === 'product') result[unit] = before + Math.log(value)
      else if (reduce !== 'first') result[unit] = before + value
      else if (seen === 0) result[unit] = value
      pieces[unit] = seen + 1
      sums[unit] = 0
      elements[unit] = 0
    }
  }
  for (let unit = 0; unit < unitCount; unit++) {
    const seen = pieces[unit] as number
    if (seen === 0) result[unit] = Number.NaN
    else if (reduce === 'mean') result[unit] = (result[unit] as number) / seen
    // The geometric mean: products of different numbers of factors do not compare, and small ones vanish.
    else if (reduce === 'product') result[unit] = Math.exp((result[unit] as number) / seen)
  }
  return result
}

/** Makes scores of different groups comparable, in place. A group whose scores are all zero stays as it is. */
function normalizeWithin(scores: Float64Array, units: Int32Array, how: Values['normalize']): void {
  if (how === 'none') return
  let [sum, max] = [0, 0]
  for (const unit of units) {
    const score = scores[unit] as number // units are below unitCount
    sum += score
    max = Math.max(max, score)
  }
  const mean = sum / units.length
  if (how === 'gaussian') {
    let squares = 0
    for (const unit of units) squares += ((scores[unit] as number) - mean) ** 2
    const deviation = Math.sqrt(squares / units.length)
    for (const unit of units) scores[unit] = deviation === 0 ? 0 : ((scores[unit] as number) - mean) / deviation
    return
  }
  const divisor = { mean, max, sum }[how]
  if (divisor > 0) for (const unit of units) scores[unit] = (scores[unit] as number) / divisor
}

/** How many output channels of weights a unit takes with it, [unitCount]. */
export function widthsOf({ groups, unitCount }: Dependencies): Float64Array {
  const widths = new Float64Array(unitCount)
  for (const { producers } of groups) {
    for (const { units } of producers) for (const unit of units) if (unit >= 0) widths[unit] = (widths[unit] ?? 0) + 1
  }
  return widths
}
