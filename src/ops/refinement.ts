/** A run of axes that a reshape turns into other axes, the shortest with the same number of elements. */
export interface Run {
  /** Positions of axes longer than 1, before and after. */
  readonly from: readonly number[]
  readonly to: readonly number[]
  /**
   * Sizes such that each axis of either side is a product of neighbours among them; null where the borders of the two
   * sides cross.
   */
  readonly factors: readonly number[] | null
}

/**
 * How a row-major layout is read as another: both shapes are cut into the shortest runs of equal products, and the axes
 * of each run into factors that the two sides have in common. Axes of length 1 belong to no run.
 *
 *   [2, 64, 7, 7] -> [2, 8, 392]     2 -> 2;  64, 7, 7 -> 8, 392 with the factors 8, 8, 7, 7
 *   [4, 6] -> [6, 4]                 4, 6 -> 6, 4 without any
 *
 * @returns null where the shapes have no elements, or not equally many
 */
export function runsOf(before: readonly number[], after: readonly number[]): Run[] | null {
  const [left, right] = [borders(before), borders(after)]
  if (before.includes(0) || after.includes(0) || left.at(-1)?.product !== right.at(-1)?.product) return null
  const common = left.map(({ product }) => product).filter((product) => right.some((r) => r.product === product))
  return common.map((end, i) => {
    const start = common[i - 1] ?? 1
    const within = ({ product }: Border) => product > start && product <= end
    const [from, to] = [left.filter(within), right.filter(within)]
    const factors = commonFactors(
      from.map(({ size }) => size),
      to.map(({ size }) => size),
    )
    return { from: from.map(({ axis }) => axis), to: to.map(({ axis }) => axis), factors }
  })
}

/**
 * The coarsest list of factors that two lists of one product are both made of: the borders of both, as products of what
 * lies before them, have to divide one another in a row.
 */
export function commonFactors(a: readonly number[], b: readonly number[]): number[] | null {
  const products = new Set([...borders(a), ...borders(b)].map(({ product }) => product))
  const rising = [...products].sort((x, y) => x - y)
  const factors = rising.map((product, i) => product / (rising[i - 1] ?? 1))
  return factors.every(Number.isInteger) ? factors : null
}

/** Deals factors out to the wholes that they multiply to, in order. */
export function dealt<T>(factors: readonly T[], sizeOf: (factor: T) => number, wholes: readonly number[]): T[][] {
  const rest = factors.values()
  return wholes.map((whole) => {
    const hand: T[] = []
    for (let product = 1; product < whole; ) {
      const { value, done } = rest.next()
      if (done) break
      product *= sizeOf(value)
      hand.push(value)
    }
    return hand
  })
}

interface Border {
  readonly axis: number
  readonly size: number
  /** Of all sizes up to here. */
  readonly product: number
}

/** Where the axes longer than 1 end. */
function borders(shape: readonly number[]): Border[] {
  let product = 1
  return shape.flatMap((size, axis) => {
    product *= size
    return size === 1 ? [] : [{ axis, size, product }]
  })
}
