import type { MatrixProduct } from '../../runtime/matrix-product.js'

/** Matrices up to this size are taken apart by plain loops. */
const PLAIN = 48

/**
 * The upper triangular U with H^-1 = U^T U, in place of H: the Cholesky factor of the inverse, in which SparseGPT
 * reads the row of every inverse that it needs.
 *
 * With J the matrix that reverses an order, J H J = L L^T gives U = J L^-1 J: one factorization and one triangular
 * inverse, where inverting H and factorizing the inverse would take twice as much. Both halve the matrix again and
 * again, so that nearly all the work is products of large matrices, which ONNX Runtime computes.
 *
 * @param h  symmetric positive definite, float64 [n, n]
 * @returns  false, with h as it was, when it is not positive definite in float64
 * @see      Frantar and Alistarh 2023, arXiv:2301.00774, section 3.2; Golub and Van Loan, Matrix Computations, 4.2
 */
export async function inverseFactor(h: Float64Array, n: number, product: MatrixProduct): Promise<boolean> {
  const diagonal = Float64Array.from({ length: n }, (_, i) => h[i * n + i] as number) // inside the array
  h.reverse() // J H J
  const done = await new Recursion(h, n, product).lowerInverse(0, n)
  if (done) fillAbove(h, n, () => 0)
  // What lies above the diagonal was not touched.
  else fillBelow(h, n, (i, j) => h[j * n + i] as number) // inside the array
  h.reverse()
  if (!done) for (let i = 0; i < n; i++) h[i * n + i] = diagonal[i] as number // one each
  return done
}

/** Works on diagonal blocks of a matrix [n, n]; only what lies on and below the diagonal is read and written. */
class Recursion {
  readonly #a: Float64Array
  readonly #n: number
  readonly #product: MatrixProduct

  constructor(a: Float64Array, n: number, product: MatrixProduct) {
    this.#a = a
    this.#n = n
    this.#product = product
  }

  /**
   * Replaces the block A = L L^T of rows and columns `at` to `at + size` by L^-1:
   *
   *   A = [A1 .; B A2]   L = [L1 0; C L2]   C = B L1^-T   L2 L2^T = A2 - C C^T   L^-1 = [L1^-1 0; -L2^-1 C L1^-1, L2^-1]
   */
  async lowerInverse(at: number, size: number): Promise<boolean> {
    if (size <= PLAIN) return this.#plain(at, size)
    const first = size >> 1
    const rest = size - first
    const mid = at + first
    if (!(await this.lowerInverse(at, first))) return false
    const inverse1 = this.#triangle(at, first)
    const c = await this.#product.multiply(this.#block(mid, at, rest, first), transposed(inverse1, first, first), {
      m: rest,
      k: first,
      n: first,
    })
    const square = await this.#product.multiply(c, transposed(c, rest, first), { m: rest, k: first, n: rest })
    this.#subtractBelow(square, mid, rest)
    if (!(await this.lowerInverse(mid, rest))) return false
    const ci = await this.#product.multiply(c, inverse1, { m: rest, k: first, n: first })
    const below = await this.#product.multiply(this.#triangle(mid, rest), ci, { m: rest, k: rest, n: first })
    for (let i = 0; i < rest; i++) {
      const to = (mid + i) * this.#n + at
      for (let j = 0; j < first; j++) this.#a[to + j] = -(below[i * first + j] as number) // inside both arrays
    }
    return true
  }

  /** The same by loops: L row by row, then its inverse column by column. */
  #plain(at: number, size: number): boolean {
    const [a, n] = [this.#a, this.#n]
    const l = new Float64Array(size * size)
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = a[(at + i) * n + at + j] as number // inside the arrays, as are the next
        for (let k = 0; k < j; k++) sum -= (l[i * size + k] as number) * (l[j * size + k] as number)
        if (i > j) l[i * size + j] = sum / (l[j * size + j] as number)
        else if (sum > 0 && Number.isFinite(sum)) l[i * size + i] = Math.sqrt(sum)
        else return false
      }
    }
    for (let j = 0; j < size; j++) {
      for (let i = j; i < size; i++) {
        let sum = i === j ? 1 : 0
        for (let k = j; k < i; k++) sum -= (l[i * size + k] as number) * (a[(at + k) * n + at + j] as number)
        a[(at + i) * n + at + j] = sum / (l[i * size + i] as number)
      }
    }
    return true
  }

  #block(row: number, column: number, rows: number, columns: number): Float64Array {
    const block = new Float64Array(rows * columns)
    for (let i = 0; i < rows; i++) {
      const from = (row + i) * this.#n + column
      block.set(this.#a.subarray(from, from + columns), i * columns)
    }
    return block
  }

  /** A diagonal block with zeros above the diagonal. */
  #triangle(at: number, size: number): Float64Array {
    const block = this.#block(at, at, size, size)
    fillAbove(block, size, () => 0)
    return block
  }

  #subtractBelow(square: Float64Array, at: number, size: number): void {
    for (let i = 0; i < size; i++) {
      const to = (at + i) * this.#n + at
      for (let j = 0; j <= i; j++) {
        this.#a[to + j] = (this.#a[to + j] as number) - (square[i * size + j] as number) // inside both arrays
      }
    }
  }
}

/** a [rows, columns] to [columns, rows] */
function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(a.length)
  const tile = 32 // both sides of a tile stay in the cache
  for (let i0 = 0; i0 < rows; i0 += tile) {
    for (let j0 = 0; j0 < columns; j0 += tile) {
      const [i1, j1] = [Math.min(rows, i0 + tile), Math.min(columns, j0 + tile)]
      for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) result[j * rows + i] = a[i * columns + j] as number // inside
    }
  }
  return result
}

function fillAbove(a: Float64Array, n: number, value: (i: number, j: number) => number): void {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = value(i, j)
}

function fillBelow(a: Float64Array, n: number, value: (i: number, j: number) => number): void {
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) a[i * n + j] = value(i, j)
}
