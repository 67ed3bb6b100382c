import type { MatrixProduct } from '../../runtime/matrix-product.js'
import { type Compensated, type Setting, setColumns } from '../hessian/compensate.js'
import { kthSmallest } from './kth-smallest.js'

/** A weight matrix while it is pruned. */
export interface Pruned extends Compensated {
  /** 1 for weights that go, [rows, columns]: at first those that are zero or must go first, in the end all. */
  readonly gone: Uint8Array
}

/** w^2 / [H^-1]_cc of the weight at a position in W: what its going costs the output. */
type Score = (position: number, column: number) => number

/** Says which weights go, block by block from the left, as the weights are when their block is reached. */
export interface Choice {
  /** Columns that must not be divided: [first, end) each. None where any column may start a block. */
  readonly groups: readonly (readonly [first: number, end: number])[]
  /**
   * Marks more weights of the columns `from` to `to` in `gone`.
   */
  block(matrix: Pruned, from: number, to: number, score: Score): void
  /** The same for one group of one row, when the columns before it are done; never called without groups. */
  group?(matrix: Pruned, row: number, group: readonly [number, number], score: Score): void
}

/**
 * SparseGPT: weights that go are removed one column after the other, and in each row the columns to the right make up
 * for it as well as they can (`setColumns`), so that the outputs over the calibration data change least.
 *
 * @see Frantar and Alistarh 2023, arXiv:2301.00774, algorithm 1
 */
export async function sparsegpt(
  matrix: Pruned,
  choice: Choice,
  options: { readonly blockSize: number; readonly product: MatrixProduct; readonly onBlock?: (done: number) => void },
): Promise<void> {
  const { columns } = matrix
  const score = scorer(matrix)
  const setting = removal(matrix, choice, score)
  for (const [from, to] of blocksOf(columns, options.blockSize, choice.groups)) {
    choice.block(matrix, from, to, score)
    await setColumns(matrix, from, to, setting, options.product)
    options.onBlock?.(to / columns)
  }
}

function scorer({ weights, columns, factor }: Pruned): Score {
  const diagonal = Float64Array.from({ length: columns }, (_, c) => (factor[c * columns + c] as number) ** 2) // inside
  return (position, column) => (weights[position] as number) ** 2 / (diagonal[column] as number) // inside both arrays
}

/** Blocks of about `size` columns whose ends divide no group. */
export function blocksOf(
  columns: number,
  size: number,
  groups: readonly (readonly [number, number])[],
): [from: number, to: number][] {
  const blocks: [number, number][] = []
  let group = 0
  for (let from = 0; from < columns; ) {
    let to = Math.min(columns, from + size)
    while ((groups[group]?.[1] ?? columns) < to) group++
    const [first = to, end = to] = groups[group] ?? []
    if (first < to && to < end) to = first > from ? first : end
    blocks.push([from, to])
    from = to
  }
  return blocks
}

/** Zero for weights that go; groups are chosen when a row reaches them. */
function removal(matrix: Pruned, choice: Choice, score: Score): Setting {
  const { gone } = matrix
  const starts = new Map(choice.groups.map((group) => [group[0], group]))
  return (weight, position, row, column) => {
    const group = starts.get(column)
    if (group !== undefined) choice.group?.(matrix, row, group, score)
    return gone[position] === 0 ? weight : 0
  }
}

/**
 * A share of a whole matrix or of several: of every block its part of what still has to go, counted so that the parts
 * add up to exactly k in the end. Zeros and what was marked before count among the k; rounding is carried on from
 * block to block.
 *
 * @param live  weights of all matrices that are not marked yet
 * @param more  how many of them go: at most `live`
 */
export function chooseByLayer(live: number, more: number): Choice {
  let [seen, given] = [0, 0]
  return {
    groups: [],
    block: (matrix, from, to, score) => {
      const scores: number[] = []
      eachLive(matrix, 0, matrix.rows, from, to, (position, column) => scores.push(score(position, column)))
      seen += scores.length
      const quota = live === 0 ? 0 : Math.round((more * seen) / live) - given
      given += quota
      mark(matrix, 0, matrix.rows, from, to, score, Float64Array.from(scores), quota)
    },
  }
}

/** The same share of every row: round(sparsity * columns), zeros and marked ones among them. */
export function chooseByRow({ rows, columns, gone }: Omit<Pruned, 'factor'>, sparsity: number): Choice {
  const states = Array.from({ length: rows }, (_, row) => {
    let marked = 0
    for (let c = 0; c < columns; c++) marked += gone[row * columns + c] as number // inside the array
    return { live: columns - marked, more: Math.max(0, Math.round(sparsity * columns) - marked), seen: 0, given: 0 }
  })
  return {
    groups: [],
    block: (matrix, from, to, score) => {
      for (const [row, state] of states.entries()) {
        const scores: number[] = []
        eachLive(matrix, row, row + 1, from, to, (position, column) => scores.push(score(position, column)))
        state.seen += scores.length
        const quota = state.live === 0 ? 0 : Math.round((state.more * state.seen) / state.live) - state.given
        state.given += quota
        mark(matrix, row, row + 1, from, to, score, Float64Array.from(scores), quota)
      }
    },
  }
}

/**
 * Of every group of m columns in a row n stay: those whose going would cost most when the columns before are done.
 *
 * @param dead  columns whose inputs are always zero: their weights go first
 */
export function chooseNM(groups: Choice['groups'], n: number, dead: Uint8Array): Choice {
  return {
    groups,
    block: () => {},
    group: ({ columns, gone }, row, [first, end], score) => {
      const start = row * columns
      const rank = (c: number) => (gone[start + c] === 1 ? -2 : dead[c] === 1 ? -1 : score(start + c, c))
      const ranks = new Float64Array(end - first)
      for (let i = 0; i < ranks.length; i++) ranks[i] = rank(first + i)
      const { threshold, ties } = smallest(ranks, end - first - n)
      let left = ties
      for (let c = first; c < end; c++) {
        const own = rank(c)
        if (own < threshold || (own === threshold && left-- > 0)) gone[start + c] = 1
      }
    },
  }
}

/** Which of the values are the k smallest: those below the threshold, and so many that equal it. Reorders the values. */
function smallest(values: Float64Array, k: number): { threshold: number; ties: number } {
  const threshold = kthSmallest(values, k)
  let ties = 0
  for (let i = 0; i < k; i++) if (values[i] === threshold) ties++ // the smallest stand first
  return { threshold, ties }
}

function eachLive(
  { columns, gone }: Pruned,
  firstRow: number,
  endRow: number,
  from: number,
  to: number,
  visit: (position: number, column: number) => void,
): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let c = from; c < to; c++) if (gone[row * columns + c] === 0) visit(row * columns + c, c)
  }
}

/** Marks the `quota` smallest of the live weights, ties by position. @param scores  theirs; put into another order */
function mark(
  matrix: Pruned,
  firstRow: number,
  endRow: number,
  from: number,
  to: number,
  score: Score,
  scores: Float64Array,
  quota: number,
): void {
  if (quota === 0) return
  const { threshold, ties } = smallest(scores, quota)
  let left = ties
  eachLive(matrix, firstRow, endRow, from, to, (position, column) => {
    const own = score(position, column)
    if (own < threshold || (own === threshold && left-- > 0)) matrix.gone[position] = 1
  })
}
