/** Eigenvalues, the largest first, and for each its vector of length 1. */
export interface Eigen {
  /** [n] */
  readonly values: Float64Array
  /** [n, n]: row k belongs to value k. */
  readonly vectors: Float64Array
}

/** Rotations for one eigenvalue: two or three are the rule. */
const MOST_SWEEPS = 60

/**
 * All eigenvalues and eigenvectors of a symmetric matrix: reflections make it tridiagonal, rotations with Wilkinson's
 * shift make that diagonal. Everything runs along rows, as they lie in memory.
 *
 * @param a  symmetric, finite, [n, n]; used up
 * @throws Error when an eigenvalue does not converge, which no finite matrix has been seen to do
 * @see Golub and Van Loan, Matrix Computations, 4th edition, 8.3
 */
export function symmetricEigen(a: Float64Array, n: number): Eigen {
  const { diagonal, beside, factors } = tridiagonal(a, n)
  const basis = accumulated(a, n, factors)
  diagonalize(diagonal, beside, basis, n)
  const order = Array.from(diagonal.keys()).sort((i, j) => (diagonal[j] ?? 0) - (diagonal[i] ?? 0))
  const vectors = new Float64Array(n * n)
  for (const [k, i] of order.entries()) vectors.set(basis.subarray(i * n, (i + 1) * n), k * n)
  return { values: Float64Array.from(order, (i) => diagonal[i] ?? 0), vectors }
}

/** The eigenvalues alone, the largest first, in a fraction of the time. @param a  as for `symmetricEigen` */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(a, n)
  diagonalize(diagonal, beside, null, n)
  return diagonal.sort().reverse()
}

interface Tridiagonal {
  readonly diagonal: Float64Array
  /** Element k is in row k, column k + 1. */
  readonly beside: Float64Array
  /** Of the reflections I - factor v v^T, whose v stand in the rows of what was the matrix. */
  readonly factors: Float64Array
}

function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const factors = new Float64Array(n)
  for (let k = 0; k + 2 < n; k++) {
    // Row k, right of the diagonal, becomes v; the matrix below and right of it is reflected from both sides.
    const v = a.subarray(k * n + k + 1, (k + 1) * n)
    const { factor, length } = reflection(v)
    beside[k] = length
    factors[k] = factor
    if (factor !== 0) reflectTrailing(a, n, k + 1, v, factor)
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] as number // inside the array
  if (n > 1) beside[n - 2] = a[(n - 2) * n + n - 1] as number // inside the array
  return { diagonal, beside, factors }
}

/** Turns x into v, with (I - factor v v^T) x = (length, 0, ..., 0). */
function reflection(x: Float64Array): { readonly factor: number; readonly length: number } {
  const first = x[0] as number // never empty
  const square = dot(x, x)
  if (square === 0) return { factor: 0, length: 0 }
  const length = first > 0 ? -Math.sqrt(square) : Math.sqrt(square)
  x[0] = first - length // of one sign: nothing cancels
  return { factor: 2 / dot(x, x), length }
}

/** (I - factor v v^T) A (I - factor v v^T), for the block of A from row and column `from` on. */
function reflectTrailing(a: Float64Array, n: number, from: number, v: Float64Array, factor: number): void {
  const size = n - from
  const w = new Float64Array(size)
  for (let i = 0; i < size; i++) w[i] = factor * dot(rowFrom(a, n, from + i, from), v)
  const half = (factor * dot(w, v)) / 2
  for (let i = 0; i < size; i++) w[i] = (w[i] as number) - half * (v[i] as number) // both of this size
  for (let i = 0; i < size; i++) {
    const row = rowFrom(a, n, from + i, from)
    const [vi, wi] = [v[i] as number, w[i] as number] // as above
    for (let j = 0; j < size; j++) row[j] = (row[j] as number) - vi * (w[j] as number) - wi * (v[j] as number) // inside
  }
}

/** Q^T, for A = Q T Q^T: the last reflection first, so that each works on the block that others have changed alone. */
function accumulated(a: Float64Array, n: number, factors: Float64Array): Float64Array {
  const basis = new Float64Array(n * n)
  for (let i = 0; i < n; i++) basis[i * n + i] = 1
  for (let k = n - 3; k >= 0; k--) {
    const v = rowFrom(a, n, k, k + 1)
    const factor = factors[k] as number // one for each k
    if (factor === 0) continue
    for (let i = k + 1; i < n; i++) {
      const row = rowFrom(basis, n, i, k + 1)
      addTo(row, -factor * dot(row, v), v)
    }
  }
  return basis
}

function diagonalize(d: Float64Array, e: Float64Array, basis: Float64Array | null, n: number): void {
  let largest = 0
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i] as number), Math.abs(e[i] as number)) // inside
  const nothing = Number.EPSILON * largest
  let sweeps = 0
  for (let end = n - 1; end > 0; ) {
    if (Math.abs(e[end - 1] as number) <= nothing) {
      e[--end] = 0
      sweeps = 0
      continue
    }
    let start = end - 1
    while (start > 0 && Math.abs(e[start - 1] as number) > nothing) start-- // inside the array
    if (++sweeps > MOST_SWEEPS) throw new Error('An eigenvalue of a symmetric matrix does not converge.')
    sweep(d, e, basis, n, start, end)
  }
}

/** One implicit step of the QR iteration over rows `start` to `end`, none of which is done. */
function sweep(
  d: Float64Array,
  e: Float64Array,
  basis: Float64Array | null,
  n: number,
  start: number,
  end: number,
): void {
  const at = (array: Float64Array, i: number) => array[i] as number // all places here lie inside
  const half = (at(d, end - 1) - at(d, end)) / 2
  const last = at(e, end - 1)
  const root = Math.hypot(half, last)
  const shift = at(d, end) - (last * last) / (half + (half < 0 ? -root : root))
  let x = at(d, start) - shift
  let z = at(e, start)
  for (let k = start; k < end; k++) {
    const r = Math.hypot(x, z)
    const [c, s] = r === 0 ? [1, 0] : [x / r, z / r]
    if (k > start) e[k - 1] = r
    const [dk, ek, next] = [at(d, k), at(e, k), at(d, k + 1)]
    d[k] = c * c * dk + 2 * c * s * ek + s * s * next
    d[k + 1] = s * s * dk - 2 * c * s * ek + c * c * next
    e[k] = (c * c - s * s) * ek + c * s * (next - dk)
    if (k + 1 < end) {
      x = at(e, k)
      z = s * at(e, k + 1)
      e[k + 1] = c * at(e, k + 1)
    }
    if (basis !== null) rotate(basis.subarray(k * n, (k + 1) * n), basis.subarray((k + 1) * n, (k + 2) * n), c, s)
  }
}

function rotate(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number] // of one length
    a[i] = c * x + s * y
    b[i] = c * y - s * x
  }
}

function rowFrom(a: Float64Array, n: number, row: number, column: number): Float64Array {
  return a.subarray(row * n + column, (row + 1) * n)
}

/** The sum of products, of as many elements as `b` has. */
export function dot(a: Float64Array | Float32Array, b: Float64Array | Float32Array): number {
  let [even, odd] = [0, 0] // two sums that need not wait for each other
  const pairs = b.length & ~1
  for (let i = 0; i < pairs; i += 2) {
    even += (a[i] as number) * (b[i] as number) // inside both
    odd += (a[i + 1] as number) * (b[i + 1] as number)
  }
  if (pairs < b.length) even += (a[pairs] as number) * (b[pairs] as number)
  return even + odd
}

/** a += factor b */
export function addTo(a: Float64Array, factor: number, b: Float64Array | Float32Array): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) + factor * (b[i] as number) // of one length
}
