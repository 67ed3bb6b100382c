import { MOST_DISTINCT } from './distinct.js'
import { type WeightDType, widened, wordOf } from './half.js'
import type { Density } from './histogram.js'
import { distortion, kmeans, type Points } from './kmeans.js'
import type { Survey, WeightSurvey } from './survey.js'
import { makeWords, type Word } from './words.js'

/** The values of a lossy codebook, and what it loses. */
export interface Palette {
  /** Ascending. */
  readonly values: Float32Array
  /** See `Plan.error`. */
  readonly error: number
  /** Whether float16 holds all values, of a palette for float32. */
  readonly isHalf: boolean
}

/** Which elements a palette is for: all, or those that are not zero, with a zero beside them or without. */
export type Part = 'all' | 'present' | 'present and zero'

/** Of a smaller palette, half is less than the node that widens it. */
export const LEAST_IN_HALVES = 64
/** In half precision a palette takes half of the room, and may lose a little more. */
const HALVES_LOSE = 1.02

/** An error that is none in numbers, but -0 may have become 0. */
const LEAST_ERROR = Number.MIN_VALUE

/**
 * The best palettes of at most so many values each. Zero stays exactly zero.
 *
 * @param sizes  at least 1, or 2 where there is a zero
 */
export function palettesOf(weights: WeightSurvey, part: Part, sizes: readonly number[]): Palette[] {
  const { palettes } = weights
  const keepZero = part === 'present and zero' || (part === 'all' && weights.hasZeros)
  const key = (size: number) => `${size}${keepZero ? ' and zero' : ''}`
  const unknown = sizes.filter((size) => !palettes.has(key(size)))
  for (const [i, palette] of makePalettes(weights, unknown, keepZero).entries()) {
    palettes.set(key(unknown[i] as number), palette) // one for each
    palettes.set(key(palette.values.length), palette) // by its own size as well, when it turned out smaller
  }
  return sizes.map((size) => palettes.get(key(size)) as Palette) // all are known by now
}

function makePalettes(
  { dtype, density, byMagnitude }: WeightSurvey,
  sizes: readonly number[],
  keepZero: boolean,
): Palette[] {
  if (sizes.length === 0) return []
  return kmeans(byMagnitude ? pulledByMagnitude(density) : density, sizes, keepZero).map((centers) => {
    const own = paletteOf(density, rounded(centers, dtype), false)
    if (dtype !== 'float32' || centers.length < LEAST_IN_HALVES) return own
    const halves = paletteOf(density, rounded(centers, 'float16'), true)
    return halves.error <= own.error * HALVES_LOSE ? halves : own
  })
}

function paletteOf(density: Density, centers: Float32Array, isHalf: boolean): Palette {
  const values = Float32Array.from(new Set(centers))
  return { values, error: relativeError(distortion(density, values) + density.scatter, density), isHalf }
}

/** What the type of the weights can hold of them. */
function rounded(centers: Float64Array, dtype: WeightDType): Float32Array {
  const words = makeWords(centers.length, dtype)
  for (const [i, x] of centers.entries()) words[i] = wordOf(x, dtype) as never // of this type's kind
  return widened(words, words.length, dtype)
}

/** @param squares  sum of h (w - v)^2 @returns see `Plan.error`; never 0 */
export function relativeError(squares: number, { energy }: Pick<Density, 'energy'>): number {
  return Math.max(LEAST_ERROR, energy > 0 ? Math.sqrt(squares / energy) : 0)
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
