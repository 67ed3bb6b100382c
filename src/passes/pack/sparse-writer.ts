import { digitCount } from '../../encodings/digits.js'
import type { Encoded, EncodedAs, Spec } from '../../encodings/encoding.js'
import type { DType } from '../../ir/type.js'
import { DigitWriter } from './digit-writer.js'
import { isWeightDType, WEIGHT_DTYPES } from './half.js'
import { type ElementWriter, valueWriter, type WriterContext } from './value-writer.js'
import { makeWords, type Word, type Words } from './words.js'

/** As many values are gathered before they are written. */
const GATHERED = 1 << 16

export function gapsWriter(plan: EncodedAs<'gaps', Spec>, context: WriterContext): ElementWriter {
  return new GapsWriter(plan, context)
}

export function bitmaskWriter(plan: EncodedAs<'bitmask', Spec>, context: WriterContext): ElementWriter {
  return new BitmaskWriter(plan, context)
}

class GapsWriter implements ElementWriter {
  readonly #plan: EncodedAs<'gaps', Spec>
  readonly #context: WriterContext
  readonly #places: DigitWriter
  readonly #values: ElementWriter
  readonly #gathered: Gathered
  readonly #digits = new Uint8Array(GATHERED)
  /** Elements seen, and where the last was that is not zero. */
  #at = 0
  #last = 0

  constructor(plan: EncodedAs<'gaps', Spec>, context: WriterContext) {
    this.#plan = plan
    this.#context = context
    this.#places = new DigitWriter(plan.gaps)
    const { survey, isExact } = context
    const spacing = isExact ? survey.spacing : (survey.weights?.spacing ?? survey.spacing)
    const part = spacing.fillers(plan.gaps.form.base) > 0 ? 'present and zero' : 'present'
    this.#values = valueWriter(plan.values, { ...context, part })
    this.#gathered = new Gathered(plan.dtype)
  }

  get squares(): number {
    return this.#values.squares
  }

  get lost(): number {
    return this.#values.lost
  }

  write(words: Words, count: number, importance: Float64Array | null): void {
    const first = this.#at
    const step = this.#plan.gaps.form.base - 1
    const skipped = skippedOf(this.#plan.dtype, this.#context)
    for (let i = 0; i < count; i++) {
      const word = words[i] as Word // in range, here and below
      if (word === 0 || word === skipped || word === 0n) continue
      let gap = first + i - this.#last
      // Zeros on the way, where a digit does not reach.
      for (; gap > step; gap -= step) this.#put(step, this.#gathered.zero, 0)
      this.#put(gap, word, importance === null ? 1 : (importance[i] as number))
      this.#last = first + i
    }
    this.#at += count
    this.#flush()
  }

  finish(): Encoded {
    const { gaps } = this.#plan
    // The last once more, where it is, until the words are full.
    const rest = digitCount(gaps) - this.#places.count
    for (let i = 0; i < rest; i++) this.#put(0, this.#gathered.last, 0)
    this.#flush()
    const values = this.#values.finish()
    const out = this.#context.store.begin()
    out.write(this.#places.bytes)
    return { ...this.#plan, values, gaps: { ...gaps, words: out.finish(gaps.words.dtype, gaps.words.shape) } }
  }

  #put(digit: number, word: Word, importance: number): void {
    if (this.#gathered.count === GATHERED) this.#flush()
    this.#digits[this.#gathered.count] = digit
    this.#gathered.put(word, importance)
  }

  #flush(): void {
    this.#places.write(this.#digits, this.#gathered.count)
    this.#gathered.flush(this.#values)
  }
}

class BitmaskWriter implements ElementWriter {
  readonly #plan: EncodedAs<'bitmask', Spec>
  readonly #context: WriterContext
  readonly #mask: DigitWriter
  readonly #values: ElementWriter
  readonly #gathered: Gathered
  #bits = new Uint8Array(0)

  constructor(plan: EncodedAs<'bitmask', Spec>, context: WriterContext) {
    this.#plan = plan
    this.#context = context
    this.#mask = new DigitWriter(plan.mask)
    this.#values = valueWriter(plan.values, { ...context, part: 'present and zero' })
    this.#gathered = new Gathered(plan.dtype)
    this.#gathered.put(this.#gathered.zero, 0)
  }

  get squares(): number {
    return this.#values.squares
  }

  get lost(): number {
    return this.#values.lost
  }

  write(words: Words, count: number, importance: Float64Array | null): void {
    if (this.#bits.length < count) this.#bits = new Uint8Array(count)
    const bits = this.#bits
    const skipped = skippedOf(this.#plan.dtype, this.#context)
    for (let i = 0; i < count; i++) {
      const word = words[i] as Word // in range, here and below
      if (word === 0 || word === skipped || word === 0n) {
        bits[i] = 0
        continue
      }
      bits[i] = 1
      if (this.#gathered.count === GATHERED) this.#gathered.flush(this.#values)
      this.#gathered.put(word, importance === null ? 1 : (importance[i] as number))
    }
    this.#mask.write(bits, count)
    this.#gathered.flush(this.#values)
  }

  finish(): Encoded {
    const { mask } = this.#plan
    const values = this.#values.finish()
    const out = this.#context.store.begin()
    out.write(this.#mask.bytes)
    return { ...this.#plan, values, mask: { ...mask, words: out.finish(mask.words.dtype, mask.words.shape) } }
  }
}

/** The bits of -0, where that is as good as 0; otherwise those of 0. */
function skippedOf(dtype: DType, { isExact }: WriterContext): Word {
  return !isExact && isWeightDType(dtype) ? WEIGHT_DTYPES[dtype] : 0
}

/** Values on their way, with their importance. */
class Gathered {
  readonly zero: Word
  count = 0
  last: Word
  readonly #words: Words
  readonly #importance = new Float64Array(GATHERED)

  constructor(dtype: DType) {
    this.#words = makeWords(GATHERED, dtype)
    this.zero = this.#words instanceof BigInt64Array ? 0n : 0
    this.last = this.zero
  }

  /** There is room for it: the one who puts flushes. */
  put(word: Word, importance: number): void {
    this.#words[this.count] = word as never // both are of this type's kind
    this.#importance[this.count] = importance
    this.count++
    this.last = word
  }

  flush(into: ElementWriter): void {
    if (this.count > 0) into.write(this.#words, this.count, this.#importance)
    this.count = 0
  }
}
