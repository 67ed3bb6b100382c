import type { HessianOf, Hessians } from '../hessian/factor.js'

/** Below that many multiplications plain loops are done before a product has begun. */
const PLAIN = 1 << 16
/** A product of this many numbers at a time. */
const PRODUCT_ELEMENTS = 1 << 22

/**
 * Of each row of a group the sum of the squared errors of its output over the data: d H d^T of what the row changed by.
 *
 * @param before  [rows, columns], in the order of the statistics, as is `after`
 * @returns       [rows]
 */
export async function outputErrors(
  before: Float64Array,
  after: Float64Array,
  { layout: { rows, columns: n }, outputs }: HessianOf,
  group: number,
  { sums, product }: Hessians,
): Promise<Float64Array> {
  const changes = before.map((w, at) => w - (after[at] as number)) // as long
  const errors = new Float64Array(rows)
  const step = Math.max(1, Math.floor(PRODUCT_ELEMENTS / n))
  for (const name of outputs) {
    const h = (sums.get(name) ?? new Float64Array(0)).subarray(group * n * n, (group + 1) * n * n)
    for (let first = 0; first < rows; first += step) {
      const m = Math.min(step, rows - first)
      const d = changes.subarray(first * n, (first + m) * n)
      const dh = m * n * n < PLAIN ? plainProduct(d, h, m, n) : await product.multiply(d, h, { m, k: n, n })
      for (let i = 0; i < m * n; i++) {
        const row = first + Math.floor(i / n)
        errors[row] = (errors[row] as number) + (d[i] as number) * (dh[i] as number) // inside
      }
    }
  }
  return errors
}

/** d [m, n] times h [n, n] */
function plainProduct(d: Float64Array, h: Float64Array, m: number, n: number): Float64Array {
  const result = new Float64Array(m * n)
  for (let row = 0; row < m; row++) {
    for (let k = 0; k < n; k++) {
      const own = d[row * n + k] as number // inside, as is the rest
      if (own === 0) continue
      for (let j = 0; j < n; j++) {
        result[row * n + j] = (result[row * n + j] as number) + own * (h[k * n + j] as number)
      }
    }
  }
  return result
}
