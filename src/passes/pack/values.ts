import { DIGIT_FORMS, type DigitForm, isShifted, wordsFor } from '../../encodings/digits.js'
import type { Encoded, Spec } from '../../encodings/encoding.js'
import { MemoryTensor } from '../../ir/tensor.js'
import { type DType, denseBytes, elementCount } from '../../ir/type.js'
import { castError, channelError, stepError } from './errors.js'
import { isFloat16, wordOf } from './half.js'
import { exactWords, LEAST_IN_HALVES, type Part, palettesOf } from './palettes.js'
import type { Survey, WeightSurvey } from './survey.js'
import { bytesOfWords, makeWords, type Word } from './words.js'

/** A way to write down elements one by one, before it is known how many there are. */
export interface Coding {
  /** See `Plan.error`. */
  readonly error: number
  /** Elements that share a word: their number is best a multiple of it. */
  readonly perWord: number
  /** Of so many elements and of what goes with them, nodes aside. */
  readonly bytes: (elements: number) => number
  readonly plan: (shape: readonly number[]) => Encoded<Spec>
}

/** What a coding may lose. */
export interface Allowed {
  readonly maxError: number
  /** Null for any number; otherwise palettes alone, as large as that. */
  readonly mostValues: number | null
}

const LARGEST_FLOAT16 = 65504

/** As it is. */
export function plainCoding(dtype: DType): Coding {
  return {
    error: 0,
    perWord: 1,
    bytes: (elements) => denseBytes(dtype, elements),
    plan: (shape) => ({ encoding: 'dense', dtype, shape, tensor: { dtype, shape } }),
  }
}

/** Codings that give every bit back in less than the elements take. */
export function exactCodings(survey: Survey, part: Part): Coding[] {
  const { dtype, casts } = survey
  const codings = casts.map((stored) => castCoding(dtype, stored, 0))
  const words = exactWords(survey, part)
  if (words === null) return codings
  const [only] = words
  if (words.length === 1 && only !== undefined) return [repeatedCoding(dtype, only, 0)]
  return [...codings, ...codebookCodings(dtype, words.length, 0, isHalf(words, dtype) ? 'float16' : dtype)]
}

/** Codings that lose something, but no more than is allowed. */
export function lossyCodings(weights: WeightSurvey, part: Part, { maxError, mostValues }: Allowed): Coding[] {
  const { dtype } = weights
  const codings: Coding[] = []
  if (mostValues === null && dtype === 'float32') {
    if (weights.largest <= LARGEST_FLOAT16) codings.push(castCoding('float32', 'float16', castError(weights)))
    codings.push(int8Coding([1], stepError(weights)))
  }
  for (const { values, error, isHalf } of palettesOf(weights, part, sizesOf(weights, part, mostValues))) {
    const [only = 0] = values
    if (values.length > 1) codings.push(...codebookCodings(dtype, values.length, error, isHalf ? 'float16' : dtype))
    else codings.push(repeatedCoding(dtype, wordOf(only, dtype), error))
  }
  return codings.filter(({ error }) => error <= maxError)
}

/** int8 with a step for each channel: for the tensor as it is, whose channels are where they are. */
export function channelCodings(weights: WeightSurvey): Coding[] {
  if (weights.dtype !== 'float32') return [] // what is multiplied in half precision is decoded in every run
  return weights.channels.map((channels) => int8Coding(channels.shape, channelError(weights, channels)))
}

/** Of so many digits. */
export function wordBytes(digits: number, form: DigitForm): number {
  return denseBytes(form.dtype, Math.ceil(digits / form.perWord))
}

/** Of palettes. Those that would take half of the weights are not worth their codes. */
function sizesOf({ spacing }: WeightSurvey, part: Part, mostValues: number | null): number[] {
  if (mostValues !== null) return [part === 'present' ? mostValues - 1 : mostValues] // zero is one of the values, stored or not
  return DIGIT_FORMS.map(({ base }) => base).filter((base) => base === 2 || base <= spacing.present / 2)
}

function castCoding(dtype: DType, stored: DType, error: number): Coding {
  return {
    error,
    perWord: 1,
    bytes: (elements) => denseBytes(stored, elements),
    plan: (shape) => ({ encoding: 'cast', dtype, shape, stored: { dtype: stored, shape } }),
  }
}

function int8Coding(scale: readonly number[], error: number): Coding {
  const dtype = 'float32'
  const codes = (shape: readonly number[]): Spec => ({ dtype: 'int8', shape })
  return {
    error,
    perWord: 1,
    bytes: (elements) => elements + denseBytes(dtype, elementCount(scale)),
    plan: (shape) => ({ encoding: 'int8', dtype, shape, codes: codes(shape), scale: { dtype, shape: scale } }),
  }
}

function repeatedCoding(dtype: DType, word: Word, error: number): Coding {
  const element = elementOf(dtype, word)
  return { error, perWord: 1, bytes: () => 0, plan: (shape) => ({ encoding: 'repeated', dtype, shape, element }) }
}

/** Whether float16 holds a palette of float32, and the palette is large enough to gain by it. */
function isHalf(words: readonly Word[], dtype: DType): boolean {
  return dtype === 'float32' && words.length >= LEAST_IN_HALVES && words.every((word) => isFloat16(Number(word)))
}

/** The narrowest digits, and the narrowest that need no division: those decode in less memory. In planes, as any number of elements may be. */
function codebookCodings(dtype: DType, size: number, error: number, stored: DType): Coding[] {
  const forms = DIGIT_FORMS.filter(({ base }) => base >= size)
  const chosen = new Set([forms[0], forms.find(isShifted)].filter((form) => form !== undefined))
  const palette: Spec = { dtype: stored, shape: [size] }
  return [...chosen].map((form) => ({
    error,
    perWord: form.perWord,
    bytes: (elements) => wordBytes(elements, form) + denseBytes(stored, size),
    plan: (shape) => {
      const words = wordsFor(shape, form)
      return { encoding: 'codebook', dtype, shape, palette, codes: { form, order: 'planes', words } }
    },
  }))
}

/** Of shape [1]. */
export function elementOf(dtype: DType, word: Word): MemoryTensor {
  const words = makeWords(1, dtype)
  words[0] = word as never // both are of this type's kind
  return new MemoryTensor(dtype, [1], bytesOfWords(words, 1))
}
