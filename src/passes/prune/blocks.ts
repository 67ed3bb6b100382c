import { elementCount } from '../../ir/type.js'
import { Mask } from './mask.js'
import type { AxisMember, PlannedMask, Scores } from './masks.js'

/** No wider than it takes: small blocks are many. */
type Counts = Uint8Array | Uint32Array

/**
 * The blocks of one tensor: `rows` outputs by `columns` inputs at one place of the remaining axes, smaller at the edges.
 * They are numbered in the order of their first weights.
 */
export interface Grid {
  readonly member: AxisMember
  /** Weights of each block [B]. */
  readonly sizes: Counts
  /** Weights of each block that are not zero [B]. */
  readonly nonZero: Counts
  /** Mean score of each block [B], as the bits of a float32: they order as the means do. */
  readonly keys: Uint32Array
  readonly lines: Lines
}

/** A tensor as lines of weights one after the other; line l has its blocks at `first(l) + offsets` [width]. */
interface Lines {
  readonly count: number
  readonly width: number
  first(line: number): number
  readonly offsets: Int32Array
}

/**
 * Prunes whole blocks, those of the smallest mean score first (as float32; ties by order of tensors and blocks),
 * until about `k` weights of the pool are gone: as near to k as whole blocks come in this order, a block being as
 * large as what of it lies inside the tensor.
 */
export function maskBlocks(pool: readonly Grid[], k: number): PlannedMask[] {
  const { key: threshold, below } = boundary(pool, k)
  let gone = below
  let full = false
  return pool.map((grid) => {
    const { member, sizes, nonZero, keys } = grid
    const dropped = new Mask(keys.length)
    let zerosAfter = member.elements
    for (let block = 0; block < keys.length; block++) {
      const key = keys[block] as number // inside the array, as are the next
      let drops = key < threshold
      if (key === threshold && !full) {
        const size = sizes[block] as number
        full = gone + size - k > k - gone // without it we are nearer
        drops = !full
        if (drops) gone += size
      }
      if (drops) dropped.set(block)
      else zerosAfter -= nonZero[block] as number
    }
    let zerosBefore = member.elements
    for (const n of nonZero) zerosBefore -= n
    return { member, mask: maskOf(grid, dropped), zerosBefore, zerosAfter }
  })
}

/** Measures the blocks of one tensor. */
export function gridOf(
  member: AxisMember,
  block: { readonly rows: number; readonly columns: number },
  scores: Scores,
): Grid {
  const { count, lines } = layOut(member, block)
  const counts = (): Counts => (block.rows * block.columns < 256 ? new Uint8Array(count) : new Uint32Array(count))
  const [sizes, nonZero] = [counts(), counts()]
  const sums = new Float64Array(count)
  let at = 0
  for (let line = 0; line < lines.count; line++) {
    const first = lines.first(line)
    for (let i = 0; i < lines.width; i++) {
      const b = first + (lines.offsets[i] as number) // inside the arrays, as are the next
      const score = scores[at++] as number
      sums[b] = (sums[b] as number) + score
      sizes[b] = (sizes[b] as number) + 1
      if (score !== 0) nonZero[b] = (nonZero[b] as number) + 1
    }
  }
  const means = new Float32Array(count)
  for (let b = 0; b < count; b++) means[b] = (sums[b] as number) / (sizes[b] as number) // inside the arrays
  return { member, sizes, nonZero, keys: new Uint32Array(means.buffer), lines }
}

/**
 * The tensor is seen as [before, X, between, Y, behind], X and Y being its output and input axes in the order in which
 * they are stored; its blocks make a grid [before, X / x, between, Y / y, behind].
 */
function layOut(
  { shape, out, in: inputs }: AxisMember,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): { count: number; lines: Lines } {
  const [first, last] = [Math.min(out, inputs), Math.max(out, inputs)]
  const [x, y] = out < inputs ? [rows, columns] : [columns, rows]
  const [lengthX, lengthY] = [shape[first] ?? 1, shape[last] ?? 1]
  const before = elementCount(shape.slice(0, first))
  const between = elementCount(shape.slice(first + 1, last))
  const behind = elementCount(shape.slice(last + 1))
  const blocksX = Math.ceil(lengthX / x)
  const blocksPerLine = Math.ceil(lengthY / y) * behind
  const width = lengthY * behind
  return {
    count: before * blocksX * between * blocksPerLine,
    lines: {
      count: before * lengthX * between,
      width,
      first: (line) => {
        const row = Math.floor(line / between) // [before, X]
        const blockRow = Math.floor(row / lengthX) * blocksX + Math.floor((row % lengthX) / x)
        return (blockRow * between + (line % between)) * blocksPerLine
      },
      offsets: Int32Array.from({ length: width }, (_, i) => Math.floor(i / behind / y) * behind + (i % behind)),
    },
  }
}

function maskOf({ member, lines }: Grid, dropped: Mask): Mask {
  const mask = new Mask(member.elements)
  let at = 0
  for (let line = 0; line < lines.count; line++) {
    const first = lines.first(line)
    for (let i = 0; i < lines.width; i++, at++) {
      if (dropped.has(first + (lines.offsets[i] as number))) mask.set(at) // inside the array
    }
  }
  return mask
}

/** The smallest key with which more than `k` weights would go (past all keys if there is none), and how many go below it. */
function boundary(grids: readonly Grid[], k: number): { key: number; below: number } {
  const upper = advance(
    histogram(grids, (key) => key >>> 16),
    0,
    k,
  )
  const lower = advance(
    histogram(grids, (key) => (key >>> 16 === upper.bin ? key & 0xffff : -1)),
    upper.below,
    k,
  )
  return { key: upper.bin * 0x10000 + lower.bin, below: lower.below }
}

/** Weights by bins of 16 bits of their block's key; -1 is no bin. */
function histogram(grids: readonly Grid[], binOf: (key: number) => number): Float64Array {
  const bins = new Float64Array(0x10000)
  for (const grid of grids) {
    for (let block = 0; block < grid.keys.length; block++) {
      const bin = binOf(grid.keys[block] as number) // inside the array, as are the next
      if (bin >= 0) bins[bin] = (bins[bin] as number) + (grid.sizes[block] as number)
    }
  }
  return bins
}

function advance(bins: Float64Array, from: number, k: number): { bin: number; below: number } {
  let below = from
  let bin = 0
  while (bin < bins.length && below + (bins[bin] as number) <= k) below += bins[bin++] as number // inside the array
  return { bin, below }
}
