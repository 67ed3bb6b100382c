import type { Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'
import { unhurried } from '../unhurried.js'
import { importanceReader } from './broadcast.js'
import { Casts } from './casts.js'
import { ChannelScan } from './channels.js'
import { Distinct } from './distinct.js'
import { type WeightDType, widened } from './half.js'
import { BIN_SHIFT, type Histogram, withHistogram } from './histogram.js'
import type { Importance } from './plan.js'
import { Spacing } from './spacing.js'
import type { Survey, SurveyOptions, WeightSurvey } from './survey.js'
import { wordsOf } from './words.js'

const SIGN = -0x80000000
const INFINITE = 0x7f800000

/** Surveys a tensor of floats: as float32, whose numbers are as many, in the same order, with the same zeros. */
export function surveyWeights(tensor: Tensor, dtype: WeightDType, options: SurveyOptions): Promise<Survey> {
  return withHistogram((histogram) => read(tensor, dtype, options, histogram))
}

async function read(tensor: Tensor, dtype: WeightDType, options: SurveyOptions, histogram: Histogram): Promise<Survey> {
  const { shape } = tensor
  const { byMagnitude = false, signal, onRead } = options
  const importance = usable(options.importance)
  const readImportance = importance && importanceReader(importance, shape)
  let h = new Float64Array(0)
  const distinct = new Distinct()
  const casts = new Casts(dtype)
  const channels = new ChannelScan(shape)
  const places = new Places(elementCount(shape))
  const sums = { energy: 0, largest: 0 }
  let at = 0
  for await (const chunk of unhurried(tensor)) {
    signal?.throwIfAborted()
    const own = wordsOf(chunk, dtype)
    const floats = widened(own, own.length, dtype)
    const words = new Int32Array(floats.buffer, floats.byteOffset, floats.length)
    distinct.add(own)
    casts.add(chunk)
    channels.add(words)
    places.add(words)
    if (readImportance) {
      if (h.length < words.length) h = new Float64Array(words.length)
      readImportance(at, words.length, h)
      addWeighted(words, floats, h, histogram, sums)
    } else addEven(words, floats, histogram, sums)
    at += words.length
    onRead?.(chunk.byteLength)
  }
  const density = histogram.take(sums.energy)
  const largest = floatOf(sums.largest)
  const found = distinct.words
  const weights: WeightSurvey | null =
    sums.largest >= INFINITE
      ? null
      : {
          dtype,
          spacing: places.byValue,
          hasZeros: places.byValue.present < at,
          hasNegativeZeros: places.byValue !== places.byBits,
          density,
          largest,
          channels: channels.maxima,
          importance,
          byMagnitude,
          palettes: new Map(),
        }
  return {
    dtype,
    shape,
    elements: at,
    repeated: found?.length === 1 ? (found[0] ?? null) : null,
    distinct: found,
    casts: casts.exact,
    spacing: places.byBits,
    weights,
  }
}

/** Importance that is zero everywhere says nothing. */
function usable(importance: Importance | null | undefined): Importance | null {
  return importance?.values.some((x) => x > 0) ? importance : null
}

/** Where elements are that are not zero, with -0 among them and without. */
class Places {
  readonly byBits: Spacing
  #byValue: Spacing | null = null
  #at = 0

  constructor(elements: number) {
    this.byBits = new Spacing(elements)
  }

  get byValue(): Spacing {
    return this.#byValue ?? this.byBits
  }

  add(words: Int32Array): void {
    const bits = this.byBits
    if (this.#byValue === null && words.includes(SIGN)) this.#byValue = bits.copy()
    const value = this.#byValue
    const first = this.#at
    this.#at += words.length
    if (value === null) {
      for (let i = 0; i < words.length; i++) if (words[i] !== 0) bits.add(first + i)
      return
    }
    for (let i = 0; i < words.length; i++) {
      const word = words[i]
      if (word === 0) continue
      bits.add(first + i)
      if (word !== SIGN) value.add(first + i)
    }
  }
}

interface Sums {
  /** Of h w^2. */
  energy: number
  /** Bits of the largest magnitude. */
  largest: number
}

function addEven(words: Int32Array, floats: Float32Array, histogram: Histogram, sums: Sums): void {
  const { weights, sums: binSums, used } = histogram
  let { energy, largest } = sums
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number // in range, here and below
    const x = floats[i] as number
    const bin = word >>> BIN_SHIFT
    weights[bin] = (weights[bin] as number) + 1
    binSums[bin] = (binSums[bin] as number) + x
    used[word >>> 23] = 1
    const magnitude = word & 0x7fffffff
    if (magnitude > largest) largest = magnitude
    energy += x * x
  }
  sums.energy = energy
  sums.largest = largest
}

function addWeighted(
  words: Int32Array,
  floats: Float32Array,
  importance: Float64Array,
  histogram: Histogram,
  sums: Sums,
): void {
  const { weights, sums: binSums, used } = histogram
  let { energy, largest } = sums
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number // in range, here and below
    const x = floats[i] as number
    const h = importance[i] as number
    const bin = word >>> BIN_SHIFT
    weights[bin] = (weights[bin] as number) + h
    binSums[bin] = (binSums[bin] as number) + h * x
    used[word >>> 23] = 1
    const magnitude = word & 0x7fffffff
    if (magnitude > largest) largest = magnitude
    energy += h * x * x
  }
  sums.energy = energy
  sums.largest = largest
}

function floatOf(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0] ?? 0
}
