import { unhurried } from '../unhurried.js'
import { float64Of, type Keys, LARGEST_FLOAT32_BITS, magnitudeOrder, refuseNonFinite } from './keys.js'
import { kthSmallest } from './kth-smallest.js'
import type { Member } from './select.js'

/** Bins of magnitude by the upper bits of a float32: 256 between a power of two and the next. */
const BIN_SHIFT = 15
const BINS = 1 << (31 - BIN_SHIFT)

/** The weights of one layer by bins of magnitude. Bins without any are left out. */
interface Profile {
  readonly member: Member
  readonly read: MagnitudeReader
  /** Weights whose square is 0: their score is 0. They are in no bin. */
  readonly zeros: number
  /** Which bins have any weights, ascending [E]. */
  readonly bins: Uint16Array
  /** Weights in all the bins before each, and behind the last one [E + 1]. */
  readonly before: Float64Array
  /** Sum of the squares in each bin and in those behind it [E + 1]. */
  readonly squares: Float64Array
}

/**
 * How many of `k` weights each layer gives up under LAMP (layer-adaptive magnitude pruning). With the weights of a
 * layer in ascending order of magnitude,
 *
 *   score(u) = w_u^2 / sum of w_v^2 over v = u and all v behind it
 *
 * and the k smallest scores of all layers together go. Within a layer scores rise with magnitude, so the counts say
 * everything.
 *
 * The scores are never held: histograms bound them from both sides, and only the weights of the few bins around
 * the threshold are looked at one by one.
 *
 * @param k  from 0 to the number of weights
 * @returns  a count for each member, together k; of equal scores those of the first members go
 * @see      Lee et al. 2021, arXiv:2010.07611, eq. 4
 */
export async function lampShares(
  members: readonly Member[],
  k: number,
  onRead: (bytes: number) => void = () => {},
): Promise<number[]> {
  const profiles: Profile[] = []
  for (const member of members) profiles.push(await profile(member, onRead))
  const zeros = profiles.map((p) => p.zeros)
  const missing = k - total(zeros)
  if (missing <= 0) return shareOut(zeros, k)
  const { low, high } = bracket(profiles, missing)
  const shares: number[] = []
  const undecided: Float64Array[] = []
  for (const p of profiles) {
    const certain = firstEntry(p, (entry) => upperBound(p, entry) >= low)
    const possible = firstEntry(p, (entry) => lowerBound(p, entry) > high)
    shares.push(p.zeros + countBefore(p, certain))
    undecided.push(await scoresBetween(p, certain, possible, onRead))
  }
  const more = smallest(undecided, k - total(shares))
  return shares.map((share, i) => share + (more[i] as number)) // one for each layer
}

async function profile(member: Member, onRead: (bytes: number) => void): Promise<Profile> {
  const read = magnitudeReader(member, await scaleOf(member, onRead))
  const counts = new Float64Array(BINS)
  const sums = new Float64Array(BINS)
  let zeros = 0
  for await (const chunk of unhurried(member.tensor)) {
    const { bits, values } = read(chunk)
    for (let i = 0; i < bits.length; i++) {
      const key = bits[i] as number // inside the array, as are the next
      if (key > LARGEST_FLOAT32_BITS) refuseNonFinite(member.name)
      const square = (values[i] as number) ** 2
      if (square === 0) {
        zeros++
        continue
      }
      const bin = key >>> BIN_SHIFT
      counts[bin] = (counts[bin] as number) + 1
      sums[bin] = (sums[bin] as number) + square
    }
    onRead(chunk.byteLength)
  }
  return { member, read, zeros, ...cumulated(counts, sums) }
}

/** Squares are added from the largest on, so that small sums keep their digits. */
function cumulated(counts: Float64Array, sums: Float64Array): Pick<Profile, 'bins' | 'before' | 'squares'> {
  const used: number[] = []
  for (let bin = 0; bin < BINS; bin++) if (counts[bin] !== 0) used.push(bin)
  const bins = Uint16Array.from(used)
  const before = new Float64Array(bins.length + 1)
  const squares = new Float64Array(bins.length + 1)
  for (const [entry, bin] of bins.entries()) before[entry + 1] = (before[entry] as number) + (counts[bin] as number) // inside the arrays
  for (let entry = bins.length - 1; entry >= 0; entry--) {
    squares[entry] = (squares[entry + 1] as number) + (sums[bins[entry] as number] as number) // inside the arrays
  }
  return { bins, before, squares }
}

/** Magnitudes of a chunk [n], and the bits of the same as float32 [n], for bins. Valid until the next call. */
type MagnitudeReader = (chunk: Uint8Array) => { bits: Keys; values: Float32Array | Float64Array }

function magnitudeReader({ dtype, index }: Member, scale: number): MagnitudeReader {
  if (dtype !== 'float64') {
    const read = magnitudeOrder.reader(dtype, index)
    return (chunk) => {
      const bits = read(chunk, 0)
      return { bits, values: new Float32Array(bits.buffer, bits.byteOffset, bits.length) }
    }
  }
  return (chunk) => {
    const values = float64Of(chunk).slice()
    for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i] as number) * scale // inside the array
    return { bits: new Int32Array(new Float32Array(values).buffer), values }
  }
}

/**
 * A power of two that brings the largest weight near 1, for float64 alone: squares of other formats neither overflow
 * nor vanish in double precision. Scores do not depend on the scale of a layer.
 *
 * @throws UnsupportedModelError for NaN and Inf
 */
async function scaleOf({ name, tensor, dtype }: Member, onRead: (bytes: number) => void): Promise<number> {
  if (dtype !== 'float64') return 1
  let largest = 0
  for await (const chunk of unhurried(tensor)) {
    for (const w of float64Of(chunk)) {
      if (!Number.isFinite(w)) refuseNonFinite(name)
      largest = Math.max(largest, Math.abs(w))
    }
    onRead(chunk.byteLength)
  }
  return largest === 0 ? 1 : 2 ** Math.min(1023, -Math.floor(Math.log2(largest)))
}

const edgeValue = new Float32Array(1)
const edgeBits = new Uint32Array(edgeValue.buffer)

/** The square of the smallest magnitude in a bin. */
function edgeSquare(bin: number): number {
  edgeBits[0] = bin << BIN_SHIFT
  return (edgeValue[0] as number) ** 2 // one element
}

/** More than float64 weights move when they are rounded into a bin, and than sums of squares are wrong. */
const SLACK = 1e-6

/** No score of a weight in this bin is smaller ... */
function lowerBound({ bins, squares }: Profile, entry: number): number {
  const least = edgeSquare(bins[entry] as number) * (1 - SLACK) // inside the arrays
  return least / (squares[entry] as number)
}

/** ... or larger: a score is at most 1, the one of the largest weight. */
function upperBound({ bins, squares }: Profile, entry: number): number {
  const behind = squares[entry + 1] as number // inside the arrays
  if (behind === 0) return 1
  const most = edgeSquare((bins[entry] as number) + 1) * (1 + SLACK)
  return Math.min(1, most / (most + behind))
}

/** The first entry for which the condition holds; it holds for all behind that. */
function firstEntry(p: Profile, holds: (entry: number) => boolean): number {
  let [from, to] = [0, p.bins.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(middle)) to = middle
    else from = middle + 1
  }
  return from
}

function countBefore(p: Profile, entry: number): number {
  return p.before[entry] as number // one more than entries
}

/** Scores between which the k-th smallest above 0 lies. */
function bracket(profiles: readonly Profile[], k: number): { low: number; high: number } {
  const count = (bound: typeof lowerBound, score: number) =>
    total(
      profiles.map((p) =>
        countBefore(
          p,
          firstEntry(p, (entry) => bound(p, entry) > score),
        ),
      ),
    )
  /** Bisects exponents of two; fewer than k bounds are up to the first result, at least k up to the second. */
  const around = (bound: typeof lowerBound): [number, number] => {
    let [from, to] = [-1080, 0]
    for (let i = 0; i < 64; i++) {
      const middle = (from + to) / 2
      if (count(bound, 2 ** middle) >= k) to = middle
      else from = middle
    }
    return [2 ** from, 2 ** to]
  }
  return { low: around(lowerBound)[0], high: around(upperBound)[1] }
}

/** The scores of the weights in the entries from `certain` to before `possible`, ascending. */
async function scoresBetween(
  p: Profile,
  certain: number,
  possible: number,
  onRead: (bytes: number) => void,
): Promise<Float64Array> {
  const scores = new Float64Array(Math.max(0, countBefore(p, possible) - countBefore(p, certain)))
  if (scores.length === 0) return scores
  const [first, last] = [p.bins[certain] as number, p.bins[possible - 1] as number] // there are weights between
  let filled = 0
  for await (const chunk of unhurried(p.member.tensor)) {
    const { bits, values } = p.read(chunk)
    for (let i = 0; i < bits.length; i++) {
      const bin = (bits[i] as number) >>> BIN_SHIFT // inside the array, as are the next
      if (bin < first || bin > last) continue
      const square = (values[i] as number) ** 2
      if (square > 0) scores[filled++] = square
    }
    onRead(chunk.byteLength)
  }
  scores.sort()
  let behind = p.squares[possible] as number // one more than entries
  for (let i = scores.length - 1; i >= 0; i--) {
    const square = scores[i] as number // inside the array
    behind += square
    scores[i] = square / behind
  }
  return scores
}

/** How many of each list are among the `k` smallest of all. */
function smallest(lists: readonly Float64Array[], k: number): number[] {
  if (k === 0) return lists.map(() => 0)
  const all = new Float64Array(total(lists.map((list) => list.length)))
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  const threshold = kthSmallest(all, k)
  const smaller = lists.map((list) => list.findLastIndex((score) => score < threshold) + 1)
  const equal = lists.map((list, i) => list.findLastIndex((score) => score <= threshold) + 1 - (smaller[i] as number)) // one for each list
  const ties = shareOut(equal, k - total(smaller))
  return smaller.map((n, i) => n + (ties[i] as number)) // one for each list
}

/** Takes `n` in all, from the first on. */
function shareOut(counts: readonly number[], n: number): number[] {
  let left = n
  return counts.map((count) => {
    const taken = Math.min(count, left)
    left -= taken
    return taken
  })
}

function total(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0)
}
