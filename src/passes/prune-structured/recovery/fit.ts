import type { MatrixProduct } from '../../../runtime/matrix-product.js'
import { inverseFactor } from '../../hessian/inverse-factor.js'

/** What one use of a weight reads and has to compute: sums over rows of data. */
export interface Moments {
  readonly n: number
  /** x [K], t [R], t^2 [R], x x^T [K, K] and t x^T [R, K] */
  readonly x: Float64Array
  readonly t: Float64Array
  readonly tt: Float64Array
  readonly xx: Float64Array
  readonly tx: Float64Array
}

/** A matrix W [R, K] of which y = factor W x + b at each of its uses. */
export interface Fitting {
  readonly rows: number
  readonly columns: number
  readonly factor: number
  readonly weights: Float64Array
  /** b by use [R] */
  readonly biases: readonly Float64Array[]
}

export interface Fitted {
  readonly weights: Float64Array
  /** What is added to the bias, by use [R]. */
  readonly deltas: readonly Float64Array[]
  readonly errors: Errors
  /** What has been chosen; infinite where W has stayed, as no change of it was worth anything on other samples. */
  readonly damping: number
}

/** Sums over rows and outputs: of the squared errors, and of what they are relative to. */
export interface Errors {
  readonly before: number
  readonly after: number
  /** Of the squared distances of t from its mean. */
  readonly total: number
}

/**
 * Fits a matrix W anew, so that W x + b comes closest to t with as little change of W as damping asks for: the least of
 *
 *   sum over rows |t - W' x - b'|^2 + n damping mean(diag A) |W' - W|^2
 *
 * which, with A and B the covariances of x and of t with x, is
 *
 *   W' = W + (B - W A) (A + damping mean(diag A) I)^-1      b' = mean(t) - W' mean(x)
 *
 * With ever more damping W stays, and b' absorbs the mean of what is gone. How much is best shows on samples that
 * nothing was learned from: each fold is judged by what the others give.
 *
 * @param folds     by fold and use
 * @param dampings  that are tried
 * @see He et al. 2017, arXiv:1707.06168, where the inputs are those of the pruned model, too
 */
export async function fitted(
  fitting: Fitting,
  folds: readonly (readonly Moments[])[],
  dampings: readonly number[],
  product: MatrixProduct,
): Promise<Fitted> {
  const { factor, columns, biases } = fitting
  const problem = { ...fitting, weights: fitting.weights.map((w) => w * factor) }
  const all = covariances(merged(folds), problem)
  const damping = await bestDamping(problem, folds, dampings, product)
  const weights = await solved(problem, all, damping, product)
  const means = (w: Float64Array) => all.uses.map((use) => offsets(use, w, columns))
  const biasesAfter = means(weights)
  return {
    weights: weights.map((w) => w / factor),
    deltas: biasesAfter.map((b, use) => b.map((v, row) => v - at(biases[use], row))),
    errors: {
      before: await errorOf(problem, problem.weights, biases, all, product),
      after: await errorOf(problem, weights, biasesAfter, all, product),
      total: all.total,
    },
    damping,
  }
}

/** The sums of all folds, by use. */
export function merged(folds: readonly (readonly Moments[])[]): Moments[] {
  const [first = [], ...others] = folds
  return first.map((moments, use) => {
    const parts = [moments, ...others.flatMap((fold) => fold[use] ?? [])]
    const sum = (of: (m: Moments) => Float64Array) => summed(parts.map(of))
    return {
      n: parts.reduce((n, part) => n + part.n, 0),
      x: sum((m) => m.x),
      t: sum((m) => m.t),
      tt: sum((m) => m.tt),
      xx: sum((m) => m.xx),
      tx: sum((m) => m.tx),
    }
  })
}

interface Mean {
  readonly n: number
  readonly x: Float64Array
  readonly t: Float64Array
}

/** Sums over the rows of all uses, each around its own means. */
interface Covariances {
  /** x x^T [K, K] and t x^T [R, K] */
  readonly a: Float64Array
  readonly b: Float64Array
  /** t^2, of all outputs */
  readonly total: number
  readonly uses: readonly Mean[]
}

type Size = Pick<Fitting, 'rows' | 'columns'>

function covariances(uses: readonly Moments[], { rows, columns }: Size): Covariances {
  const centred = (sums: Float64Array, left: Float64Array, { n, x }: Moments) => {
    const result = new Float64Array(sums.length)
    for (let i = 0; i < left.length; i++) {
      const l = at(left, i) / n
      for (let j = 0; j < columns; j++) result[i * columns + j] = at(sums, i * columns + j) - l * at(x, j)
    }
    return result
  }
  let total = 0
  for (const { n, t, tt } of uses) {
    for (let row = 0; row < rows; row++) total += Math.max(0, at(tt, row) - at(t, row) ** 2 / n)
  }
  return {
    a: summed(uses.map((use) => centred(use.xx, use.x, use))),
    b: summed(uses.map((use) => centred(use.tx, use.t, use))),
    total,
    uses: uses.map(({ n, x, t }) => ({ n, x: x.map((v) => v / n), t: t.map((v) => v / n) })),
  }
}

/** The damping with the least error on other samples; infinite where leaving W as it is is best. */
async function bestDamping(
  problem: Fitting,
  folds: readonly (readonly Moments[])[],
  dampings: readonly number[],
  product: MatrixProduct,
): Promise<number> {
  const used = folds.filter((uses) => uses.every(({ n }) => n > 0))
  if (used.length < 2) return Number.POSITIVE_INFINITY
  const tried = [...dampings, Number.POSITIVE_INFINITY]
  const losses = tried.map(() => 0)
  for (const [index, fold] of used.entries()) {
    const others = covariances(merged(used.filter((_, i) => i !== index)), problem)
    const own = covariances(fold, problem)
    for (const [i, damping] of tried.entries()) {
      const weights = await solved(problem, others, damping, product)
      const biases = others.uses.map((use) => offsets(use, weights, problem.columns))
      losses[i] = at(losses, i) + (await errorOf(problem, weights, biases, own, product))
    }
  }
  return at(tried, losses.indexOf(Math.min(...losses)))
}

/** W + (B - W A) (A + damping mean(diag A) I)^-1; W where the matrix cannot be inverted. */
async function solved(
  { weights, rows, columns: n }: Fitting,
  { a, b }: Covariances,
  damping: number,
  product: MatrixProduct,
): Promise<Float64Array> {
  let trace = 0
  for (let i = 0; i < n; i++) trace += at(a, i * n + i)
  if (damping === Number.POSITIVE_INFINITY || !(trace > 0)) return weights
  const u = a.slice()
  for (let i = 0; i < n; i++) u[i * n + i] = at(u, i * n + i) + (damping * trace) / n
  if (!(await inverseFactor(u, n, product))) return weights
  const size = { m: rows, k: n, n }
  const wa = await product.multiply(weights, a, size)
  const residual = b.map((v, i) => v - at(wa, i))
  const change = await product.multiply(await product.multiply(residual, turned(u, n), size), u, size)
  return weights.map((w, i) => w + at(change, i))
}

/** Sum over rows and outputs of |t - W x - b|^2: around the means, and what the means are apart. */
async function errorOf(
  { rows, columns }: Size,
  weights: Float64Array,
  biases: readonly Float64Array[],
  { a, b, total, uses }: Covariances,
  product: MatrixProduct,
): Promise<number> {
  const wa = await product.multiply(weights, a, { m: rows, k: columns, n: columns })
  let error = total
  for (let i = 0; i < weights.length; i++) error += at(weights, i) * (at(wa, i) - 2 * at(b, i))
  for (const [i, use] of uses.entries()) {
    for (const [row, b] of offsets(use, weights, columns).entries()) error += use.n * (b - at(biases[i], row)) ** 2
  }
  return error
}

/** mean(t) - W mean(x) [R] */
function offsets({ x, t }: Mean, weights: Float64Array, columns: number): Float64Array {
  return t.map((mean, row) => {
    let y = 0
    for (let j = 0; j < columns; j++) y += at(weights, row * columns + j) * at(x, j)
    return mean - y
  })
}

function turned(u: Float64Array, n: number): Float64Array {
  const result = new Float64Array(u.length)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result[j * n + i] = at(u, i * n + j)
  return result
}

function summed(arrays: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0), ...more] = arrays
  return more.length === 0 ? first : first.map((v, i) => more.reduce((sum, other) => sum + at(other, i), v))
}

/** An element of an array that is known to have it. */
function at(numbers: ArrayLike<number> | undefined, index: number): number {
  return numbers?.[index] as number
}
