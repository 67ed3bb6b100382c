import { asNumbers } from '../../data/array/convert.js'
import type { NdArray } from '../../data/dataset.js'
import { elementCount } from '../../ir/type.js'

/** Elements as numbers; only two classes, so that the loops below stay fast. */
export type Numbers = Float32Array | Float64Array

/** A value in one batch, as model A and model B have it. */
export interface Observed {
  readonly a: Numbers
  readonly b: Numbers
  /** What B makes of the values of A; null when that is not known. */
  readonly local: Numbers | null
  readonly shape: readonly number[]
  /** Index of the first sample of the batch in the data, and how many were run. */
  readonly first: number
  readonly ran: number
}

export interface NonFinite {
  readonly model: 'a' | 'b' | 'both'
  readonly value: 'NaN' | 'Infinity' | '-Infinity'
  readonly sample: number
  /** Within the sample, flat. */
  readonly element: number
}

/** How a value of B differs from that of A, over all samples; NaN where nothing could be compared. */
export interface ValueDifference {
  readonly name: string
  readonly elements: number
  readonly maxError: number
  readonly meanError: number
  readonly maxMagnitude: number
  readonly sqnrDb: number
  readonly cosine: number
  readonly nonFinite: NonFinite | null
}

/**
 * What is counted. With a, b elements of A and B, and l what B makes of the values of A:
 *
 *   b - a = (b - l) + (l - a)     the error that came in with the inputs, and that which arises here
 */
export class Difference {
  elements = 0
  /** sum a^2, sum b^2, sum a b */
  signal = 0
  power = 0
  product = 0
  /** sum (b - a)^2, sum |b - a|, max |b - a|, max |a| */
  noise = 0
  absolute = 0
  largest = 0
  magnitude = 0
  /** sum (l - a)^2, sum (b - l)^2 */
  local = 0
  passed = 0
  /** The first of one model only, and the first NaN of both at the same place. */
  #differing: NonFinite | null = null
  #shared: NonFinite | null = null

  add(observed: Observed): void {
    const { a, b, local } = observed
    const [l, n] = [local ?? b, a.length]
    let [signal, power, product, noise, absolute, largest, magnitude, localNoise, passed] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
    for (let i = 0; i < n; i++) {
      const x = a[i] ?? 0
      const y = b[i] ?? 0
      const z = l[i] ?? 0
      const error = Math.abs(y - x)
      const size = Math.abs(x)
      signal += x * x
      power += y * y
      product += x * y
      noise += error * error
      absolute += error
      if (error > largest) largest = error
      if (size > magnitude) magnitude = size
      localNoise += (z - x) * (z - x)
      passed += (y - z) * (y - z)
    }
    // Any NaN or infinity shows in these sums, so that the loop need not look at every element.
    if (!Number.isFinite(signal + power + localNoise)) {
      this.#addOneByOne(observed)
      return
    }
    this.elements += n
    this.signal += signal
    this.power += power
    this.product += product
    this.noise += noise
    this.absolute += absolute
    this.largest = Math.max(this.largest, largest)
    this.magnitude = Math.max(this.magnitude, magnitude)
    this.local += localNoise
    this.passed += passed
  }

  /** Without the elements that are no finite number in one of the models. */
  #addOneByOne(observed: Observed): void {
    const { a, b, local } = observed
    const l = local ?? b
    for (let i = 0; i < a.length; i++) {
      const [x, y, z] = [a[i] ?? 0, b[i] ?? 0, l[i] ?? 0]
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        this.#note(x, y, i, observed)
        continue
      }
      if (!Number.isFinite(z)) continue
      const error = Math.abs(y - x)
      this.elements++
      this.signal += x * x
      this.power += y * y
      this.product += x * y
      this.noise += error * error
      this.absolute += error
      this.largest = Math.max(this.largest, error)
      this.magnitude = Math.max(this.magnitude, Math.abs(x))
      this.local += (z - x) * (z - x)
      this.passed += (y - z) * (y - z)
    }
  }

  /** Equal infinities (the mask of an attention, say) are no difference. */
  #note(x: number, y: number, i: number, observed: Observed): void {
    const same = Object.is(x, y)
    if (same ? this.#shared !== null || !Number.isNaN(x) : this.#differing !== null) return
    const inA = !Number.isFinite(x)
    const inB = !Number.isFinite(y)
    const found: NonFinite = {
      model: inA && inB ? 'both' : inA ? 'a' : 'b',
      value: nameOf(inB ? y : x),
      ...placeOf(i, observed),
    }
    if (same) this.#shared = found
    else this.#differing = found
  }

  get nonFinite(): NonFinite | null {
    return this.#differing ?? this.#shared
  }

  get sqnrDb(): number {
    return this.elements === 0 ? Number.NaN : decibels(this.signal, this.noise)
  }

  get localSqnrDb(): number {
    return this.elements === 0 ? Number.NaN : decibels(this.signal, this.local)
  }

  result(name: string): ValueDifference {
    const none = this.elements === 0
    return {
      name,
      elements: this.elements,
      maxError: none ? Number.NaN : this.largest,
      meanError: this.absolute / this.elements,
      maxMagnitude: none ? Number.NaN : this.magnitude,
      sqnrDb: this.sqnrDb,
      cosine: none ? Number.NaN : this.#cosine(),
      nonFinite: this.nonFinite,
    }
  }

  /** Two vectors that are zero throughout are alike (1); one beside another that is not has no direction (0). */
  #cosine(): number {
    const { signal, power } = this
    if (this.noise === 0) return 1
    if (signal === 0 || power === 0) return 0
    return Math.max(-1, Math.min(1, this.product / Math.sqrt(signal * power)))
  }
}

/** 10 log10(signal / noise): Infinity without noise, -Infinity for noise where nothing should be. */
export function decibels(signal: number, noise: number): number {
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise)
}

/** The elements of an array of any numeric type; what is beyond 2^53 is rounded. */
export function numbersOf(array: NdArray): Numbers {
  const { data } = array
  if (data instanceof Float32Array || data instanceof Float64Array) return data
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number)
  const numbers = asNumbers(array, 'A value').data
  return numbers instanceof Float32Array ? numbers : Float64Array.from(numbers)
}

function nameOf(value: number): NonFinite['value'] {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

/** Where the first axis is not the batch, the sample is only known of a batch of one. */
function placeOf(i: number, { shape, first, ran }: Observed): { readonly sample: number; readonly element: number } {
  if (shape[0] !== ran) return { sample: first, element: i }
  const width = Math.max(1, elementCount(shape.slice(1)))
  return { sample: first + Math.floor(i / width), element: i % width }
}
