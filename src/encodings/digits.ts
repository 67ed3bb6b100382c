import { attr } from '../ir/attr.js'
import { MemoryTensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'
import type { Builder, Spec } from './encoding.js'
import { castTo, firstOf, integer } from './ops.js'

/**
 * Small numbers, several to a word: of `perWord` digits to the base `base`, the least significant first. ONNX has no
 * integers of odd widths, but a word can hold three numbers below 40, or five below 73: 5.3 and 6.4 bits each.
 */
export interface DigitForm {
  readonly base: number
  readonly dtype: 'uint8' | 'uint16' | 'int32'
  readonly perWord: number
}

/** By their base. Those that are powers of two in bytes are taken apart by shifts, the others by division. */
export const DIGIT_FORMS: readonly DigitForm[] = [
  { base: 2, dtype: 'uint8', perWord: 8 },
  { base: 3, dtype: 'uint8', perWord: 5 },
  { base: 4, dtype: 'uint8', perWord: 4 },
  { base: 6, dtype: 'uint8', perWord: 3 },
  { base: 8, dtype: 'int32', perWord: 10 },
  { base: 10, dtype: 'int32', perWord: 9 },
  { base: 16, dtype: 'uint8', perWord: 2 },
  { base: 21, dtype: 'int32', perWord: 7 },
  { base: 40, dtype: 'uint16', perWord: 3 },
  { base: 73, dtype: 'int32', perWord: 5 },
  { base: 256, dtype: 'uint8', perWord: 1 },
]

/**
 * Words of digits.
 *
 * `planes`: of h words, digit i is place floor(i / h) of word i mod h, so that each place of all words comes out as one
 * run. `rows`: digit i is place i mod perWord of word floor(i / perWord), in the order of the elements; only for
 * bases that are powers of two, and only as codes of a codebook, which is then looked up by whole bytes.
 */
export interface Digits<S extends Spec> {
  readonly form: DigitForm
  readonly order: 'planes' | 'rows'
  /** [1, h]; of the shape of the digits where each has a word of its own. */
  readonly words: S
}

export function digitCount({ form, words }: Digits<Spec>): number {
  return form.perWord * elementCount(words.shape)
}

/** @throws RangeError for a base that no form has */
export function digitForm(base: number): DigitForm {
  const form = DIGIT_FORMS.find((each) => each.base === base)
  if (form === undefined) throw new RangeError(`There is no form for digits to the base ${base}.`)
  return form
}

/** Words for the digits of a shape. */
export function wordsFor(shape: readonly number[], { dtype, perWord }: DigitForm): Spec {
  return { dtype, shape: perWord === 1 ? shape : [1, Math.ceil(elementCount(shape) / perWord)] }
}

export function isShifted({ base, dtype }: DigitForm): boolean {
  return dtype === 'uint8' && (base & (base - 1)) === 0
}

/** Shifts work on bytes, divisions on what is four times as large; but they take fewer bytes in the file. */
const LEAST_SHIFTED = 1 << 14

/**
 * The digits as integers.
 *
 * @param shape  of what comes out: of all digits, or of fewer, where the last are only there to fill the words
 * @param to     int32 is the narrowest type that CumSum, Gather and ScatterElements take
 */
export function buildDigits<V, S extends Spec>(
  digits: Digits<S>,
  shape: readonly number[],
  to: 'int32' | 'int64',
  into: Builder<V, S>,
): V {
  const { form, words } = digits
  if (digits.order !== 'planes') throw new Error('Digits in rows are looked up by whole words.')
  const shifts = form.perWord === 1 || (isShifted(form) && digitCount(digits) >= LEAST_SHIFTED)
  const apart = shifts ? shiftedApart(form, words, into) : dividedApart(form, words, into)
  const first = firstOf(apart.value, apart.spec, shape, into)
  return apart.spec.dtype === to ? first : castTo(to, first, shape, into)
}

interface Apart<V> {
  readonly value: V
  readonly spec: Spec
}

/** x << (8 - bits * (place + 1)) >> (8 - bits), in bytes, which lose what is shifted out. */
function shiftedApart<V, S extends Spec>({ base, perWord }: DigitForm, words: S, into: Builder<V, S>): Apart<V> {
  const whole = into.constant(words)
  if (perWord === 1) return { value: whole, spec: words }
  const bits = Math.log2(base)
  const spec: Spec = { dtype: 'uint8', shape: [perWord, elementCount(words.shape)] }
  const up = Uint8Array.from({ length: perWord }, (_, place) => 8 - bits * (place + 1))
  const left = into.shared(new MemoryTensor('uint8', [perWord, 1], up))
  const right = into.shared(new MemoryTensor('uint8', [1], Uint8Array.of(8 - bits)))
  const high = into.node('BitShift', [whole, left], spec, { direction: attr.string('LEFT') })
  return { value: into.node('BitShift', [high, right], spec, { direction: attr.string('RIGHT') }), spec }
}

/** floor(x / base^place) mod base. */
function dividedApart<V, S extends Spec>({ base, perWord }: DigitForm, words: S, into: Builder<V, S>): Apart<V> {
  const stored = into.constant(words)
  const whole = words.dtype === 'int32' ? stored : castTo('int32', stored, words.shape, into)
  const spec: Spec = { dtype: 'int32', shape: [perWord, elementCount(words.shape)] }
  const powers = Int32Array.from({ length: perWord }, (_, place) => base ** place)
  const divisors = into.shared(new MemoryTensor('int32', [perWord, 1], new Uint8Array(powers.buffer)))
  const quotients = into.node('Div', [whole, divisors], spec)
  return { value: into.node('Mod', [quotients, integer('int32', base, into)], spec), spec }
}
