/** Sign, exponent and 11 bits of the fraction of a float32: bins are at most 1/2048 of their values wide. */
export const BIN_SHIFT = 12
export const BINS = 1 << (32 - BIN_SHIFT)
/** Bins of one sign and exponent. */
const BINS_OF_EXPONENT = 1 << (23 - BIN_SHIFT)
const SIGN = BINS >>> 1
/** Points nearer than this to one another, in root mean squares of the weights, are one. */
const NEAR = 2 ** -10

/** How weights that are not zero are distributed, as a few thousand points. */
export interface Density {
  /** Ascending; each the mean of the weights that it stands for. */
  readonly values: Float64Array
  /** The importance of each. */
  readonly weights: Float64Array
  /** The importance of all zeros. */
  readonly zeroWeight: number
  /** Sum of h w^2. */
  readonly energy: number
  /** Sum of h (w - m)^2, for m the point that stands for w. */
  readonly scatter: number
}

/** What the loops over weights fill. */
export class Histogram {
  readonly weights = new Float64Array(BINS)
  /** Importance times value. */
  readonly sums = new Float64Array(BINS)
  /** By sign and exponent, whether there is any: what else need not be looked at. */
  readonly used = new Uint8Array(512)

  /** Empties it. @param energy  the sum of h w^2 */
  take(energy: number): Density {
    const values: number[] = []
    const weights: number[] = []
    let total = 0
    for (const bin of this.#ascending()) {
      const weight = this.weights[bin] as number // a bin
      if (weight === 0) continue
      values.push((this.sums[bin] as number) / weight)
      weights.push(weight)
      total += weight
    }
    const zeroWeight = this.#empty()
    return { ...merged(values, weights, NEAR * Math.sqrt(energy / total), energy), zeroWeight, energy }
  }

  /** All bins but those of the two zeros, by value. */
  *#ascending(): Iterable<number> {
    for (let e = 511; e >= 0; e--) {
      if (this.used[e < 256 ? 255 - e : e] === 0) continue
      const exponent = e < 256 ? 255 - e : e
      const first = exponent * BINS_OF_EXPONENT
      for (let i = 0; i < BINS_OF_EXPONENT; i++) {
        const bin = first + (exponent < 256 ? i : BINS_OF_EXPONENT - 1 - i)
        if (bin !== 0 && bin !== SIGN) yield bin
      }
    }
  }

  #empty(): number {
    const zeroWeight = (this.weights[0] as number) + (this.weights[SIGN] as number)
    for (const [exponent, used] of this.used.entries()) {
      if (used === 0) continue
      this.weights.fill(0, exponent * BINS_OF_EXPONENT, (exponent + 1) * BINS_OF_EXPONENT)
      this.sums.fill(0, exponent * BINS_OF_EXPONENT, (exponent + 1) * BINS_OF_EXPONENT)
    }
    this.used.fill(0)
    return zeroWeight
  }
}

/** Points near one another become their mean. */
function merged(values: readonly number[], weights: readonly number[], near: number, energy: number) {
  const means: number[] = []
  const masses: number[] = []
  let kept = 0
  let i = 0
  while (i < values.length) {
    const first = values[i] as number // in range
    let sum = 0
    let weight = 0
    do {
      sum += (weights[i] as number) * (values[i] as number)
      weight += weights[i] as number
      i++
    } while (i < values.length && (values[i] as number) - first <= near)
    const mean = sum / weight
    means.push(mean)
    masses.push(weight)
    kept += weight * mean * mean
  }
  return {
    values: Float64Array.from(means),
    weights: Float64Array.from(masses),
    scatter: Math.max(0, energy - kept),
  }
}

const idle: Histogram[] = []

/** Lends a histogram: they take 16 MB each, too much to make one for each of many small tensors. */
export async function withHistogram<T>(use: (histogram: Histogram) => Promise<T>): Promise<T> {
  const histogram = idle.pop() ?? new Histogram()
  const result = await use(histogram)
  idle.push(histogram) // not after an error: it is not empty then
  return result
}
