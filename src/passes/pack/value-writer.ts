import type { Encoded, EncodedAs, Spec } from '../../encodings/encoding.js'
import { MemoryTensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'
import { narrowed } from './casts.js'
import { type Coder, exactCoder, nearestCoder } from './coder.js'
import { DigitWriter } from './digit-writer.js'
import { stepFor } from './errors.js'
import { isWeightDType, type WeightDType, widened, wordOf } from './half.js'
import { exactWords, type Part, palettesOf } from './palettes.js'
import type { Store, TensorWriter } from './store.js'
import type { Survey, WeightSurvey } from './survey.js'
import { bytesOfWords, makeWords, type Word, type Words, wordsOf } from './words.js'

/** Writes elements down as a plan says. */
export interface ElementWriter {
  /** Sum of h (w - v)^2 so far. */
  readonly squares: number
  /** Elements so far that are not zero and come out as zero. */
  readonly lost: number
  /** @param importance  of as many elements; null for even */
  write(words: Words, count: number, importance: Float64Array | null): void
  finish(): Encoded
}

/** What values are written for. */
export interface WriterContext {
  readonly survey: Survey
  readonly store: Store
  readonly part: Part
  /** Whether every bit has to come back. */
  readonly isExact: boolean
}

export function valueWriter(plan: Encoded<Spec>, context: WriterContext): ElementWriter {
  switch (plan.encoding) {
    case 'dense':
      return new PlainWriter(plan, context.store.begin())
    case 'cast':
      return new CastWriter(plan, context.store.begin())
    case 'int8':
      return new Int8Writer(plan, context.store, lossyOf(context.survey))
    case 'codebook':
      return new CodebookWriter(plan, context)
    case 'repeated':
      return new RepeatedWriter(plan)
    default:
      throw new Error(`Values are not written as ${plan.encoding}.`)
  }
}

class PlainWriter implements ElementWriter {
  readonly squares = 0
  readonly lost = 0
  readonly #plan: EncodedAs<'dense', Spec>
  readonly #out: TensorWriter

  constructor(plan: EncodedAs<'dense', Spec>, out: TensorWriter) {
    this.#plan = plan
    this.#out = out
  }

  write(words: Words, count: number): void {
    this.#out.write(bytesOfWords(words, count))
  }

  finish(): Encoded {
    const { dtype, shape } = this.#plan
    return { ...this.#plan, tensor: this.#out.finish(dtype, shape) }
  }
}

class CastWriter implements ElementWriter {
  squares = 0
  lost = 0
  readonly #plan: EncodedAs<'cast', Spec>
  readonly #out: TensorWriter

  constructor(plan: EncodedAs<'cast', Spec>, out: TensorWriter) {
    this.#plan = plan
    this.#out = out
  }

  write(words: Words, count: number, importance: Float64Array | null): void {
    const { dtype, stored } = this.#plan
    const bytes = narrowed(bytesOfWords(words, count), dtype, stored.dtype)
    this.#out.write(bytes)
    if (stored.dtype !== 'float16') return // the others are exact
    const rounded = widened(bytes, count, 'float16')
    const floats = new Float32Array(words.buffer, words.byteOffset, count)
    let squares = 0
    let lost = 0
    for (let i = 0; i < count; i++) {
      const x = floats[i] as number // in range, here and below
      const v = rounded[i] as number
      const d = x - v
      squares += importance === null ? d * d : d * d * (importance[i] as number)
      if (v === 0 && x !== 0) lost++
    }
    this.squares += squares
    this.lost += lost
  }

  finish(): Encoded {
    const { stored } = this.#plan
    return { ...this.#plan, stored: this.#out.finish(stored.dtype, stored.shape) }
  }
}

class CodebookWriter implements ElementWriter {
  squares = 0
  lost = 0
  readonly #plan: EncodedAs<'codebook', Spec>
  readonly #store: Store
  readonly #digits: DigitWriter
  readonly #palette: Words
  readonly #coder: Coder
  /** What elements become, for what they lose is added up; null where every bit comes back. */
  readonly #values: Float32Array | null
  readonly #dtype: WeightDType
  #codes = new Uint8Array(0)

  constructor(plan: EncodedAs<'codebook', Spec>, { survey, store, part, isExact }: WriterContext) {
    this.#plan = plan
    this.#store = store
    this.#digits = new DigitWriter(plan.codes)
    let values: readonly Word[]
    if (isExact) {
      values = exactWords(survey, part) ?? []
      this.#coder = exactCoder(values)
      this.#values = null
      this.#dtype = 'float32' // of no use then
    } else {
      const weights = lossyOf(survey)
      const [palette] = palettesOf(weights, part, [elementCount(plan.palette.shape)])
      this.#values = palette?.values ?? new Float32Array(0)
      this.#dtype = weights.dtype
      this.#coder = nearestCoder(this.#values)
      values = Array.from(this.#values, (x) => wordOf(x, weights.dtype))
    }
    this.#palette = makeWords(values.length, plan.dtype)
    for (const [k, word] of values.entries()) this.#palette[k] = word as never // both are of this type's kind
  }

  write(words: Words, count: number, importance: Float64Array | null): void {
    if (this.#codes.length < count) this.#codes = new Uint8Array(count)
    const codes = this.#codes
    const values = this.#values
    if (values === null) {
      this.#coder.codes(words, count, codes)
      this.#digits.write(codes, count)
      return
    }
    const floats = widened(words, count, this.#dtype)
    this.#coder.codes(new Int32Array(floats.buffer, floats.byteOffset, count), count, codes)
    this.#digits.write(codes, count)
    let squares = 0
    let lost = 0
    for (let i = 0; i < count; i++) {
      const x = floats[i] as number // in range, here and below
      const v = values[codes[i] as number] as number
      const d = x - v
      squares += importance === null ? d * d : d * d * (importance[i] as number)
      if (v === 0 && x !== 0) lost++
    }
    this.squares += squares
    this.lost += lost
  }

  finish(): Encoded {
    const { dtype, palette, codes, shape } = this.#plan
    const bytes = bytesOfWords(this.#palette, this.#palette.length)
    const stored = palette.dtype === dtype ? bytes : narrowed(bytes, dtype, palette.dtype)
    const own = new MemoryTensor(palette.dtype, palette.shape, stored)
    const out = this.#store.begin()
    out.write(this.#digits.bytes)
    const words = out.finish(codes.words.dtype, codes.words.shape)
    return { encoding: 'codebook', dtype, shape, palette: own, codes: { ...codes, words } }
  }
}

class Int8Writer implements ElementWriter {
  squares = 0
  lost = 0
  readonly #plan: EncodedAs<'int8', Spec>
  readonly #out: TensorWriter
  readonly #scales: Float32Array
  /** Elements in a row that have the same step. */
  readonly #run: number
  #at = 0

  constructor(plan: EncodedAs<'int8', Spec>, store: Store, weights: WeightSurvey) {
    this.#plan = plan
    this.#out = store.begin()
    const { shape } = plan.scale
    const channels = weights.channels.find((each) => each.shape.join() === shape.join())
    const isWhole = elementCount(shape) === 1 || channels === undefined
    this.#scales = Float32Array.from(isWhole ? [weights.largest] : channels.largest, stepFor)
    this.#run = isWhole ? Number.POSITIVE_INFINITY : runLength(plan.shape, channels.axis)
  }

  write(words: Words, count: number, importance: Float64Array | null): void {
    const floats = new Float32Array(words.buffer, words.byteOffset, count)
    const codes = new Int8Array(count)
    let squares = 0
    let lost = 0
    for (let i = 0; i < count; ) {
      const at = this.#at + i
      const scale = this.#scales[Math.floor(at / this.#run) % this.#scales.length] as number // in range
      const end = Math.min(count, i + this.#run - (at % this.#run))
      for (; i < end; i++) {
        const x = floats[i] as number
        const code = Math.round(x / scale)
        const d = x - Math.fround(code * scale)
        codes[i] = code
        if (code === 0 && x !== 0) lost++
        squares += importance === null ? d * d : d * d * (importance[i] as number)
      }
    }
    this.#at += count
    this.squares += squares
    this.lost += lost
    this.#out.write(new Uint8Array(codes.buffer))
  }

  finish(): Encoded {
    const { codes, scale } = this.#plan
    const own = new MemoryTensor('float32', scale.shape, new Uint8Array(this.#scales.buffer))
    return { ...this.#plan, codes: this.#out.finish('int8', codes.shape), scale: own }
  }
}

/** All are alike, or nearly so. */
class RepeatedWriter implements ElementWriter {
  squares = 0
  readonly lost = 0
  readonly #plan: EncodedAs<'repeated', Spec>

  constructor(plan: EncodedAs<'repeated', Spec>) {
    this.#plan = plan
  }

  write(words: Words, count: number, importance: Float64Array | null): void {
    const { dtype, element } = this.#plan
    if (!isWeightDType(dtype)) return
    const [value = 0] = widened(wordsOf(element.read(), dtype), 1, dtype)
    const floats = widened(words, count, dtype)
    for (let i = 0; i < count; i++) {
      const d = (floats[i] as number) - value // in range
      if (d !== 0) this.squares += importance === null ? d * d : d * d * (importance[i] as number)
    }
  }

  finish(): Encoded {
    return this.#plan
  }
}

function runLength(shape: readonly number[], axis: number): number {
  return elementCount(shape.slice(axis + 1))
}

function lossyOf({ weights, dtype }: Survey): WeightSurvey {
  if (weights === null) throw new Error(`Elements of ${dtype} are stored bit for bit.`)
  return weights
}
