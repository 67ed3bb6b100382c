/** Of the times of one model, in milliseconds where it is a time. */
export interface TimeSummary {
  readonly runs: number
  readonly medianMs: number
  readonly p95Ms: number
  readonly minMs: number
  readonly meanMs: number
  /** Interquartile range by the median. */
  readonly spread: number
  /** Beyond 3 interquartile ranges above the third quartile. */
  readonly outliers: number
}

/** An estimate with its 95 % confidence interval; null where there is too little to tell. */
export interface Estimate {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
}

/** Tukey's outer fence, in interquartile ranges. @see Tukey 1977, Exploratory Data Analysis, 2D */
const FENCE = 3
const CONFIDENCE = 0.95
/** Neighbouring rounds share what disturbs them; of groups that long the next one knows little. */
const MOST_GROUPS = 30

/**
 * The point that a share `q` of the values lies below, between two of them by linear interpolation.
 *
 * @param sorted  in ascending order, not empty
 * @see Hyndman and Fan 1996, type 7
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)]
  const above = sorted[Math.ceil(at)]
  if (below === undefined || above === undefined) throw new RangeError('There is no quantile of nothing.')
  return below + (above - below) * (at - Math.floor(at))
}

export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5)
}

export function summarize(timesMs: readonly number[]): TimeSummary {
  const sorted = ascending(timesMs)
  const [q1, middle, q3] = [0.25, 0.5, 0.75].map((q) => quantile(sorted, q)) as [number, number, number]
  const fence = q3 + FENCE * (q3 - q1)
  return {
    runs: sorted.length,
    medianMs: middle,
    p95Ms: quantile(sorted, 0.95),
    minMs: quantile(sorted, 0),
    meanMs: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
    spread: middle === 0 ? 0 : (q3 - q1) / middle,
    outliers: sorted.filter((ms) => ms > fence).length,
  }
}

/**
 * How many times as long one model takes as another, from rounds in which both ran: the median over groups of
 * consecutive rounds of the median ratio in the group. What slows a whole round cancels out.
 *
 * @param roundsMs  what a run took in each round
 * @param firstMs   what a run of the other model took in the same rounds
 */
export function pairedRatio(roundsMs: readonly number[], firstMs: readonly number[]): Estimate {
  const ratios = roundsMs.map((ms, i) => ms / (firstMs[i] ?? Number.NaN))
  const groups = Math.min(MOST_GROUPS, ratios.length)
  const edge = (group: number) => Math.floor((group * ratios.length) / groups)
  const medians = Array.from({ length: groups }, (_, g) => median(ratios.slice(edge(g), edge(g + 1))))
  return medianEstimate(medians)
}

/**
 * The median with an interval between two of the values, whatever their distribution: between the j-th lowest and
 * the j-th highest it lies unless fewer than j values fall on one side of it, which is a matter of tossing coins.
 *
 * @param values  at most 1000: beyond that the chances are too small for a double
 * @returns       an interval of null for fewer than six values: even the whole range is then not 95 % sure
 * @see           David and Nagaraja 2003, Order Statistics, 7.1
 */
export function medianEstimate(values: readonly number[]): Estimate {
  const sorted = ascending(values)
  const value = quantile(sorted, 0.5)
  const rank = intervalRank(sorted.length)
  if (rank === 0) return { value, low: null, high: null }
  return { value, low: sorted[rank - 1] ?? null, high: sorted[sorted.length - rank] ?? null }
}

/** The greatest j with P(fewer than j of n coins show heads) of at most 2.5 %; 0 when there is none. */
function intervalRank(n: number): number {
  let probability = 2 ** -n // of exactly j heads
  let below = 0
  let j = 0
  while (below + probability <= (1 - CONFIDENCE) / 2 && j < n / 2) {
    below += probability
    probability *= (n - j) / (j + 1)
    j++
  }
  return j
}

/** How many times as long a run took in the second half as in the first; null for too few runs. */
export function drift(timesMs: readonly number[]): number | null {
  if (timesMs.length < 20) return null
  const middle = timesMs.length >> 1
  return median(timesMs.slice(middle)) / median(timesMs.slice(0, middle))
}

/** At most `most` of the values, evenly spaced, in their order. */
export function thinned(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values
  return Array.from({ length: most }, (_, i) => values[Math.floor((i * values.length) / most)] ?? 0)
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort()
}
