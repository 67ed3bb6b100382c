import { MOST_DISTINCT } from './distinct.js'
import type { Density } from './histogram.js'
import { distortion, kmeans, type Points } from './kmeans.js'
import type { Survey, WeightSurvey } from './survey.js'
import type { Word } from './words.js'

/** The values of a lossy codebook, and what it loses. */
export interface Palette {
  /** Ascending. */
  readonly values: Float32Array
  /** See `Plan.error`. */
  readonly error: number
}

/** Which elements a palette is for: all, or those that are not zero, with a zero beside them or without. */
export type Part = 'all' | 'present' | 'present and zero'

/** An error that is none in numbers, but -0 may have become 0. */
const LEAST_ERROR = Number.MIN_VALUE

/** The best palette of at most so many values. Zero stays exactly zero. */
export function paletteOf(weights: WeightSurvey, part: Part, size: number): Palette {
  const known = weights.palettes.get(`${size} ${part}`)
  if (known) return known
  const made = makePalette(weights, part, size)
  weights.palettes.set(`${size} ${part}`, made)
  weights.palettes.set(`${made.values.length} ${part}`, made) // by its own size as well, when it turned out smaller
  return made
}

function makePalette({ density, byMagnitude, hasZeros }: WeightSurvey, part: Part, size: number): Palette {
  const points = part === 'all' && hasZeros ? withZeros(density) : density
  const keepZero = part === 'present and zero' || points !== density
  const pull = byMagnitude ? pulledByMagnitude(points) : points
  const values = Float32Array.from(new Set(Float32Array.from(kmeans(pull, size, keepZero))))
  return { values, error: relativeError(distortion(points, values) + density.scatter, density) }
}

/** @param squares  sum of h (w - v)^2 @returns see `Plan.error`; never 0 */
export function relativeError(squares: number, { energy }: Pick<Density, 'energy'>): number {
  return Math.max(LEAST_ERROR, energy > 0 ? Math.sqrt(squares / energy) : 0)
}

function withZeros({ values, weights, zeroWeight }: Density): Points {
  const at = values.findIndex((x) => x > 0)
  const negative = at < 0 ? values.length : at
  const put = (array: Float64Array, x: number) => {
    const longer = new Float64Array(array.length + 1)
    longer.set(array.subarray(0, negative))
    longer[negative] = x
    longer.set(array.subarray(negative), negative + 1)
    return longer
  }
  return { values: put(values, 0), weights: put(weights, zeroWeight) }
}

/** Errors count in proportion to the size of the weight (Han et al. 2016 found large ones to matter most). */
function pulledByMagnitude({ values, weights }: Points): Points {
  return { values, weights: weights.map((w, i) => w * Math.abs(values[i] as number)) } // as long
}

/**
 * The values of an exact codebook, ascending as unsigned bits.
 *
 * @returns null when they are too many
 */
export function exactWords({ distinct }: Survey, part: Part): readonly Word[] | null {
  if (distinct === null) return null
  const words = part === 'all' ? [...distinct] : distinct.filter((word) => !isZero(word))
  if (part === 'present and zero') words.push(zeroLike(distinct))
  return words.length <= MOST_DISTINCT ? words.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)) : null
}

export function isZero(word: Word): boolean {
  return word === 0 || word === 0n
}

function zeroLike(words: readonly Word[]): Word {
  return typeof words[0] === 'bigint' ? 0n : 0
}
