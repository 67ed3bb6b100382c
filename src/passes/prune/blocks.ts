import { Mask } from './mask.js'
import type { AxisMember, PlannedMask, scoresOf } from './masks.js'

type Scores = ReturnType<typeof scoresOf>

/** The blocks of one tensor: `rows` outputs by `columns` inputs at one place of the remaining axes; smaller at the edges. */
interface Grid {
  readonly member: AxisMember
  readonly count: number
  /** Mean score of each block, as the bits of a float32: they order as the means do. */
  readonly keys: Uint32Array
  readonly zeros: number
  size(block: number): number
  positions(block: number, visit: (position: number) => void): void
}

/**
 * Prunes whole blocks, those of the smallest mean score first, until about `k` weights of the pool are gone: as
 * near to k as whole blocks come, a block being as large as what of it lies inside the tensor.
 */
export function maskBlocks(
  pool: readonly AxisMember[],
  k: number,
  block: { readonly rows: number; readonly columns: number },
  scores: (member: AxisMember) => Scores,
): PlannedMask[] {
  const grids = pool.map((member) => gridOf(member, block, scores(member)))
  const { threshold, within } = boundary(grids, k)
  return grids.map((grid) => {
    const mask = new Mask(grid.member.elements)
    let zerosAfter = grid.zeros
    for (let b = 0; b < grid.count; b++) {
      const key = grid.keys[b] as number // inside the array
      if (key < threshold || (key === threshold && within.has(grid, b)))
        grid.positions(b, (position) => mask.set(position))
    }
    if (grid.count > 0) zerosAfter = countZeros(grid, mask, scores(grid.member))
    return { member: grid.member, mask, zerosBefore: grid.zeros, zerosAfter }
  })
}

function countZeros(grid: Grid, mask: Mask, scores: Scores): number {
  let zeros = 0
  for (let i = 0; i < grid.member.elements; i++) if (scores[i] === 0 || mask.has(i)) zeros++
  return zeros
}

function gridOf(member: AxisMember, block: { rows: number; columns: number }, scores: Scores): Grid {
  const { shape } = member
  const stride = (axis: number) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const [rows, columns] = [shape[member.out] ?? 1, shape[member.in] ?? 1]
  const [rowStride, columnStride] = [stride(member.out), stride(member.in)]
  const rest = shape
    .map((d, axis) => ({ d, stride: stride(axis) }))
    .filter((_, axis) => axis !== member.out && axis !== member.in)
  const places = rest.reduce((n, { d }) => n * d, 1)
  const [down, across] = [Math.ceil(rows / block.rows), Math.ceil(columns / block.columns)]
  const corner = (b: number) => {
    let place = Math.floor(b / (down * across))
    const base = rest.reduceRight((at, { d, stride }) => {
      const next = at + (place % d) * stride
      place = Math.floor(place / d)
      return next
    }, 0)
    const row = Math.floor((b % (down * across)) / across) * block.rows
    const column = (b % across) * block.columns
    const [height, width] = [Math.min(block.rows, rows - row), Math.min(block.columns, columns - column)]
    return { start: base + row * rowStride + column * columnStride, height, width }
  }
  const positions = (b: number, visit: (position: number) => void) => {
    const { start, height, width } = corner(b)
    for (let r = 0; r < height; r++) for (let c = 0; c < width; c++) visit(start + r * rowStride + c * columnStride)
  }
  const size = (b: number) => {
    const { height, width } = corner(b)
    return height * width
  }
  const count = places * down * across
  const means = new Float32Array(count)
  let zeros = 0
  for (const score of scores) if (score === 0) zeros++
  for (let b = 0; b < count; b++) {
    let sum = 0
    positions(b, (position) => {
      sum += scores[position] as number // inside the array
    })
    means[b] = sum / size(b)
  }
  return { member, count, keys: new Uint32Array(means.buffer), zeros, size, positions }
}

/** The key up to which blocks go, and which of those at the key itself. */
function boundary(
  grids: readonly Grid[],
  k: number,
): { threshold: number; within: { has(grid: Grid, block: number): boolean } } {
  const bins = new Float64Array(1 << 16)
  const each = (visit: (grid: Grid, block: number, key: number) => void) => {
    for (const grid of grids) for (let b = 0; b < grid.count; b++) visit(grid, b, grid.keys[b] as number) // inside the array
  }
  each((grid, b, key) => {
    bins[key >>> 16] = (bins[key >>> 16] as number) + grid.size(b) // 16 bits
  })
  let taken = 0
  let bin = 0
  while (bin < bins.length - 1 && taken + (bins[bin] as number) <= k) taken += bins[bin++] as number // inside the array
  const candidates: { grid: Grid; block: number; key: number }[] = []
  each((grid, block, key) => {
    if (key >>> 16 === bin) candidates.push({ grid, block, key })
  })
  candidates.sort((a, b) => a.key - b.key) // stable: ties stay in order of tensors and positions
  const chosen = new Map<Grid, Set<number>>()
  let threshold = bin * (1 << 16)
  for (const { grid, block, key } of candidates) {
    const size = grid.size(block)
    if (taken + size - k > k - taken) break // without it we are nearer
    taken += size
    if (key !== threshold) chosen.clear()
    threshold = key
    const own = chosen.get(grid) ?? new Set()
    chosen.set(grid, own.add(block))
  }
  return { threshold, within: { has: (grid, block) => chosen.get(grid)?.has(block) ?? false } }
}
