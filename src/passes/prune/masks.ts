import { magnitudesOf, positionHash } from './keys.js'
import { kthSmallest } from './kth-smallest.js'
import { Mask } from './mask.js'
import type { Member } from './select.js'

/** A member whose axes matter: one slice along `out` makes one output; sums run along `in`. */
export interface AxisMember extends Member {
  readonly shape: readonly number[]
  readonly out: number
  readonly in: number
}

export interface PlannedMask {
  readonly member: AxisMember
  readonly mask: Mask
  readonly zerosBefore: number
  readonly zerosAfter: number
}

type Scores = Float32Array | Float64Array

/** What a weight is worth: its magnitude, or a lot; zero stays zero, so that zeros already there go first. */
export function scoresOf(member: Member, criterion: 'magnitude' | 'random', seed: number): Scores {
  const scores = magnitudesOf(member.tensor, member.name)
  if (criterion === 'random') {
    for (let i = 0; i < scores.length; i++) {
      if (scores[i] !== 0) scores[i] = 1 + (positionHash(seed, member.index, i) >>> 9) // 23 bits: exact in float32
    }
  }
  return scores
}

/** round(sparsity * n) of every output row, n its weights. */
export function maskRows(member: AxisMember, sparsity: number, scores: Scores): PlannedMask {
  const { rows, starts, offsets } = slices(member.shape, member.out)
  const k = Math.round(sparsity * offsets.length)
  return fill(member, scores, (drop) => {
    for (let r = 0; r < rows; r++) dropSmallest(scores, starts[r] as number, offsets, k, drop) // one start for each row
  })
}

/**
 * Of every m weights in a row along the input axis the n largest stay.
 *
 * @returns  and how many weights at the ends of rows were fewer than m, and stay
 */
export function maskNM(member: AxisMember, n: number, m: number, scores: Scores): PlannedMask & { ragged: number } {
  const { shape } = member
  const length = shape[member.in] ?? 1
  const stride = elements(shape.slice(member.in + 1))
  const outer = elements(shape.slice(0, member.in))
  const groups = Math.floor(length / m)
  const offsets = Float64Array.from({ length: m }, (_, i) => i * stride)
  const planned = fill(member, scores, (drop) => {
    for (let o = 0; o < outer; o++) {
      for (let g = 0; g < groups; g++) {
        for (let s = 0; s < stride; s++) dropSmallest(scores, (o * length + g * m) * stride + s, offsets, m - n, drop)
      }
    }
  })
  return { ...planned, ragged: outer * stride * (length - groups * m) }
}

/** Positions of a tensor by slices along one axis: where each slice starts, and the places in it relative to that. */
function slices(shape: readonly number[], axis: number): { rows: number; starts: Float64Array; offsets: Float64Array } {
  const rows = shape[axis] ?? 1
  const inner = elements(shape.slice(axis + 1))
  const outer = elements(shape.slice(0, axis))
  const offsets = new Float64Array(outer * inner)
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) offsets[o * inner + i] = o * rows * inner + i
  return { rows, starts: Float64Array.from({ length: rows }, (_, r) => r * inner), offsets }
}

function fill(member: AxisMember, scores: Scores, choose: (drop: (position: number) => void) => void): PlannedMask {
  const mask = new Mask(member.elements)
  let zerosBefore = 0
  for (const score of scores) if (score === 0) zerosBefore++
  let zerosAfter = zerosBefore
  choose((position) => {
    mask.set(position)
    if (scores[position] !== 0) zerosAfter++
  })
  return { member, mask, zerosBefore, zerosAfter }
}

let row = new Float64Array(0)

/** Drops the k smallest of the scores at `start + offsets`, ties by order. */
function dropSmallest(
  scores: Scores,
  start: number,
  offsets: Float64Array,
  k: number,
  drop: (position: number) => void,
): void {
  const n = offsets.length
  if (k <= 0) return
  if (row.length < n) row = new Float64Array(n)
  const values = row.subarray(0, n)
  for (let i = 0; i < n; i++) values[i] = scores[start + (offsets[i] as number)] as number // inside both arrays
  const threshold = kthSmallest(values, k)
  let smaller = 0
  for (let i = 0; i < n; i++) if ((scores[start + (offsets[i] as number)] as number) < threshold) smaller++
  let ties = k - smaller
  for (let i = 0; i < n; i++) {
    const position = start + (offsets[i] as number) // inside the array
    const score = scores[position] as number // inside the array
    if (score < threshold || (score === threshold && ties-- > 0)) drop(position)
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}
