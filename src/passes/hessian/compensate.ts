import type { MatrixProduct } from '../../runtime/matrix-product.js'

/** A weight matrix whose columns get other values, one column after the other. */
export interface Compensated {
  readonly rows: number
  readonly columns: number
  /** W [rows, columns]; changed in place. */
  readonly weights: Float64Array
  /** U [columns, columns], upper triangular, with H^-1 = U^T U. */
  readonly factor: Float64Array
}

/** @returns what a weight becomes, given what the columns before it have made of it; the same for no change */
export type Setting = (weight: number, position: number, row: number, column: number) => number

/** A product of this many numbers at a time: what a matrix of many rows would take at once is several times W. */
const PRODUCT_ELEMENTS = 1 << 22

/**
 * Sets the columns `from` to `to`. In each row the columns to the right make up for it as well as they can, so that the
 * outputs over the calibration data change least:
 *
 *   e = (w_c - v) / U_cc for a weight that becomes v      W[:, j] -= e U_cj  for j > c
 *
 * The columns of the block are updated at once, those behind it by one product when it is done.
 *
 * @see Frantar et al. 2022, arXiv:2210.17323, algorithm 1; Frantar and Alistarh 2023, arXiv:2301.00774, algorithm 1
 */
export async function setColumns(
  matrix: Compensated,
  from: number,
  to: number,
  setting: Setting,
  product: MatrixProduct,
): Promise<void> {
  const errors = setWithin(matrix, from, to, setting)
  if (errors !== null && to < matrix.columns) await spread(matrix, errors, from, to, product)
}

/** Row by row. @returns the errors e [rows, to - from]; null when nothing changed */
function setWithin(
  { rows, columns, weights, factor }: Compensated,
  from: number,
  to: number,
  setting: Setting,
): Float64Array | null {
  const width = to - from
  const errors = new Float64Array(rows * width)
  let any = false
  for (let row = 0; row < rows; row++) {
    const start = row * columns
    for (let c = from; c < to; c++) {
      const at = start + c
      const w = weights[at] as number // inside the arrays, as are the next
      const v = setting(w, at, row, c)
      if (v === w) continue
      any = true
      const e = (w - v) / (factor[c * columns + c] as number)
      errors[row * width + c - from] = e
      weights[at] = v
      const u = c * columns
      for (let j = c + 1; j < to; j++) {
        weights[start + j] = (weights[start + j] as number) - e * (factor[u + j] as number)
      }
    }
  }
  return any ? errors : null
}

/** W[:, to:] -= E U[from:to, to:] */
async function spread(
  { rows, columns, weights, factor }: Compensated,
  errors: Float64Array,
  from: number,
  to: number,
  product: MatrixProduct,
): Promise<void> {
  const [k, n] = [to - from, columns - to]
  const right = new Float64Array(k * n)
  for (let i = 0; i < k; i++) {
    const u = (from + i) * columns
    right.set(factor.subarray(u + to, u + columns), i * n)
  }
  const step = Math.max(1, Math.floor(PRODUCT_ELEMENTS / n))
  for (let row = 0; row < rows; row += step) {
    const m = Math.min(step, rows - row)
    const delta = await product.multiply(errors.subarray(row * k, (row + m) * k), right, { m, k, n })
    for (let i = 0; i < m; i++) {
      const at = (row + i) * columns + to
      for (let j = 0; j < n; j++) weights[at + j] = (weights[at + j] as number) - (delta[i * n + j] as number) // inside
    }
  }
}
