/** Sign, exponent and 11 bits of the fraction of a float32: bins are at most 1/2048 of their values wide. */
export const BIN_SHIFT = 12
export const BINS = 1 << (32 - BIN_SHIFT)
/** Bins of one sign and exponent. */
const BINS_OF_EXPONENT = 1 << (23 - BIN_SHIFT)
/** Of one sign. */
const EXPONENTS = 256
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
  readonly used = new Uint8Array(2 * EXPONENTS)

  /** Empties it. @param energy  the sum of h w^2 */
  take(energy: number): Density {
    const points = this.#points()
    const zeroWeight = this.#empty()
    return { ...merged(points, energy), zeroWeight, energy }
  }

  /** The means of all bins but those of the two zeros, ascending. */
  #points(): Points {
    const exponents = [...this.used.keys()].filter((exponent) => this.used[exponent] === 1)
    const negative = exponents.filter((exponent) => exponent >= EXPONENTS).reverse()
    const positive = exponents.filter((exponent) => exponent < EXPONENTS)
    const values = new Float64Array(exponents.length * BINS_OF_EXPONENT)
    const weights = new Float64Array(values.length)
    let count = 0
    for (const exponent of [...negative, ...positive]) {
      const first = exponent * BINS_OF_EXPONENT
      for (let i = 0; i < BINS_OF_EXPONENT; i++) {
        const bin = first + (exponent < EXPONENTS ? i : BINS_OF_EXPONENT - 1 - i)
        const weight = this.weights[bin] as number // a bin
        if (weight === 0 || bin === 0 || bin === SIGN) continue
        values[count] = (this.sums[bin] as number) / weight
        weights[count++] = weight
      }
    }
    return { values: values.subarray(0, count), weights: weights.subarray(0, count) }
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

interface Points {
  readonly values: Float64Array
  readonly weights: Float64Array
}

/** Points near one another become their mean. */
function merged({ values, weights }: Points, energy: number): Points & { readonly scatter: number } {
  const near = NEAR * Math.sqrt(energy / weights.reduce((sum, w) => sum + w, 0))
  let count = 0
  let kept = 0
  let i = 0
  while (i < values.length) {
    const first = values[i] as number // in range, here and below
    let sum = 0
    let weight = 0
    do {
      sum += (weights[i] as number) * (values[i] as number)
      weight += weights[i] as number
      i++
    } while (i < values.length && (values[i] as number) - first <= near)
    const mean = sum / weight
    values[count] = mean // of points that are done with
    weights[count++] = weight
    kept += weight * mean * mean
  }
  return { values: values.slice(0, count), weights: weights.slice(0, count), scatter: Math.max(0, energy - kept) }
}

const idle: Histogram[] = []

/** Lends a histogram: they take 16 MB each, too much to make one for each of many small tensors. */
export async function withHistogram<T>(use: (histogram: Histogram) => Promise<T>): Promise<T> {
  const histogram = idle.pop() ?? new Histogram()
  const result = await use(histogram)
  idle.push(histogram) // not after an error: it is not empty then
  return result
}
