import { unhurried } from '../unhurried.js'
import { bytesPerWeight, magnitudeOrder, refuseNonFinite, type WeightDType } from './keys.js'
import type { Member } from './select.js'

const BINS = 1 << 16

/** The squared magnitudes of one layer by bins of magnitude, ascending. */
interface Profile {
  /** Weights below each bin, and their squares' sum; one entry more than bins. */
  readonly count: Float64Array
  readonly squares: Float64Array
  readonly readBin: () => (chunk: Uint8Array) => { bins: Uint32Array; squares: Float64Array }
}

/**
 * How many of `k` weights each layer gives up under LAMP (layer-adaptive magnitude pruning): the k smallest of
 *
 *   score(u) = w_u^2 / sum of w_v^2 over all v of the layer with |w_v| >= |w_u|
 *
 * over all layers together. Within a layer scores rise with magnitude, so the shares say everything.
 *
 * The scores are never held: histograms bound them from both sides, and only the weights of the few bins around
 * the threshold are looked at one by one.
 *
 * @returns  a count for each member, together k
 * @see      Lee et al. 2021, arXiv:2010.07611, eq. 4
 */
export async function lampShares(members: readonly Member[], k: number): Promise<number[]> {
  const profiles: Profile[] = []
  for (const member of members) profiles.push(await profile(member))
  const { low, high } = bracket(profiles, k)
  const certain = profiles.map((p) => lastBin(p, (bin) => upperBound(p, bin) < low))
  const possible = profiles.map((p) => lastBin(p, (bin) => lowerBound(p, bin) <= high))
  const shares = profiles.map((p, m) => p.count[certain[m] as number] as number) // a bin for each member
  const undecided: { score: number; member: number }[] = []
  for (const [m, member] of members.entries()) {
    const p = profiles[m] as Profile // one for each member
    for (const score of await scoresBetween(member, p, certain[m] as number, possible[m] as number))
      undecided.push({ score, member: m })
  }
  undecided.sort((a, b) => a.score - b.score || a.member - b.member)
  const missing = k - shares.reduce((a, b) => a + b, 0)
  for (const { member } of undecided.slice(0, missing)) shares[member] = (shares[member] as number) + 1 // one for each member
  return shares
}

async function profile(member: Member): Promise<Profile> {
  const readBin = () => binReader(member.dtype)
  const count = new Float64Array(BINS + 1)
  const squares = new Float64Array(BINS + 1)
  const read = readBin()
  for await (const chunk of unhurried(member.tensor)) {
    const { bins, squares: values } = read(chunk)
    for (let i = 0; i < bins.length; i++) {
      const bin = (bins[i] as number) + 1 // inside the arrays, as are the next
      count[bin] = (count[bin] as number) + 1
      squares[bin] = (squares[bin] as number) + (values[i] as number)
    }
  }
  if (!squares.every(Number.isFinite)) refuseNonFinite(member.name)
  for (let bin = 1; bin <= BINS; bin++) {
    count[bin] = (count[bin] as number) + (count[bin - 1] as number) // inside the arrays
    squares[bin] = (squares[bin] as number) + (squares[bin - 1] as number)
  }
  return { count, squares, readBin }
}

/** Magnitudes of any format fall into the bins of their float32 neighbours; float64 loses no order between bins. */
function binReader(dtype: WeightDType): (chunk: Uint8Array) => { bins: Uint32Array; squares: Float64Array } {
  let bins = new Uint32Array(0)
  let squares = new Float64Array(0)
  const rounded = new Float32Array(1)
  const bits = new Uint32Array(rounded.buffer)
  const keys = dtype === 'float64' ? null : magnitudeOrder.reader(dtype, 0)
  return (chunk) => {
    const n = chunk.byteLength / bytesPerWeight(dtype)
    if (bins.length < n) {
      bins = new Uint32Array(n)
      squares = new Float64Array(n)
    }
    const narrow = keys?.(chunk, 0)
    const wide = narrow ? null : new Float64Array(chunk.buffer, chunk.byteOffset, n)
    for (let i = 0; i < n; i++) {
      if (narrow)
        bits[0] = narrow[i] as number // inside the array
      else rounded[0] = Math.abs(wide?.[i] as number) // inside the array
      const value = narrow ? (rounded[0] as number) : (wide?.[i] as number) // set just above
      bins[i] = (bits[0] as number) >>> 15
      squares[i] = value * value
    }
    return { bins: bins.subarray(0, n), squares: squares.subarray(0, n) }
  }
}

const edge = (() => {
  const value = new Float32Array(1)
  const bits = new Uint32Array(value.buffer)
  return (bin: number): number => {
    bits[0] = bin << 15
    return value[0] as number // one element
  }
})()

/** No score of a weight in this bin is smaller ... */
function lowerBound(p: Profile, bin: number): number {
  const rest = (p.squares[BINS] as number) - (p.squares[bin] as number) // inside the array
  const least = edge(bin) ** 2 * (1 - 1e-6) // float64 weights may round up into a bin
  return rest > 0 ? least / rest : least > 0 ? 1 : 0
}

/** ... or larger: a score is at most 1, the one of the largest weight. */
function upperBound(p: Profile, bin: number): number {
  const rest = (p.squares[BINS] as number) - (p.squares[bin + 1] as number) // inside the array
  const most = edge(bin + 1) ** 2 * (1 + 1e-6)
  return rest > 0 ? Math.min(1, most / (rest + most)) : 1
}

/** The first bin for which the condition, true up to some bin and false from there on, is false. */
function lastBin(p: Profile, holds: (bin: number) => boolean): number {
  let [from, to] = [0, p.count.length - 1]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(middle)) from = middle + 1
    else to = middle
  }
  return from
}

/** Thresholds between which the k-th smallest score lies: fewer than k are surely below the one, k surely below the other. */
function bracket(profiles: readonly Profile[], k: number): { low: number; high: number } {
  const surely = (t: number, bound: (p: Profile, bin: number) => number) =>
    profiles.reduce((n, p) => n + (p.count[lastBin(p, (bin) => bound(p, bin) <= t)] as number), 0) // inside the array
  const smallest = (enough: (t: number) => boolean) => {
    let [from, to] = [-400, 1] // exponents of two: scores lie in 0..1
    for (let i = 0; i < 80; i++) {
      const middle = (from + to) / 2
      if (enough(2 ** middle)) to = middle
      else from = middle
    }
    return { below: 2 ** from, at: 2 ** to }
  }
  return {
    low: smallest((t) => surely(t, lowerBound) >= k).below,
    high: smallest((t) => surely(t, upperBound) >= k).at,
  }
}

async function scoresBetween(member: Member, p: Profile, from: number, to: number): Promise<Float64Array> {
  const n = (p.count[to] as number) - (p.count[from] as number) // inside the array
  const gathered = new Float64Array(Math.max(0, n))
  if (n <= 0) return gathered
  const read = p.readBin()
  let filled = 0
  for await (const chunk of unhurried(member.tensor)) {
    const { bins, squares } = read(chunk)
    for (let i = 0; i < bins.length; i++) {
      const bin = bins[i] as number // inside the array
      if (bin >= from && bin < to) gathered[filled++] = squares[i] as number // inside the array
    }
  }
  gathered.sort()
  let rest = (p.squares[BINS] as number) - (p.squares[from] as number) // inside the array
  for (let i = 0; i < n; i++) {
    const square = gathered[i] as number // inside the array
    // The subtraction may run out of digits at the largest weights: a score is never above 1.
    gathered[i] = square === 0 ? 0 : Math.min(1, square / Math.max(rest, square))
    rest -= square
  }
  return gathered
}
