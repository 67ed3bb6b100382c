import { elementCount } from '../../ir/type.js'
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

export type Scores = Float32Array | Float64Array

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

/**
 * round(sparsity * n) of every output row, n its weights. What a tensor holds besides (kernel places, and the
 * directions of an LSTM, the matrices of a stack) belongs to the rows.
 */
export function maskRows(member: AxisMember, sparsity: number, scores: Scores): PlannedMask {
  const { rows, outer, inner } = around(member.shape, member.out)
  const k = Math.round(sparsity * outer * inner)
  const masking = new Masking(member, scores, outer * inner)
  const places = { count: outer, stride: rows * inner, length: inner }
  for (let row = 0; row < rows; row++) masking.dropSmallest(row * inner, places, k)
  return masking.planned()
}

/** round(sparsity * n) of the n weights of a layer. */
export function maskLayer(member: AxisMember, sparsity: number, scores: Scores): PlannedMask {
  const masking = new Masking(member, scores, scores.length)
  masking.dropSmallest(0, { count: 1, stride: 0, length: scores.length }, Math.round(sparsity * scores.length))
  return masking.planned()
}

/**
 * Of every m weights in a row along the input axis the n largest stay.
 *
 * @returns  and how many weights at the ends of rows were fewer than m, and stay
 */
export function maskNM(member: AxisMember, n: number, m: number, scores: Scores): PlannedMask & { ragged: number } {
  const { rows: length, outer, inner } = around(member.shape, member.in)
  const whole = length - (length % m)
  const masking = new Masking(member, scores, m)
  const places = { count: m, stride: inner, length: 1 }
  for (let o = 0; o < outer; o++) {
    for (let first = 0; first < whole; first += m) {
      const start = (o * length + first) * inner
      for (let i = 0; i < inner; i++) masking.dropSmallest(start + i, places, m - n)
    }
  }
  return { ...masking.planned(), ragged: outer * inner * (length - whole) }
}

/** A tensor seen as [outer, rows, inner], the rows being those of one axis. */
function around(shape: readonly number[], axis: number): { outer: number; rows: number; inner: number } {
  return {
    outer: elementCount(shape.slice(0, axis)),
    rows: shape[axis] ?? 1,
    inner: elementCount(shape.slice(axis + 1)),
  }
}

/** Weights that compete with one another: `count` runs of `length` neighbours, their starts `stride` apart. */
interface Places {
  readonly count: number
  readonly stride: number
  readonly length: number
}

/** A mask while it is made. */
class Masking {
  readonly #member: AxisMember
  readonly #scores: Scores
  readonly #mask: Mask
  /** The scores of one set of competitors, in any order. */
  readonly #rivals: Scores
  readonly #zerosBefore: number
  #dropped = 0

  constructor(member: AxisMember, scores: Scores, rivals: number) {
    this.#member = member
    this.#scores = scores
    this.#mask = new Mask(member.elements)
    this.#rivals = scores instanceof Float64Array ? new Float64Array(rivals) : new Float32Array(rivals)
    this.#zerosBefore = countZeros(scores)
  }

  /** Drops the k smallest of the weights at the places counted from `start`, ties by position. */
  dropSmallest(start: number, places: Places, k: number): void {
    if (k === 0) return
    const { count, stride, length } = places
    const [scores, rivals] = [this.#scores, this.#rivals]
    let n = 0
    for (let run = 0, at = start; run < count; run++, at += stride) {
      for (let i = at; i < at + length; i++) rivals[n++] = scores[i] as number // inside both arrays
    }
    const threshold = kthSmallest(rivals, k)
    let ties = 0
    for (let i = 0; i < k; i++) if (rivals[i] === threshold) ties++ // the k smallest stand first
    for (let run = 0, at = start; run < count; run++, at += stride) {
      for (let i = at; i < at + length; i++) {
        const score = scores[i] as number // inside the array
        if (score > threshold || (score === threshold && --ties < 0)) continue
        this.#mask.set(i)
        if (score !== 0) this.#dropped++
      }
    }
  }

  planned(): PlannedMask {
    const zerosBefore = this.#zerosBefore
    return { member: this.#member, mask: this.#mask, zerosBefore, zerosAfter: zerosBefore + this.#dropped }
  }
}

export function countZeros(scores: Scores): number {
  let zeros = 0
  for (let i = 0; i < scores.length; i++) if (scores[i] === 0) zeros++
  return zeros
}
