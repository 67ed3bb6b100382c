import type { Tensor } from '../../ir/tensor.js'
import { unhurried } from '../unhurried.js'
import { scanFloat32 } from './kernel.js'
import {
  bytesPerWeight,
  int32Of,
  type KeyOrder,
  type KeyReader,
  type Keys,
  magnitudeOrder,
  refuseNonFinite,
  type WeightDType,
} from './keys.js'
import { kthSmallest } from './kth-smallest.js'

/** A weight tensor that takes part in a selection. */
export interface Member {
  readonly name: string
  readonly tensor: Tensor
  /** Place among all weights of the model. */
  readonly index: number
  readonly dtype: WeightDType
  readonly elements: number
}

/** Which weights of one tensor go: those with a key below `threshold`, and those equal to it before `tieEnd`. */
export interface Cut {
  readonly threshold: number
  /** A position in the tensor; Infinity when all ties go. */
  readonly tieEnd: number
  /** How many weights are zero when the cut is made: those that go, or the zeros already there if they are more. */
  readonly zerosAfter: number
  readonly zerosBefore: number
}

/** Keys from `low` up to and without `high`. */
interface Bracket {
  readonly low: number
  readonly high: number
}

/** What one pass over a member found. */
interface Tally {
  below: number
  inside: number
  zeros: number
  /** How many of the keys inside were kept. */
  gathered: number
}

/** What one pass over all members found: a tally for each, and the keys that they gathered, in order. */
interface Survey {
  readonly tallies: readonly Tally[]
  readonly keys: Keys
}

/** Where one way of searching gives place to another. The result is the same whatever they are. */
export interface Limits {
  /** Pools of up to so many weights are gathered whole: sampling has little to save. */
  readonly whole: number
  /** More keys than these are not gathered; the bracket is divided by another pass instead. */
  readonly gathered: number
  /** Places in the pool that a sample looks at. */
  readonly samples: number
}

const LIMITS: Limits = { whole: 1 << 18, gathered: 16 << 20, samples: 1024 }
const BINS = 1 << 16

/**
 * Finds the `k` smallest weights of all members together: exactly k, ties by order of members and position.
 *
 * One streaming pass as a rule, whatever the size of the model: a sample says between which keys the k-th lies
 * almost surely; the pass counts what is below and gathers the few in between. When the sample was wrong, or
 * too many weights are equal, a histogram divides the range until it fits.
 *
 * @param k  from 0 to the number of weights
 * @throws UnsupportedModelError for a key above `order.largest`
 */
export async function selectSmallest(
  members: readonly Member[],
  k: number,
  order: KeyOrder,
  onRead: (bytes: number) => void = () => {},
  limits: Limits = LIMITS,
): Promise<Cut[]> {
  const selection = new Selection(members, order, onRead, limits)
  if (k === 0) return selection.noCuts()
  const all = { low: 0, high: nextKey(order, order.largest) }
  let bracket = selection.elements <= limits.whole ? all : selection.sample(k)
  for (;;) {
    const survey = await selection.pass(bracket)
    const below = sum(survey.tallies, (t) => t.below)
    const inside = sum(survey.tallies, (t) => t.inside)
    if (below >= k) bracket = { low: 0, high: bracket.low }
    else if (below + inside < k) bracket = { low: bracket.high, high: all.high }
    else if (survey.keys.length < inside && !isSingle(order, bracket))
      bracket = await selection.divide(bracket, k - below)
    else return selection.cuts(survey, bracket, k - below)
  }
}

class Selection {
  readonly elements: number
  readonly #members: readonly Member[]
  readonly #order: KeyOrder
  readonly #onRead: (bytes: number) => void
  readonly #limits: Limits

  constructor(members: readonly Member[], order: KeyOrder, onRead: (bytes: number) => void, limits: Limits) {
    this.#members = members
    this.#order = order
    this.#onRead = onRead
    this.#limits = limits
    this.elements = sum(members, (m) => m.elements)
  }

  /** From short runs of weights, evenly spread over all members: where the k-th most likely is, with a margin. */
  sample(k: number): Bracket {
    const [length, margin] = [128, 0.005]
    const step = this.elements / this.#limits.samples
    const sampled: number[] = []
    let start = 0
    let next = step / 2
    for (const member of this.#members) {
      const read = this.#reader(member)
      const width = bytesPerWeight(member.dtype)
      for (; next < start + member.elements; next += step) {
        const position = Math.max(0, Math.min(Math.floor(next - start), member.elements - length))
        const bytes = Math.min(length, member.elements - position) * width
        for (const key of read(member.tensor.readAt(position * width, bytes), position * width)) sampled.push(key)
      }
      start += member.elements
    }
    const sorted = Float64Array.from(sampled).sort()
    const at = (share: number) =>
      sorted[Math.max(0, Math.min(sorted.length - 1, Math.round(share * sorted.length)))] as number // clamped
    const share = k / this.elements
    const most = nextKey(this.#order, this.#order.largest)
    return {
      low: share <= margin ? 0 : Math.min(at(share - margin), most),
      high: share >= 1 - margin ? most : Math.min(nextKey(this.#order, at(share + margin)), most),
    }
  }

  /** Counts what lies below, and gathers what lies inside while that is not too much. */
  async pass(bracket: Bracket): Promise<Survey> {
    const store = new KeyStore(this.#order, isSingle(this.#order, bracket) ? 0 : this.#limits.gathered)
    const tallies: Tally[] = []
    for (const member of this.#members) {
      const tally: Tally = { below: 0, inside: 0, zeros: 0, gathered: 0 }
      const before = store.length
      await this.#stream(member, scanner(this.#order, member, bracket, tally, store))
      tally.gathered = store.length - before
      tallies.push(tally)
    }
    return { tallies, keys: store.all() }
  }

  /** The part of a bracket that holds its n-th key: one of 65,536, or a single key. */
  async divide(bracket: Bracket, n: number): Promise<Bracket> {
    const width = Math.max(1, Math.ceil((bracket.high - bracket.low) / BINS))
    const counts = new Float64Array(BINS)
    for (const member of this.#members) {
      const read = this.#reader(member)
      await this.#stream(member, (chunk, at) => {
        for (const key of read(chunk, at)) {
          if (key < bracket.low || key >= bracket.high) continue
          const bin = Math.floor((key - bracket.low) / width)
          counts[bin] = (counts[bin] as number) + 1 // inside the array by the width
        }
      })
    }
    let below = 0
    let bin = 0
    while (below + (counts[bin] as number) < n) below += counts[bin++] as number // n keys are in the bracket
    return { low: bracket.low + bin * width, high: Math.min(bracket.high, bracket.low + (bin + 1) * width) }
  }

  /** Shares the ties at the threshold out in order, and counts what goes of each member. */
  async cuts({ tallies, keys }: Survey, bracket: Bracket, n: number): Promise<Cut[]> {
    const gathered = keys.length > 0
    const threshold = gathered ? kthSmallest(keys.slice(), n) : bracket.low
    let from = 0
    const counts = tallies.map((t) => {
      const own = keys.subarray(from, from + t.gathered)
      from += t.gathered
      return gathered ? compared(own, threshold) : { smaller: 0, equal: t.inside }
    })
    let ties = n - sum(counts, (c) => c.smaller)
    const cuts: Cut[] = []
    for (const [i, member] of this.#members.entries()) {
      const { below, zeros } = tallies[i] as Tally // one for each member, as are the counts
      const { smaller, equal } = counts[i] as Counts
      const going = Math.min(equal, ties)
      ties -= going
      let tieEnd = going === equal ? Number.POSITIVE_INFINITY : 0
      if (going > 0 && going < equal) tieEnd = await this.#positionAfter(member, threshold, going)
      cuts.push({ threshold, tieEnd, zerosBefore: zeros, zerosAfter: Math.max(zeros, below + smaller + going) })
    }
    return cuts
  }

  /** Nothing goes. */
  async noCuts(): Promise<Cut[]> {
    const { tallies } = await this.pass({ low: 0, high: 0 })
    return tallies.map(({ zeros }) => ({ threshold: 0, tieEnd: 0, zerosBefore: zeros, zerosAfter: zeros }))
  }

  /** The position behind the n-th weight whose key is `threshold`. */
  async #positionAfter(member: Member, threshold: number, n: number): Promise<number> {
    const read = this.#reader(member)
    let seen = 0
    let at = 0
    for await (const chunk of unhurried(member.tensor)) {
      const keys = read(chunk, at)
      for (let i = 0; i < keys.length; i++) {
        if (keys[i] === threshold && ++seen === n) return at / bytesPerWeight(member.dtype) + i + 1
      }
      at += chunk.byteLength
    }
    throw new Error(`"${member.name}" changed while it was read.`)
  }

  #reader(member: Member): KeyReader {
    return this.#order.reader(member.dtype, member.index)
  }

  async #stream(member: Member, visit: (chunk: Uint8Array, at: number) => void): Promise<void> {
    let at = 0
    for await (const chunk of unhurried(member.tensor)) {
      visit(chunk, at)
      at += chunk.byteLength
      this.#onRead(chunk.byteLength)
    }
  }
}

type Scan = (chunk: Uint8Array, at: number) => void

function scanner(order: KeyOrder, member: Member, bracket: Bracket, tally: Tally, store: KeyStore): Scan {
  if (order === magnitudeOrder && member.dtype === 'float32') return float32Scanner(member, bracket, tally, store)
  const read = order.reader(member.dtype, member.index)
  return (chunk, at) => {
    const keys = read(chunk, at)
    store.reserve(keys.length)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number // inside the array
      if (!(key <= order.largest)) refuseNonFinite(member.name)
      if (key === 0) tally.zeros++
      if (key < bracket.low) tally.below++
      else if (key < bracket.high) {
        tally.inside++
        store.push(key)
      }
    }
  }
}

/** The same for the usual case. */
function float32Scanner(member: Member, { low, high }: Bracket, tally: Tally, store: KeyStore): Scan {
  return (chunk) =>
    scanFloat32(int32Of(chunk), low, high, ({ below, zeros, bad, inside }) => {
      if (bad) refuseNonFinite(member.name)
      tally.below += below
      tally.zeros += zeros
      tally.inside += inside.length
      store.append(inside)
    })
}

/** Keys of the bracket, growing up to a limit; what comes after that is not kept. */
class KeyStore {
  length = 0
  #keys: Keys
  readonly #most: number

  constructor(order: KeyOrder, most: number) {
    // Magnitudes of float64 have no narrower form to divide them by: unless they are equal, they are all gathered.
    this.#most = order.wide && most > 0 ? Number.POSITIVE_INFINITY : most
    this.#keys = order.wide ? new Float64Array(0) : new Int32Array(0)
  }

  /** Makes room for so many more, as far as the limit allows. */
  reserve(more: number): void {
    const wanted = Math.min(this.length + more, this.#most)
    const { length } = this.#keys
    if (wanted <= length) return
    const capacity = Math.min(Math.max(wanted, length * 2), this.#most)
    const grown = this.#keys instanceof Float64Array ? new Float64Array(capacity) : new Int32Array(capacity)
    grown.set(this.all())
    this.#keys = grown
  }

  append(keys: Int32Array): void {
    this.reserve(keys.length)
    const kept = keys.subarray(0, this.#keys.length - this.length)
    this.#keys.set(kept, this.length)
    this.length += kept.length
  }

  push(key: number): void {
    if (this.length < this.#keys.length) this.#keys[this.length++] = key
  }

  all(): Keys {
    return this.#keys.subarray(0, this.length)
  }
}

const next = new Float64Array(1)
const nextBits = new BigUint64Array(next.buffer)

/** The smallest key above this one. */
function nextKey(order: KeyOrder, key: number): number {
  if (!order.wide) return key + 1
  next[0] = key
  nextBits[0] = (nextBits[0] as bigint) + 1n // one element
  return next[0]
}

function isSingle(order: KeyOrder, { low, high }: Bracket): boolean {
  return nextKey(order, low) === high
}

interface Counts {
  readonly smaller: number
  readonly equal: number
}

function compared(keys: Keys, threshold: number): Counts {
  let [smaller, equal] = [0, 0]
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number // inside the array
    if (key < threshold) smaller++
    else if (key === threshold) equal++
  }
  return { smaller, equal }
}

function sum<T>(items: readonly T[], f: (item: T) => number): number {
  return items.reduce((n, item) => n + f(item), 0)
}
