import type { Rng } from '../../data/rng.js'
import type { MatrixProduct } from '../../runtime/matrix-product.js'
import { addTo, dot } from './symmetric-eigen.js'

/** A matrix of float32, row-major. */
export interface Matrix {
  /** [rows, columns] */
  readonly data: Float32Array
  readonly rows: number
  readonly columns: number
}

/** A is nearly Q B: the columns of Q are orthonormal. */
export interface Range {
  readonly size: number
  /** Q^T, [size, rows] */
  readonly q: Float32Array
  /** Q^T A, [size, columns] */
  readonly b: Float32Array
  /** Sum of squares of A - Q B. */
  readonly rest: number
}

type Block = Omit<Range, 'rest'>

export interface RangeOptions {
  /** Sum of squares of what A - Q B may hold. */
  readonly allowed: number
  /** Of the matrix. */
  readonly energy: number
  /** The rank beyond which nobody is interested. */
  readonly mostRank: number
  readonly product: MatrixProduct<Float32Array>
  readonly rng: Rng
  readonly signal?: AbortSignal | undefined
}

const FIRST_BLOCK = 32
const LARGEST_BLOCK = 64
/** What float32 products and sums leave of a residual that is zero, as a share of the energy. */
const ROUNDING = 1e-6
/** A direction of which so little is left once the others are taken out is made of rounding alone. */
const LEAST_LENGTH = 1e-6

/**
 * Finds directions that hold all of a matrix but what is allowed: blocks of random combinations of the columns, each
 * sharpened by one power iteration, until the rest is small enough.
 *
 * @returns null as soon as it shows that `mostRank` directions will not do
 * @see Halko, Martinsson, Tropp 2011, arXiv:0909.4061, algorithms 4.2 and 4.4; Martinsson, Voronin 2016, arXiv:1503.07157
 */
export async function findRange(matrix: Matrix, options: RangeOptions): Promise<Range | null> {
  const { product, rng, signal, allowed, energy, mostRank } = options
  const limit = Math.min(matrix.rows, matrix.columns)
  let found: Range = { size: 0, q: new Float32Array(0), b: new Float32Array(0), rest: energy }
  while (found.size < limit) {
    signal?.throwIfAborted()
    const wanted = Math.min(blockSize(found.size), limit - found.size, mostRank + FIRST_BLOCK - found.size)
    const block = await nextBlock(matrix, found, wanted, product, rng)
    if (block.size === 0) break // the matrix has no further directions
    const held = squares(block.b)
    found = joined(found, block, found.rest - held)
    // Differences of large sums are not exact: what is small is measured.
    const isClose = found.rest <= allowed + ROUNDING * energy
    if (isClose) found = { ...found, rest: await restOf(matrix, found, product) }
    if (found.rest <= allowed) return found
    // Later directions hold no more than these did on average.
    const most = (held / block.size) * Math.max(0, mostRank - found.size)
    if (found.size >= mostRank + FIRST_BLOCK || (!isClose && found.rest - most > allowed)) return null
  }
  return null
}

function blockSize(found: number): number {
  return Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, found >> 1))
}

async function nextBlock(
  { data, rows, columns }: Matrix,
  found: Range,
  wanted: number,
  product: MatrixProduct<Float32Array>,
  rng: Rng,
): Promise<Block> {
  const random = Float32Array.from({ length: columns * wanted }, () => rng.normal())
  const samples = await product.multiply(data, random, { m: rows, k: columns, n: wanted })
  const first = await newDirections(samples, wanted, rows, found, product, 1)
  if (first.size === 0) return { size: 0, q: first.q, b: new Float32Array(0) }
  const across = await product.multiply(first.q, data, { m: first.size, k: rows, n: columns })
  const sharp = orthonormal(across, first.size, columns)
  const sharper = await product.multiply(data, transposed(sharp.q, sharp.size, columns), {
    m: rows,
    k: columns,
    n: sharp.size,
  })
  // The second time takes out what rounding to float32 has left of what was found.
  const { size, q } = await newDirections(sharper, sharp.size, rows, found, product, 2)
  if (size === 0) return { size, q, b: new Float32Array(0) }
  return { size, q, b: await product.multiply(q, data, { m: size, k: rows, n: columns }) }
}

/** What samples, as columns, span beside what was found: as orthonormal rows. */
async function newDirections(
  samples: Float32Array,
  count: number,
  rows: number,
  found: Range,
  product: MatrixProduct<Float32Array>,
  times: number,
): Promise<Orthonormal> {
  let directions: Orthonormal = { size: count, q: transposed(samples, rows, count) }
  for (let time = 0; time < times; time++) {
    if (found.size > 0) await removeFound(directions, rows, found, product)
    directions = orthonormal(directions.q, directions.size, rows)
    if (directions.size === 0) break
  }
  return directions
}

async function removeFound(
  { size, q }: Orthonormal,
  rows: number,
  found: Range,
  product: MatrixProduct<Float32Array>,
): Promise<void> {
  const along = await product.multiply(found.q, transposed(q, size, rows), { m: found.size, k: rows, n: size })
  const inside = await product.multiply(transposed(along, found.size, size), found.q, {
    m: size,
    k: found.size,
    n: rows,
  })
  for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) - (inside[i] as number) // of one size
}

interface Orthonormal {
  readonly size: number
  /** [size, n] */
  readonly q: Float32Array
}

/** Gram and Schmidt, in float64, which is exact enough for rows of float32; those that depend on others are left out. */
function orthonormal(data: Float32Array, count: number, n: number): Orthonormal {
  const kept: Float64Array[] = []
  let longest = 0
  for (let i = 0; i < count; i++) longest = Math.max(longest, Math.sqrt(squares(data.subarray(i * n, (i + 1) * n))))
  for (let i = 0; i < count; i++) {
    const row = Float64Array.from(data.subarray(i * n, (i + 1) * n))
    for (const other of kept) addTo(row, -dot(row, other), other)
    const length = Math.sqrt(dot(row, row))
    if (!(length > LEAST_LENGTH * longest)) continue
    for (let j = 0; j < n; j++) row[j] = (row[j] as number) / length // inside the array
    kept.push(row)
  }
  const q = new Float32Array(kept.length * n)
  for (const [i, row] of kept.entries()) q.set(row, i * n)
  return { size: kept.length, q }
}

async function restOf(matrix: Matrix, { size, q, b }: Block, product: MatrixProduct<Float32Array>): Promise<number> {
  return squaredDifference(matrix, { left: transposed(q, size, matrix.rows), right: b, rank: size }, product)
}

function joined(a: Range, b: Block, rest: number): Range {
  return { size: a.size + b.size, q: concatenated(a.q, b.q), b: concatenated(a.b, b.b), rest }
}

function concatenated(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

const ELEMENTS_AT_ONCE = 1 << 22

/** Sum of squares of A - left right, for a product of float32 as it is computed at load. */
export async function squaredDifference(
  { data, rows, columns }: Matrix,
  factors: { readonly left: Float32Array; readonly right: Float32Array; readonly rank: number },
  product: MatrixProduct<Float32Array>,
): Promise<number> {
  const { left, right, rank } = factors
  if (rank === 0) return squares(data)
  const step = Math.max(1, Math.floor(ELEMENTS_AT_ONCE / columns))
  let sum = 0
  for (let row = 0; row < rows; row += step) {
    const m = Math.min(step, rows - row)
    const part = await product.multiply(left.subarray(row * rank, (row + m) * rank), right, { m, k: rank, n: columns })
    const from = row * columns
    for (let i = 0; i < part.length; i++) sum += ((part[i] as number) - (data[from + i] as number)) ** 2 // inside both
  }
  return sum
}

export function squares(data: Float32Array): number {
  return dot(data, data)
}

/** [rows, columns] to [columns, rows] */
export function transposed<A extends Float32Array | Uint16Array | Int8Array>(a: A, rows: number, columns: number): A {
  const result = a.slice() as A // of the same kind
  const tile = 32 // both sides of a tile stay in the cache
  for (let i0 = 0; i0 < rows; i0 += tile) {
    for (let j0 = 0; j0 < columns; j0 += tile) {
      const [i1, j1] = [Math.min(rows, i0 + tile), Math.min(columns, j0 + tile)]
      for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) result[j * rows + i] = a[i * columns + j] as number // inside
    }
  }
  return result
}
