import type { Rng } from '../../data/rng.js'
import { type Matrix, transposed } from './range-finder.js'
import { addTo, dot, symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.js'

/** Steps of the Lanczos process: so many points stand for the whole spectrum. */
const MOST_STEPS = 16
/** So many tell nothing yet. */
const LEAST_STEPS = 2
/** One random vector of so many elements is as good as all; of shorter ones there are several. */
const ENOUGH = 256
/** How much chance may do for a random vector, in times of the standard deviation. */
const DEVIATIONS = 2.5
/** Of such a matrix all eigenvalues are computed at once, or when the products did not tell. */
const SMALL = 48
const MEDIUM = 128

/**
 * Whether a matrix must lose more than a share of its energy when its rank is cut down:
 *
 *   sum_{k > rank} sigma_k^2 > share * sum_k sigma_k^2
 *
 * as a few products with vectors tell. Lanczos' process from a random vector gives points t_1 < ... < t_s with weights
 * w_i, the Gauss quadrature of the spectrum of A^T A. No more than the share w_1 + ... + w_i of all eigenvalues is
 * below t_i (Chebyshev, Markov and Stieltjes), so the share w_{i+1} + ... + w_s is at least t_i: whatever of it the
 * rank does not cover is lost. That holds for the spectrum as the vector sees it, which is the spectrum but for chance.
 *
 * Chance is allowed for; of a small matrix all eigenvalues are computed.
 *
 * @returns false where so few products do not tell
 * @see Golub and Meurant, Matrices, Moments and Quadrature, 2010; Ubaru, Chen, Saad 2017, doi:10.1137/16M1104974
 */
export function losesMore(matrix: Matrix, rank: number, share: number, rng: Rng): boolean {
  const size = Math.min(matrix.rows, matrix.columns)
  if (rank >= size) return false
  const covered = rank / size
  if (size <= SMALL) return lossBeyond(exactSpectrum(matrix), covered) > share
  const starts = Math.ceil(ENOUGH / size)
  const spectra = Array.from({ length: starts }, () => new Lanczos(matrix, rng))
  // The share of the largest values in a random vector is a sum of squares of normal numbers.
  const chance = DEVIATIONS * Math.sqrt((2 * covered * (1 - covered)) / (starts * size))
  for (let step = 0; step < MOST_STEPS; step++) {
    for (const spectrum of spectra) spectrum.step()
    if (step < LEAST_STEPS) continue
    const least = spectra.flatMap((spectrum) => lowered(spectrum.points()))
    const all = spectra.reduce((sum, spectrum) => sum + meanOf(spectrum.points()), 0)
    if (starts * lossBeyond(least, covered + chance) > share * all) return true
  }
  return size <= MEDIUM && lossBeyond(exactSpectrum(matrix), covered) > share
}

/** An eigenvalue, and which share of them it stands for. */
interface Point {
  readonly value: number
  readonly weight: number
}

/** Values that the spectrum exceeds for certain: each share with the next smaller value. */
function lowered(points: readonly Point[]): Point[] {
  return points.map(({ weight }, k) => ({ weight, value: points[k + 1]?.value ?? 0 }))
}

/** The mean of what is left of a spectrum when a share of it, the largest values, is taken away. */
function lossBeyond(points: readonly Point[], covered: number): number {
  const total = points.reduce((sum, { weight }) => sum + weight, 0)
  let left = covered
  let lost = 0
  for (const { value, weight } of [...points].sort((a, b) => b.value - a.value)) {
    const share = weight / total
    lost += Math.max(0, share - left) * value
    left = Math.max(0, left - share)
  }
  return lost
}

function meanOf(points: readonly Point[]): number {
  return points.reduce((sum, { value, weight }) => sum + value * weight, 0)
}

/** With a mean of 1; empty where the matrix is not finite. */
function exactSpectrum({ data, rows, columns }: Matrix): Point[] {
  const size = Math.min(rows, columns)
  const length = Math.max(rows, columns)
  const vectors = rows <= columns ? data : transposed(data, rows, columns)
  const vector = (i: number) => vectors.subarray(i * length, (i + 1) * length)
  const gram = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) gram[i * size + j] = gram[j * size + i] = dot(vector(i), vector(j))
  }
  if (!gram.every(Number.isFinite)) return []
  const values = symmetricEigenvalues(gram, size)
  const mean = values.reduce((sum, x) => sum + x, 0) / size
  return Array.from(values, (x) => ({ value: mean > 0 ? Math.max(0, x) / mean : 0, weight: 1 }))
}

/** The process for A^T A, or for A A^T where that is smaller. */
class Lanczos {
  readonly #matrix: Matrix
  readonly #basis: Float64Array[] = []
  readonly #diagonal: number[] = []
  readonly #beside: number[] = []
  #next: Float64Array | null

  constructor(matrix: Matrix, rng: Rng) {
    this.#matrix = matrix
    this.#next = Float64Array.from({ length: Math.min(matrix.rows, matrix.columns) }, () => rng.normal())
  }

  /** One product more; none when the vectors so far hold all that their matrix makes of the first. */
  step(): void {
    const v = this.#next
    if (v === null) return
    const length = Math.sqrt(dot(v, v))
    if (this.#basis.length > 0) this.#beside.push(length)
    for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) / length // inside the array
    this.#basis.push(v)
    const next = squared(this.#matrix, v)
    this.#diagonal.push(dot(next, v))
    // Rounding lets the vectors lean on each other again; against all of them, twice, it does not.
    for (let time = 0; time < 2; time++) for (const other of this.#basis) addTo(next, -dot(next, other), other)
    const isOver = !(Math.sqrt(dot(next, next)) > Number.EPSILON * (this.#diagonal[0] ?? 0))
    this.#next = isOver ? null : next
  }

  /** The largest first; the weights add up to 1. */
  points(): Point[] {
    const n = this.#diagonal.length
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = this.#diagonal[i] ?? 0
      if (i + 1 < n) matrix[i * n + i + 1] = matrix[(i + 1) * n + i] = this.#beside[i] ?? 0
    }
    const { values, vectors } = symmetricEigen(matrix, n)
    return Array.from(values, (value, k) => ({ value: Math.max(0, value), weight: (vectors[k * n] ?? 0) ** 2 }))
  }
}

function squared({ data, rows, columns }: Matrix, x: Float64Array): Float64Array {
  const row = (i: number) => data.subarray(i * columns, (i + 1) * columns)
  const product = new Float64Array(columns)
  if (x.length === columns) {
    for (let i = 0; i < rows; i++) addTo(product, dot(row(i), x), row(i)) // A^T A x, each row read once
    return product
  }
  for (let i = 0; i < rows; i++) addTo(product, x[i] as number, row(i)) // A^T x
  return x.map((_, i) => dot(row(i), product))
}
