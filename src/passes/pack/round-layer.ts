import type { Layout } from '../../rewrites/weight-matrix.js'
import { setColumns } from '../hessian/compensate.js'
import { type ColumnOrder, diagonalOf, factorOf, type HessianOf, type Hessians } from '../hessian/factor.js'
import { outputErrors } from './output-errors.js'

/** A weight, and what its elements may become. */
export interface Roundable extends HessianOf {
  /** Ascending. What is zero stays zero whether it is among them or not. */
  readonly palette: Float32Array
}

export interface RoundingOptions {
  /** Added to the diagonal of H, by its mean. */
  readonly damping: number
  /** Columns that are rounded before those behind them are updated. */
  readonly blockSize: number
  readonly onProgress?: (done: number) => void
}

export interface RoundedLayer {
  readonly values: Float32Array
  /** Sum of the squared errors of the layer's outputs over the data, with the nearest values, and as they are now. */
  readonly nearest: number
  readonly rounded: number
  /** What was added to the diagonals of H at most, by their means; null where one could not be inverted even so. */
  readonly damping: number | null
}

/**
 * Rounds a weight by GPTQ: every element becomes a value of the palette, one column after the other, and the columns to
 * come make up for the error as well as they can. Columns with the largest inputs come first, while there are most that
 * can make up for them. A row that the nearest values do better by, as happens where weights are pushed beyond the ends
 * of the palette, gets those: on the data no output has a larger error than with the nearest values.
 *
 * @param weights  as they are stored; finite
 * @see Frantar et al. 2022, arXiv:2210.17323
 */
export async function roundedByHessian(
  weights: Float32Array,
  layer: Roundable,
  { damping, blockSize, onProgress }: RoundingOptions,
  hessians: Hessians,
): Promise<RoundedLayer> {
  const { layout, palette } = layer
  const { groups, rows, columns } = layout
  const nearestTo = nearestIn(palette)
  const values = new Float32Array(weights.length)
  const total = { nearest: 0, rounded: 0, damping: 0, isSure: true }
  for (let group = 0; group < groups; group++) {
    const place = placesOf(layout, group)
    const before = Float64Array.from({ length: rows * columns }, (_, at) => weights[place(at)] as number) // inside
    const nearest = before.map((w) => (w === 0 ? 0 : nearestTo(w)))
    const order = byDiagonal(diagonalOf(layer, group, hessians.sums))
    const factor = await factorOf(layer, group, order, damping, hessians)
    const matrix = { rows, columns, weights: permuted(before, rows, order), factor: factor?.u ?? new Float64Array(0) }
    const zero = matrix.weights.map((w) => (w === 0 ? 1 : 0))
    for (let from = 0; from < columns && factor !== null; from += blockSize) {
      const to = Math.min(columns, from + blockSize)
      await setColumns(matrix, from, to, (w, at) => (zero[at] === 1 ? 0 : nearestTo(w)), hessians.product)
      onProgress?.((group + to / columns) / groups)
    }
    const compensated = factor === null ? nearest : restored(matrix.weights, rows, order)
    const errors = {
      nearest: await outputErrors(before, nearest, layer, group, hessians),
      compensated: await outputErrors(before, compensated, layer, group, hessians),
    }
    for (let row = 0; row < rows; row++) {
      const [plain, other] = [errors.nearest[row] as number, errors.compensated[row] as number] // one of each row
      const source = other < plain ? compensated : nearest
      for (let at = row * columns; at < (row + 1) * columns; at++) values[place(at)] = source[at] as number // inside
      total.nearest += plain
      total.rounded += Math.min(plain, other)
    }
    if (factor === null) total.isSure = false
    else total.damping = Math.max(total.damping, factor.damping)
  }
  const { nearest, rounded, isSure } = total
  return { values, nearest, rounded, damping: isSure ? total.damping : null }
}

/** The nearest of ascending values; the greater of two that are equally near. */
export function nearestIn(palette: Float32Array): (x: number) => number {
  const middles = Float64Array.from(palette.subarray(1), (value, k) => (value + (palette[k] as number)) / 2) // has one before
  return (x) => {
    let [first, end] = [0, middles.length]
    while (first < end) {
      const middle = (first + end) >>> 1
      if (x < (middles[middle] as number))
        end = middle // inside
      else first = middle + 1
    }
    return palette[first] as number // one more than middles
  }
}

/** Columns by falling diagonal; equal ones as they lie. */
function byDiagonal(diagonal: Float64Array): ColumnOrder {
  const columns = Int32Array.from(diagonal.keys())
  columns.sort((a, b) => (diagonal[b] as number) - (diagonal[a] as number) || a - b) // inside
  return { columns, key: 'by diagonal' }
}

/** Where the elements of a group [rows, columns] are stored. */
function placesOf({ rows, columns, rowOffsets, columnOffsets }: Layout, group: number): (at: number) => number {
  return (at) => {
    const row = Math.floor(at / columns)
    return (rowOffsets[group * rows + row] as number) + (columnOffsets[at - row * columns] as number) // inside
  }
}

function permuted(matrix: Float64Array, rows: number, { columns: order }: ColumnOrder): Float64Array {
  const { length: n } = order
  const result = new Float64Array(matrix.length)
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < n; c++) result[row * n + c] = matrix[row * n + (order[c] as number)] as number // inside
  }
  return result
}

function restored(matrix: Float64Array, rows: number, { columns: order }: ColumnOrder): Float64Array {
  const { length: n } = order
  const result = new Float64Array(matrix.length)
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < n; c++) result[row * n + (order[c] as number)] = matrix[row * n + c] as number // inside
  }
  return result
}
