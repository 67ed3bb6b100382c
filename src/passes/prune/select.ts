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
  /** The keys inside, when they were gathered. */
  keys: Keys
}

/** Pools up to here are gathered whole: sampling has nothing to save. */
const WHOLE = 1 << 22
/** More keys than these are not gathered; the bracket is divided by another pass instead. */
const MOST_GATHERED = 16 << 20
const BINS = 1 << 16

/**
 * Finds the `k` smallest weights of all members together: exactly k, ties by order of members and position.
 *
 * One streaming pass as a rule, whatever the size of the model: a sample says between which keys the k-th lies
 * almost surely; the pass counts what is below and gathers the few in between. When the sample was wrong, or
 * too many weights are equal, a histogram divides the range until it fits.
 *
 * @throws UnsupportedModelError for a key above `order.largest`
 */
export async function selectSmallest(
  members: readonly Member[],
  k: number,
  order: KeyOrder,
  onRead: (bytes: number) => void = () => {},
): Promise<Cut[]> {
  const selection = new Selection(members, order, onRead)
  const all = { low: 0, high: nextKey(order, order.largest) }
  let bracket = selection.elements <= WHOLE ? all : selection.sample(k)
  for (;;) {
    const tallies = await selection.pass(bracket)
    const below = sum(tallies, (t) => t.below)
    const inside = sum(tallies, (t) => t.inside)
    if (below >= k) bracket = { low: 0, high: bracket.low }
    else if (below + inside < k) bracket = { low: bracket.high, high: all.high }
    else if (sum(tallies, (t) => t.keys.length) < inside && !isSingle(order, bracket))
      bracket = await selection.divide(bracket, k - below)
    else return selection.cuts(tallies, bracket, k - below)
  }
}

class Selection {
  readonly elements: number
  readonly #members: readonly Member[]
  readonly #order: KeyOrder
  readonly #onRead: (bytes: number) => void

  constructor(members: readonly Member[], order: KeyOrder, onRead: (bytes: number) => void) {
    this.#members = members
    this.#order = order
    this.#onRead = onRead
    this.elements = sum(members, (m) => m.elements)
  }

  /** From short runs of weights, evenly spread over all members: where the k-th most likely is, with a margin. */
  sample(k: number): Bracket {
    const [runs, length, margin] = [4096, 32, 0.005]
    const step = this.elements / runs
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
  async pass(bracket: Bracket): Promise<Tally[]> {
    const single = isSingle(this.#order, bracket)
    const store = new KeyStore(this.#order, single ? 0 : MOST_GATHERED)
    const tallies: Tally[] = []
    for (const member of this.#members) {
      const from = store.length
      const tally: Tally = { below: 0, inside: 0, zeros: 0, keys: new Int32Array(0) }
      const scan = scanner(this.#order, member, bracket, tally, store)
      await this.#stream(member, scan)
      tallies.push(tally)
      tally.keys = store.view(from)
    }
    // The store may have moved while it grew.
    let from = 0
    for (const tally of tallies) {
      tally.keys = store.view(from, from + tally.keys.length)
      from += tally.keys.length
    }
    return tallies
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
  async cuts(tallies: readonly Tally[], bracket: Bracket, n: number): Promise<Cut[]> {
    const gathered = sum(tallies, (t) => t.keys.length) > 0
    const threshold = gathered ? kthSmallest(joined(this.#order, tallies), n) : bracket.low
    const smaller = tallies.map((t) => count(t.keys, (key) => key < threshold))
    const equal = tallies.map((t) => (gathered ? count(t.keys, (key) => key === threshold) : t.inside))
    let ties = n - sum(smaller, (x) => x)
    const cuts: Cut[] = []
    for (const [i, member] of this.#members.entries()) {
      const { below, zeros } = tallies[i] as Tally // one for each member, as are the counts
      const own = equal[i] as number
      const going = Math.min(own, ties)
      ties -= going
      const tieEnd =
        going === own ? Number.POSITIVE_INFINITY : going === 0 ? 0 : await this.#positionAfter(member, threshold, going)
      cuts.push({
        threshold,
        tieEnd,
        zerosBefore: zeros,
        zerosAfter: Math.max(zeros, below + (smaller[i] as number) + going),
      })
    }
    return cuts
  }

  /** The position behind the n-th weight whose key is `threshold`. */
  async #positionAfter(member: Member, threshold: number, n: number): Promise<number> {
    const read = this.#reader(member)
    let seen = 0
    let end = 0
    await this.#stream(member, (chunk, at) => {
      if (seen >= n) return
      const keys = read(chunk, at)
      for (let i = 0; i < keys.length && seen < n; i++) {
        if (keys[i] === threshold && ++seen === n) end = at / bytesPerWeight(member.dtype) + i + 1
      }
    })
    return end
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
  keys: Keys
  length = 0
  capacity: number
  readonly #most: number

  constructor(order: KeyOrder, most: number) {
    // Magnitudes of float64 have no narrower form to divide them by: they are all gathered.
    this.#most = order.wide ? Number.POSITIVE_INFINITY : most
    this.keys = order.wide ? new Float64Array(0) : new Int32Array(0)
    this.capacity = 0
  }

  /** Makes room for so many more, as far as the limit allows. */
  reserve(more: number): void {
    const wanted = Math.min(this.length + more, this.#most)
    if (wanted <= this.capacity) return
    this.capacity = Math.min(Math.max(wanted, this.capacity * 2), this.#most)
    const grown = this.keys instanceof Float64Array ? new Float64Array(this.capacity) : new Int32Array(this.capacity)
    grown.set(this.keys.subarray(0, this.length))
    this.keys = grown
  }

  append(keys: Int32Array): void {
    this.reserve(keys.length)
    const kept = keys.subarray(0, this.capacity - this.length)
    this.keys.set(kept, this.length)
    this.length += kept.length
  }

  push(key: number): void {
    if (this.length < this.capacity) this.keys[this.length++] = key
  }

  view(from: number, to = this.length): Keys {
    return this.keys.subarray(from, to)
  }
}

function joined(order: KeyOrder, tallies: readonly Tally[]): Keys {
  const n = sum(tallies, (t) => t.keys.length)
  const all = order.wide ? new Float64Array(n) : new Int32Array(n)
  let at = 0
  for (const { keys } of tallies) {
    all.set(keys, at)
    at += keys.length
  }
  return all
}

function nextKey(order: KeyOrder, key: number): number {
  return order.wide
    ? key === Number.MAX_VALUE
      ? Number.POSITIVE_INFINITY
      : key * (1 + Number.EPSILON) + Number.MIN_VALUE
    : key + 1
}

function isSingle(order: KeyOrder, { low, high }: Bracket): boolean {
  return !order.wide && high - low === 1
}

function count(keys: Keys, holds: (key: number) => boolean): number {
  let n = 0
  for (let i = 0; i < keys.length; i++) if (holds(keys[i] as number)) n++ // inside the array
  return n
}

function sum<T>(items: readonly T[], f: (item: T) => number): number {
  return items.reduce((n, item) => n + f(item), 0)
}
