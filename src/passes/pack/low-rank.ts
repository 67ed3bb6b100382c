import { Rng } from '../../data/rng.js'
import { weigh } from '../../encodings/builder.js'
import type { EncodedAs } from '../../encodings/encoding.js'
import type { Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'
import { turn } from '../unhurried.js'
import {
  encodedProduct,
  expectedLoss,
  FACTOR_BYTES,
  FACTOR_FORMS,
  type FactorForms,
  leading,
  lossesOf,
  productSpec,
  type StoredFactor,
  storedAs,
} from './factors.js'
import type { Plan } from './plan.js'
import { openProducts, type Products } from './products.js'
import { findRange, type Matrix, squaredDifference, squares, transposed } from './range-finder.js'
import { losesMore } from './rank-bound.js'
import { type Components, componentsOf } from './svd.js'

/** A plan whose tensors are there already: they are found together. */
export interface LowRankPlan extends Plan {
  readonly encoded: EncodedAs<'low-rank'>
}

export interface LowRankOptions {
  /** Of the relative error, with all elements of equal importance. */
  readonly maxError: number
  /** Of the best other plan: one that takes as many is of no use. */
  readonly bytes: number
  readonly seed: number
  readonly signal?: AbortSignal | undefined
}

/** The weight is in memory as a whole. */
const MOST_BYTES = 256 << 20
/** Products of float32 are not exact: below this they could not be told from others. */
const LEAST_ERROR = 1e-5
/** From here on a weight is not described any more. */
const LARGEST_ERROR = 0.9
/** The eigenvectors of a matrix of this size take some seconds; a weight of a higher rank gains little. */
const MOST_RANK = 768
/** Of the best other plan: what takes nearly as much is not worth a product at load, nor the search for it. */
const MOST_SHARE = 0.9
/** Best other plans below this leave nothing to gain. */
const LEAST_BYTES = 1024

/** Room for engines that add in another order. */
const ROOM = 1 - 1e-3
/** A sample of a matrix may be worse than the whole, and a random vector may see it worse than it is; hardly by that much. */
const SAMPLE_MARGIN = 2
const CHANCE_MARGIN = 1.25
/** In times of the rank. The larger an error may be, the more has to be seen to tell that more than it is lost. */
const sampleSize = (maxError: number) => 1.5 + Math.min(1.5, 15 * maxError)
const LEAST_SAMPLE = 64
const LONG_SAMPLE = 3
/** Times that a rank is corrected which has turned out too low. */
const CORRECTIONS = 3

/**
 * Two factors whose product is a weight within a relative error, and that take less than the best other plan.
 *
 * Nearly all weights of real networks have no such factors. That is shown first, from a sample of rows and columns and
 * then from the whole, at about the cost of reading (`losesMore`); only what passes is looked at by randomized SVD.
 *
 * @param tensor  a matrix, or a kernel that is cut between two of its dimensions into rows and columns; read once
 * @returns null for what has none, is not float32, not finite, or larger than 256 MB
 */
export async function lowRankPlan(tensor: Tensor, options: LowRankOptions): Promise<LowRankPlan | null> {
  const { maxError, seed, signal } = options
  if (tensor.dtype !== 'float32' || tensor.byteLength > MOST_BYTES) return null
  if (options.bytes < LEAST_BYTES) return null
  if (!(maxError >= LEAST_ERROR && maxError <= LARGEST_ERROR)) return null
  const rng = new Rng(seed)
  const views = viewsOf(tensor.shape).filter((view) => {
    const rank = mostRank(tensor, view, options)
    if (rank === 0) return false
    const sample = sampleOf(tensor, view, Math.ceil(sampleSize(maxError) * rank), rng)
    return !losesMore(sample, rank, SAMPLE_MARGIN * maxError ** 2, rng)
  })
  if (views.length === 0) return null
  await turn()
  signal?.throwIfAborted()
  const { buffer, byteOffset, byteLength } = tensor.read()
  const data = new Float32Array(buffer, byteOffset, byteLength / 4)
  const energy = squares(data)
  if (!(energy > 0 && Number.isFinite(energy))) return null
  const promising = views
    .map((view) => ({ ...view, data }))
    .filter((matrix) => !losesMore(matrix, mostRank(tensor, matrix, options), CHANCE_MARGIN * maxError ** 2, rng))
  return promising.length === 0 ? null : bestOf(tensor, promising, energy, rng, options)
}

type View = Pick<Matrix, 'rows' | 'columns'>

/** A kernel [O, I, kh, kw] is [O, I kh kw], [O I, kh kw] or [O I kh, kw]. */
function viewsOf(shape: readonly number[]): View[] {
  const views = new Map<number, View>()
  for (let axis = 1; axis < shape.length; axis++) {
    const [rows, columns] = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))]
    if (rows > 1 && columns > 1) views.set(rows, { rows, columns })
  }
  return [...views.values()]
}

/** The rank from which on factors of any form that may be good enough take more bytes than the best other plan. */
function mostRank(tensor: Tensor, view: View, { maxError, bytes }: LowRankOptions): number {
  const { rows, columns } = view
  const ranks = FACTOR_FORMS.map(([left, right]) => {
    if (Math.hypot(expectedLoss(left, rows), expectedLoss(right, columns)) > maxError) return 0
    const width = FACTOR_BYTES[left] * rows + FACTOR_BYTES[right] * columns
    const fixed = weigh(productSpec(tensor, rows, columns, 1, [left, right])).bytes - width
    return Math.floor((MOST_SHARE * bytes - fixed) / width)
  })
  return Math.min(Math.max(0, ...ranks), MOST_RANK, Math.min(rows, columns) - 1)
}

/** Some rows and columns, a few more of each than the rank: fewer would tell nothing. */
function sampleOf(tensor: Tensor, { rows, columns }: View, size: number, rng: Rng): Matrix {
  const count = Math.max(LEAST_SAMPLE, size)
  // Of long rows or columns that are all there a few more tell much more.
  const long = Math.min(rows, columns) <= count ? LONG_SAMPLE * count : count
  const [someRows, someColumns] = [some(rows, long, rng), some(columns, long, rng)]
  const data = new Float32Array(someRows.length * someColumns.length)
  for (const [i, row] of someRows.entries()) {
    const { buffer, byteOffset } = tensor.readAt(row * columns * 4, columns * 4)
    const numbers = new Float32Array(buffer, byteOffset, columns)
    const to = i * someColumns.length
    for (let j = 0; j < someColumns.length; j++) data[to + j] = numbers[someColumns[j] as number] as number // inside
  }
  return { data, rows: someRows.length, columns: someColumns.length }
}

/** Numbers below n in rising order, one by chance from each of `count` stretches. */
function some(n: number, count: number, rng: Rng): Uint32Array {
  if (count >= n) return Uint32Array.from({ length: n }, (_, i) => i)
  const edge = (i: number) => Math.floor((i * n) / count)
  return Uint32Array.from({ length: count }, (_, i) => edge(i) + rng.below(edge(i + 1) - edge(i)))
}

async function bestOf(
  tensor: Tensor,
  matrices: readonly Matrix[],
  energy: number,
  rng: Rng,
  options: LowRankOptions,
): Promise<LowRankPlan | null> {
  const products = openProducts()
  try {
    let best: LowRankPlan | null = null
    for (const matrix of matrices) {
      const bytes: number = best?.bytes ?? options.bytes
      best = (await factorized(tensor, matrix, { energy, products, rng }, { ...options, bytes })) ?? best
    }
    return best
  } finally {
    await products.release()
  }
}

interface Work {
  readonly energy: number
  readonly products: Products
  readonly rng: Rng
}

async function factorized(
  tensor: Tensor,
  matrix: Matrix,
  { energy, products, rng }: Work,
  options: LowRankOptions,
): Promise<LowRankPlan | null> {
  const { maxError, signal } = options
  const allowed = energy * (maxError * ROOM) ** 2
  const most = mostRank(tensor, matrix, options)
  const range =
    most > 0
      ? await findRange(matrix, { allowed, energy, mostRank: most, product: products.float32, rng, signal })
      : null
  if (range === null) return null
  await turn()
  const components = await componentsOf(range, products)
  for (const choice of choicesOf(components, range.rest, allowed)) {
    signal?.throwIfAborted()
    const plan = await measured(tensor, matrix, choice, { allowed, energy, products, bytes: options.bytes })
    if (plan !== null) return plan
  }
  return null
}

/** Factors in two forms, and how many of their components seem to be enough. */
interface Choice {
  readonly left: StoredFactor
  readonly right: StoredFactor
  readonly rank: number
}

/** Every pair of forms that may do, the smallest first. */
function choicesOf({ energies, left, right }: Components, rest: number, allowed: number): Choice[] {
  const choices: Choice[] = []
  const lefts = new Map(FACTOR_FORMS.map(([form]) => [form, storedAs(form, left)]))
  const rights = new Map(FACTOR_FORMS.map(([, form]) => [form, storedAs(form, right)]))
  for (const [leftForm, rightForm] of FACTOR_FORMS) {
    const [l, r] = [lefts.get(leftForm) ?? null, rights.get(rightForm) ?? null]
    if (l === null || r === null) continue
    const losses = lossesOf({ factor: left, stored: l }, { factor: right, stored: r })
    const rank = leastRank(energies, losses, rest, allowed)
    if (rank !== null) choices.push({ left: l, right: r, rank })
  }
  return choices.sort((a, b) => numberBytes(a) - numberBytes(b))
}

function numberBytes({ left, right, rank }: Choice): number {
  return rank * (FACTOR_BYTES[left.form] * left.length + FACTOR_BYTES[right.form] * right.length)
}

/** A component that is dropped costs its energy, one that is kept what storing it loses. */
function leastRank(energies: Float64Array, losses: Float64Array, rest: number, allowed: number): number | null {
  let lost = rest + energies.reduce((sum, x) => sum + x, 0)
  for (let rank = 1; rank <= energies.length; rank++) {
    lost += (losses[rank - 1] as number) - (energies[rank - 1] as number) // one for each component
    if (lost <= allowed) return rank
  }
  return null
}

interface Limits extends Omit<Work, 'rng'> {
  readonly allowed: number
  readonly bytes: number
}

/** The plan of a choice, or of one with a few components more, once the product has been seen to be good enough. */
async function measured(tensor: Tensor, matrix: Matrix, choice: Choice, limits: Limits): Promise<LowRankPlan | null> {
  const { rows, columns } = matrix
  const forms: FactorForms = [choice.left.form, choice.right.form]
  let { rank } = choice
  for (let tries = 0; tries <= CORRECTIONS && rank <= choice.left.rank; tries++) {
    const weighed = weigh(productSpec(tensor, rows, columns, rank, forms))
    if (weighed.bytes >= limits.bytes) return null
    const [left, right] = [leading(choice.left, rank), leading(choice.right, rank)]
    const factors = { left: transposed(left.numbers, rank, rows), right: right.numbers, rank }
    const lost = await squaredDifference(matrix, factors, limits.products.float32)
    if (lost <= limits.allowed) {
      return { encoded: encodedProduct(tensor, left, right), ...weighed, error: Math.sqrt(lost / limits.energy) }
    }
    rank += Math.ceil(rank / 32)
  }
  return null
}
