import type { Tensor } from '../ir/tensor.js'
import { type DType, elementCount } from '../ir/type.js'
import { countValues } from './codes.js'
import { countFloat32, scanFloat32 } from './float32.js'
import { recordNonZero } from './statistics.js'

/** How the finite values of a tensor are distributed. */
export interface Distribution {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly std: number
  /** Share of the values whose magnitude is at most a hundredth of the largest; zeros count. 0..1 */
  readonly nearZero: number
  /**
   * Values in bins of equal width from `min` to `max`; zeros are not in it, or one bin would hide the others. A single
   * bin when all values are equal.
   */
  readonly histogram: readonly number[]
}

/** What is to be known of the values of a tensor. */
export interface TensorStatistics {
  readonly zeros: number
  /** Infinities and NaN: nothing else below counts them. */
  readonly notFinite: number
  /** null when there is no finite value, or the elements are no numbers on a line (complex, bool, string). */
  readonly distribution: Distribution | null
}

export const HISTOGRAM_BINS = 32
const NEAR_ZERO = 0.01

/** A tensor never changes. */
const known = new WeakMap<Tensor, TensorStatistics | null>()

/**
 * Looks at every value of a tensor: twice, as the bins of a histogram are known only when the extremes are, and in
 * pieces, of which the second look finds those of a file in memory. Types of at most 16 bits need one look.
 *
 * @returns  null for elements that are no numbers on a line: complex, bool, string
 */
export function statisticsOf(tensor: Tensor): TensorStatistics | null {
  let statistics = known.get(tensor)
  if (statistics === undefined) {
    statistics = lookAt(tensor)
    known.set(tensor, statistics)
    if (statistics !== null) recordNonZero(tensor, elementCount(tensor.shape) - statistics.zeros)
  }
  return statistics
}

/** @returns null when there is nothing that could be distributed */
export function distributionOf(tensor: Tensor): Distribution | null {
  return statisticsOf(tensor)?.distribution ?? null
}

function lookAt(tensor: Tensor): TensorStatistics | null {
  const counted = countValues(tensor)
  if (counted !== null) return ofValues((visit) => counted.forEach(([value, times]) => visit(value, times)))
  if (tensor.dtype === 'float32') {
    const scan = scanFloat32(tensor)
    if (scan.notFinite === 0) return ofFloat32(tensor, scan)
  }
  const each = EACH[tensor.dtype]
  if (each === undefined) return null
  return ofValues((visit) => {
    for (const chunk of tensor.chunks()) each(chunk, visit)
  })
}

function ofFloat32(tensor: Tensor, scan: ReturnType<typeof scanFloat32>): TensorStatistics {
  const { zeros, min, max } = scan
  const count = elementCount(tensor.shape)
  if (count === 0) return { zeros, notFinite: 0, distribution: null }
  const grid = gridOf(min, max)
  const { bins, near } = countFloat32(tensor, { ...grid, limit: limitOf(min, max) })
  const moments = { ...scan, count, unit: 1 }
  return { zeros, notFinite: 0, distribution: distribution(moments, near, withoutZeros([...bins], zeros, grid)) }
}

type Visit = (value: number, times: number) => void

/** @param each  calls back for all values, as often as it is asked to */
function ofValues(each: (visit: Visit) => void): TensorStatistics {
  let [count, zeros, notFinite, min, max] = [0, 0, 0, Infinity, -Infinity]
  each((value, times) => {
    if (!Number.isFinite(value)) {
      notFinite += times
      return
    }
    count += times
    if (value === 0) zeros += times
    if (value < min) min = value
    if (value > max) max = value
  })
  if (count === 0) return { zeros, notFinite, distribution: null }
  const grid = gridOf(min, max)
  const limit = limitOf(min, max)
  // The squares of large float64 are no numbers any more.
  const unit = Math.max(-min, max) > 1e100 ? Math.max(-min, max) : 1
  const bins = Array.from({ length: grid.bins }, () => 0)
  let [near, sum, squares] = [0, 0, 0]
  each((value, times) => {
    if (!Number.isFinite(value)) return
    if (Math.abs(value) <= limit) near += times
    const bin = binOf(value, grid)
    bins[bin] = (bins[bin] ?? 0) + times
    const x = value / unit
    sum += x * times
    squares += x * x * times
  })
  const moments = { count, min, max, sum, squares, unit }
  return { zeros, notFinite, distribution: distribution(moments, near, withoutZeros(bins, zeros, grid)) }
}

interface Moments {
  readonly count: number
  readonly min: number
  readonly max: number
  /** Of the values by `unit`. */
  readonly sum: number
  readonly squares: number
  readonly unit: number
}

function distribution(
  { count, min, max, sum, squares, unit }: Moments,
  near: number,
  histogram: readonly number[],
): Distribution {
  const mean = sum / count
  // What rounding leaves of equal values may lie below 0.
  const std = min === max ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean))
  // A zero has no sign here.
  return { min: min + 0, max: max + 0, mean: mean * unit + 0, std: std * unit, nearZero: near / count, histogram }
}

/** Bins of equal width: value x falls into floor((x - min) scale). */
interface Grid {
  readonly min: number
  readonly scale: number
  readonly bins: number
}

function gridOf(min: number, max: number): Grid {
  if (min === max) return { min, scale: 0, bins: 1 }
  // The difference of two float64 may be too large for a number, its inverse as well.
  const scale = Number.isFinite(max - min) ? HISTOGRAM_BINS / (max - min) : HISTOGRAM_BINS / 2 / (max / 2 - min / 2)
  return { min, scale: Math.min(scale, Number.MAX_VALUE), bins: HISTOGRAM_BINS }
}

function binOf(value: number, { min, scale, bins }: Grid): number {
  const width = value - min
  const at = Number.isFinite(width) ? width * scale : value * scale - min * scale
  return Math.min(bins - 1, Math.floor(at))
}

function withoutZeros(bins: number[], zeros: number, grid: Grid): number[] {
  if (zeros === 0) return bins
  const bin = binOf(0, grid)
  bins[bin] = (bins[bin] ?? 0) - zeros
  return bins
}

function limitOf(min: number, max: number): number {
  return NEAR_ZERO * Math.max(Math.abs(min), Math.abs(max))
}

/** The types of which each value is looked at. */
const EACH: Readonly<Partial<Record<DType, (chunk: Uint8Array, visit: Visit) => void>>> = {
  float32: (chunk, visit) =>
    new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4).forEach(once(visit)),
  float64: (chunk, visit) =>
    new Float64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8).forEach(once(visit)),
  int32: (chunk, visit) => new Int32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4).forEach(once(visit)),
  uint32: (chunk, visit) => new Uint32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4).forEach(once(visit)),
  int64: (chunk, visit) => new BigInt64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8).forEach(once(visit)),
  uint64: (chunk, visit) =>
    new BigUint64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8).forEach(once(visit)),
}

function once(visit: Visit): (value: number | bigint) => void {
  return (value) => visit(Number(value), 1)
}
