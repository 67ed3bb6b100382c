/**
 * Prefix sums of points on a line at the places where it may be cut: of weight, weight x, weight x^2 of all points before.
 * All have one entry more than there are pieces.
 */
export interface Cuts {
  readonly w: Float64Array
  readonly wx: Float64Array
  readonly wxx: Float64Array
}

/**
 * The best partitions of a line into 1, 2, ..., `most` runs, each with its mean as center: the least sum of weight
 * (x - center)^2. Dynamic programming over the last run; where it begins only moves on as the end does, so that halving
 * finds all beginnings in n log n (Wu 1991, doi:10.1016/0196-6774(91)90039-2).
 */
export class Partitions {
  readonly #cuts: Cuts
  readonly #keepZero: boolean
  readonly #pieces: number
  /** The last of k runs over the first m pieces begins at begins[k][m]. */
  readonly #begins: Uint16Array[] = []
  /** The same where one of the runs has zero as its center; with `ZERO_IS_LAST` where the last one has. */
  readonly #beginsWithZero: Uint16Array[] = []

  /** @param keepZero  whether one of the runs, which may be empty, has zero as its center */
  constructor(cuts: Cuts, most: number, keepZero: boolean) {
    this.#cuts = cuts
    this.#keepZero = keepZero
    this.#pieces = cuts.w.length - 1
    if (this.#pieces >= ZERO_IS_LAST) throw new RangeError(`${this.#pieces} pieces are too many.`)
    const n = this.#pieces
    let squares = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY)
    squares[0] = 0
    let withZero = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY)
    for (let k = 1; k <= most; k++) {
      if (keepZero) withZero = this.#addRun(withZero, this.#beginsWithZero, squares)
      squares = this.#addRun(squares, this.#begins, null)
    }
  }

  /** Centers of k runs, ascending; fewer where some are empty. */
  centers(k: number): Float64Array {
    const centers: number[] = []
    let hasZero = this.#keepZero
    for (let end = this.#pieces, left = k; left > 0; left--) {
      const found = (hasZero ? this.#beginsWithZero : this.#begins)[left - 1]?.[end] ?? 0
      const isZero = hasZero && found >= ZERO_IS_LAST
      const begin = isZero ? found - ZERO_IS_LAST : found
      if (isZero) {
        centers.push(0)
        hasZero = false
      } else if (begin < end) centers.push(this.#mean(begin, end))
      end = begin
    }
    return Float64Array.from(centers).sort()
  }

  /** One run more. @param unzeroed  sums without a run for zero, after which that may come */
  #addRun(before: Float64Array, begins: Uint16Array[], unzeroed: Float64Array | null): Float64Array<ArrayBuffer> {
    const n = this.#pieces
    const squares = new Float64Array(n + 1)
    const begin = new Uint16Array(n + 1)
    this.#halve({ before, squares, begin }, 0, n, 0, n)
    if (unzeroed !== null) this.#endWithZero(unzeroed, squares, begin)
    begins.push(begin)
    return squares
  }

  /** Ends from `from` to `to`, whose runs begin between `low` and `high`. */
  #halve(layer: Layer, from: number, to: number, low: number, high: number): void {
    const { w, wx, wxx } = this.#cuts
    const { before, squares, begin } = layer
    const end = (from + to) >>> 1
    let least = Number.POSITIVE_INFINITY
    let found = low
    for (let i = low; i <= high && i <= end; i++) {
      const weight = (w[end] as number) - (w[i] as number) // in range, here and below
      const sum = (wx[end] as number) - (wx[i] as number)
      const square = weight > 0 ? Math.max(0, (wxx[end] as number) - (wxx[i] as number) - (sum * sum) / weight) : 0
      const total = (before[i] as number) + square
      if (total < least) {
        least = total
        found = i
      }
    }
    squares[end] = least
    begin[end] = found
    if (from < end) this.#halve(layer, from, end - 1, low, found)
    if (end < to) this.#halve(layer, end + 1, to, found, high)
  }

  /** With zero as center a run costs the difference of two sums: the best beginning is that of the end before, or a later one. */
  #endWithZero(unzeroed: Float64Array, squares: Float64Array, begin: Uint16Array): void {
    const { wxx } = this.#cuts
    let found = 0
    let least = Number.POSITIVE_INFINITY
    for (let end = 0; end < squares.length; end++) {
      const beginning = (unzeroed[end] as number) - (wxx[end] as number) // in range, here and below
      if (beginning < least) {
        least = beginning
        found = end
      }
      const total = least + (wxx[end] as number)
      if (total > (squares[end] as number)) continue
      squares[end] = total
      begin[end] = found + ZERO_IS_LAST
    }
  }

  #mean(from: number, to: number): number {
    const { w, wx } = this.#cuts
    return ((wx[to] as number) - (wx[from] as number)) / ((w[to] as number) - (w[from] as number))
  }
}

const ZERO_IS_LAST = 1 << 15

interface Layer {
  readonly before: Float64Array
  readonly squares: Float64Array
  readonly begin: Uint16Array
}
