import type { Layout } from '../../rewrites/weight-matrix.js'
import type { MatrixProduct } from '../../runtime/matrix-product.js'
import { inverseFactor } from './inverse-factor.js'

/** The Gram matrices of what weights are multiplied with: up to a factor the Hessians of the squared error of outputs. */
export interface Hessians {
  /** By output of the capturing model, float64 [groups, columns, columns]. */
  readonly sums: ReadonlyMap<string, Float64Array>
  readonly product: MatrixProduct
  /** The factor made last: weights that meet the same inputs (query, key, value) follow one another. */
  last: { readonly key: string; readonly factor: Factor } | null
}

/** A weight, and where its Hessian is found: the sum of some outputs, as it may be used more than once. */
export interface HessianOf {
  readonly layout: Layout
  readonly outputs: readonly string[]
}

/** In which order columns are taken. */
export interface ColumnOrder {
  /** The column at each place. */
  readonly columns: Int32Array
  /** Equal for orders that are equal on equal Hessians. */
  readonly key: string
}

export interface Factor {
  /** U [columns, columns], upper triangular, with H^-1 = U^T U. */
  readonly u: Float64Array
  /** What was added to the diagonal of H in the end, by its mean. */
  readonly damping: number
}

/** Every try has ten times the damping of the one before; 1 is as much again as the mean of the diagonal. */
const LEAST_DAMPING = 1e-6
const MOST_DAMPING = 10

/**
 * U of the damped H of one group.
 *
 * @param damping  added to the diagonal, by its mean
 * @returns        null when even with much more damping H cannot be inverted
 */
export async function factorOf(
  weight: HessianOf,
  group: number,
  order: ColumnOrder,
  damping: number,
  hessians: Hessians,
): Promise<Factor | null> {
  const key = `${weight.outputs.join(' ')} ${group} ${order.key} ${damping}`
  if (hessians.last?.key === key) return hessians.last.factor
  hessians.last = null // both would not have to fit into memory
  const n = weight.layout.columns
  const h = gathered(weight, group, order.columns, hessians.sums)
  const mean = readied(h, n)
  let added = 0
  for (let tried = damping; tried <= MOST_DAMPING; tried = Math.max(LEAST_DAMPING, tried * 10)) {
    for (let i = 0; i < n; i++) h[i * n + i] = (h[i * n + i] as number) + (tried - added) * mean // inside the array
    added = tried
    if (!(await inverseFactor(h, n, hessians.product))) continue
    const factor = { u: h, damping: tried }
    hessians.last = { key, factor }
    return factor
  }
  return null
}

/** The diagonal of the H of one group [columns]. */
export function diagonalOf({ layout, outputs }: HessianOf, group: number, sums: Hessians['sums']): Float64Array {
  const n = layout.columns
  const diagonal = new Float64Array(n)
  for (const name of outputs) {
    const gram = sums.get(name) ?? new Float64Array(0)
    for (let c = 0; c < n; c++) diagonal[c] = (diagonal[c] as number) + (gram[(group * n + c) * n + c] as number) // inside
  }
  return diagonal
}

/** H [n, n] of a group, the sum over all uses, in the order of the columns. */
function gathered({ outputs, layout }: HessianOf, group: number, order: Int32Array, sums: Hessians['sums']) {
  const n = layout.columns
  const h = new Float64Array(n * n)
  for (const name of outputs) {
    const gram = sums.get(name) ?? new Float64Array(0)
    for (let i = 0; i < n; i++) {
      const row = (group * n + (order[i] as number)) * n // inside the arrays, as are the next
      for (let j = 0; j < n; j++) h[i * n + j] = (h[i * n + j] as number) + (gram[row + (order[j] as number)] as number)
    }
  }
  return h
}

/** Gives columns whose inputs are always zero a diagonal, which couples them with nothing. @returns the mean of the diagonal; 1 when it is 0 */
function readied(h: Float64Array, n: number): number {
  let trace = 0
  for (let i = 0; i < n; i++) trace += h[i * n + i] as number // inside the array, as are the next
  const mean = trace === 0 ? 1 : trace / n
  for (let i = 0; i < n; i++) if (h[i * n + i] === 0) h[i * n + i] = mean
  return mean
}
