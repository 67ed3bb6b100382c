/** A compared value, and where its error comes from. */
export interface Station {
  /** sum a^2 and sum (b - a)^2 */
  readonly signal: number
  readonly noise: number
  /** sum (l - a)^2 and sum (b - l)^2, where l is what B makes of the values of A; null when that could not be run. */
  readonly parts: { readonly local: number; readonly passed: number } | null
  /** The stations that it is computed from in B. */
  readonly from: readonly number[]
  /** Whether errors of its inputs add up as they are (Add, Concat), and not in proportion to the inputs (Mul, MatMul). */
  readonly additive: boolean
  readonly isOutput: boolean
}

/**
 * The share that each value has in causing the error of the outputs: the outputs' error is followed back through B.
 *
 * At a value v the error splits into what arises there and what came in,
 *
 *   lambda(v) = L / (L + P),   L = sum (l - a)^2,   P = sum (b - l)^2,
 *
 * with l what the nodes of B make of the values of A. Without l, from the noise-to-signal ratio n of v and of its inputs:
 *
 *   lambda(v) = max(0, 1 - max_u n(u) / n(v))
 *
 * With f(v) the part of the error that flows through v, 1 in all at the outputs,
 *
 *   share(v) = f(v) lambda(v),   f(u) = sum over readers v of f(v) (1 - lambda(v)) w(u, v)
 *
 * where w divides among the inputs of v by their noise (additive), else by their noise-to-signal ratio. Several outputs
 * share the 1 by n / (1 + n). Where no output has an error, it is followed back from the last values that have one.
 *
 * @param stations  in an order in which each comes after those that it is computed from
 * @returns         a share for each, >= 0, in all 1; all 0 when there is no error
 */
export function sharesOf(stations: readonly Station[]): Float64Array {
  const flow = startingFlow(stations)
  const shares = new Float64Array(stations.length)
  for (let i = stations.length - 1; i >= 0; i--) {
    const station = stations[i]
    const through = flow[i] ?? 0
    if (station === undefined || through === 0) continue
    const weights = station.from.map((u) => weightOf(stations[u], station.additive))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const local = total === 0 ? 1 : localPart(station, stations)
    shares[i] = through * local
    for (const [k, u] of station.from.entries()) {
      // The quotient first: a product of two tiny numbers would be 0.
      flow[u] = (flow[u] ?? 0) + (total === 0 ? 0 : through * (1 - local) * ((weights[k] ?? 0) / total))
    }
  }
  return shares
}

function startingFlow(stations: readonly Station[]): Float64Array {
  const flow = new Float64Array(stations.length)
  const sources = stations.map((station) => station.isOutput && station.noise > 0)
  if (!sources.includes(true)) {
    for (const [i, station] of stations.entries()) sources[i] = station.noise > 0
    for (const station of stations) if (station.noise > 0) for (const u of station.from) sources[u] = false
  }
  const weights = stations.map((station, i) => (sources[i] ? bounded(ratioOf(station)) : 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total > 0) for (const [i, weight] of weights.entries()) flow[i] = weight / total
  return flow
}

function localPart(station: Station, stations: readonly Station[]): number {
  const { parts } = station
  if (parts !== null) return parts.local + parts.passed === 0 ? 0 : parts.local / (parts.local + parts.passed)
  const own = ratioOf(station)
  const before = Math.max(0, ...station.from.map((u) => ratioOf(stations[u])))
  if (own === Infinity) return before === Infinity ? 0 : 1
  return own === 0 ? 0 : Math.max(0, 1 - before / own)
}

function weightOf(station: Station | undefined, additive: boolean): number {
  return additive ? (station?.noise ?? 0) : bounded(ratioOf(station))
}

/** Noise to signal; infinite where there should be nothing at all. */
function ratioOf(station: Station | undefined): number {
  if (station === undefined || station.noise === 0) return 0
  return station.signal === 0 ? Infinity : station.noise / station.signal
}

/** 0..1, so that one value without a signal does not hide all others. */
function bounded(ratio: number): number {
  return ratio === Infinity ? 1 : ratio / (1 + ratio)
}
