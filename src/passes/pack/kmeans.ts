/** Points on a line, ascending, with their weights. */
export interface Points {
  readonly values: Float64Array
  readonly weights: Float64Array
}

const MOST_ROUNDS = 200
/** Rounds end when the sum of squares falls by less than this share. */
const LEAST_GAIN = 1e-5

/**
 * The values that a palette of a given size should have: a minimum of the sum of weight (x - nearest value)^2.
 *
 * It starts from the values that would be best if there were many of them (their density is the cube root of that of
 * the points: Panter and Dite 1951; Gersho 1979, doi:10.1109/TIT.1979.1056067) and moves each to the mean of the points
 * nearest to it until that gains nothing (Lloyd 1982, doi:10.1109/TIT.1982.1056489).
 *
 * @param size      at least 1, or 2 where zero is kept
 * @param keepZero  whether exactly zero is one of the values
 * @returns ascending, of at most that many; fewer where there are no more points
 */
export function kmeans(points: Points, size: number, keepZero = false): Float64Array {
  const { values } = points
  const free = keepZero ? size - 1 : size
  if (values.length <= free) return keepZero ? withZero(values) : values.slice()
  const sums = prefixSums(points)
  const centers = compandedCenters(points, size)
  if (keepZero) centers[nearestTo(centers, 0)] = 0
  let squares = Number.POSITIVE_INFINITY
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const cells = cellsOf(centers, points, keepZero, sums)
    const now = cells.reduce((sum, cell) => sum + cell.squares, 0)
    for (const [c, { mean }] of cells.entries()) centers[c] = mean
    const isRefilled = refill(centers, cells, points)
    if (!isRefilled && now >= squares * (1 - LEAST_GAIN)) break
    squares = now
  }
  return Float64Array.from(new Set(centers)).sort()
}

/** Sum of weight (x - nearest value)^2. @param palette  ascending */
export function distortion({ values, weights }: Points, palette: ArrayLike<number>): number {
  let sum = 0
  let k = 0
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number // in range, here and below
    while (k + 1 < palette.length && Math.abs((palette[k + 1] as number) - x) <= Math.abs((palette[k] as number) - x))
      k++
    const d = x - (palette[k] as number)
    sum += (weights[i] as number) * d * d
  }
  return sum
}

interface Sums {
  /** Of the weights of the first i points, of weight x, and of weight x^2. */
  readonly w: Float64Array
  readonly wx: Float64Array
  readonly wxx: Float64Array
}

function prefixSums({ values, weights }: Points): Sums {
  const n = values.length
  const sums = { w: new Float64Array(n + 1), wx: new Float64Array(n + 1), wxx: new Float64Array(n + 1) }
  for (let i = 0; i < n; i++) {
    const x = values[i] as number // in range, here and below
    const w = weights[i] as number
    sums.w[i + 1] = (sums.w[i] as number) + w
    sums.wx[i + 1] = (sums.wx[i] as number) + w * x
    sums.wxx[i + 1] = (sums.wxx[i] as number) + w * x * x
  }
  return sums
}

/** The points that are nearest to a center. */
interface Cell {
  readonly from: number
  readonly to: number
  /** Of the points; of an empty cell, and of the cell of zero, the center as it is. */
  readonly mean: number
  /** Sum of weight (x - mean)^2. */
  readonly squares: number
}

/** @param centers  ascending */
function cellsOf(centers: Float64Array, { values }: Points, keepZero: boolean, sums: Sums): Cell[] {
  const zero = keepZero ? centers.indexOf(0) : -1
  let from = 0
  return Array.from(centers, (center, c) => {
    const next = centers[c + 1]
    const to = next === undefined ? values.length : firstAbove(values, (center + next) / 2, from)
    const w = difference(sums.w, from, to)
    const wx = difference(sums.wx, from, to)
    const wxx = difference(sums.wxx, from, to)
    const mean = c === zero || w <= 0 ? center : wx / w
    const cell = { from, to, mean, squares: Math.max(0, wxx - 2 * mean * wx + mean * mean * w) }
    from = to
    return cell
  })
}

/** A center that nothing is nearest to serves better as a second one where the squares are largest. @returns whether there was one */
function refill(centers: Float64Array, cells: readonly Cell[], { values }: Points): boolean {
  const empty = [...cells.keys()].filter((c) => cells[c]?.from === cells[c]?.to && centers[c] !== 0)
  if (empty.length === 0) return false
  const worst = cells.filter(({ squares }) => squares > 0).sort((a, b) => b.squares - a.squares)
  let isRefilled = false
  for (const [k, c] of empty.entries()) {
    const cell = worst[k]
    if (cell === undefined) break
    const [first, last] = [values[cell.from] as number, values[cell.to - 1] as number] // not empty
    centers[c] = last - cell.mean > cell.mean - first ? last : first
    isRefilled = true
  }
  centers.sort()
  return isRefilled
}

function difference(sums: Float64Array, from: number, to: number): number {
  return (sums[to] as number) - (sums[from] as number)
}

/** The first place from `from` on whose value is above a limit. */
function firstAbove(values: Float64Array, limit: number, from: number): number {
  let low = from
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) > limit) high = middle
    else low = middle + 1
  }
  return low
}

/** Each center stands for an equal share of the cube root of the density. */
function compandedCenters({ values, weights }: Points, size: number): Float64Array {
  const n = values.length
  const mass = new Float64Array(n)
  let total = 0
  for (let i = 0; i < n; i++) {
    const width = ((values[Math.min(i + 1, n - 1)] as number) - (values[Math.max(i - 1, 0)] as number)) / 2
    total += Math.cbrt((weights[i] as number) * width * width)
    mass[i] = total
  }
  const centers = new Float64Array(size)
  for (let c = 0, i = 0; c < size; c++) {
    const share = (total * (c + 0.5)) / size
    while (i < n - 1 && (mass[i] as number) < share) i++
    centers[c] = values[i] as number
  }
  return centers
}

function nearestTo(centers: Float64Array, x: number): number {
  let nearest = 0
  for (const [c, center] of centers.entries()) {
    if (Math.abs(center - x) < Math.abs((centers[nearest] as number) - x)) nearest = c
  }
  return nearest
}

function withZero(values: Float64Array): Float64Array {
  return Float64Array.from(new Set([0, ...values])).sort()
}
