import type { Encoded, EncodedAs, Spec } from '../../encodings/encoding.js'
import { float16ToNumber, numberToFloat16 } from '../../ir/float16.js'
import { MemoryTensor, type Tensor } from '../../ir/tensor.js'
import { bytesOf } from '../../ir/walk.js'
import { stepFor } from './errors.js'
import { transposed } from './range-finder.js'
import { dot } from './symmetric-eigen.js'

/** How the numbers of a factor are stored; int8 has a step for each component of the product. */
export type FactorForm = 'float32' | 'float16' | 'int8'

/** Bytes of a number. */
export const FACTOR_BYTES: Readonly<Record<FactorForm, number>> = { float32: 4, float16: 2, int8: 1 }

/** Of the left factor and of the right one. */
export type FactorForms = readonly [FactorForm, FactorForm]

/** What is tried: the shorter factor may take more bytes, for it is the longer one that counts. */
export const FACTOR_FORMS: readonly FactorForms[] = [
  ['int8', 'int8'],
  ['int8', 'float16'],
  ['float16', 'int8'],
  ['float16', 'float16'],
  ['float32', 'float32'],
]

/** One side of a product, a row for each component: [rank, length]. */
export interface Factor {
  readonly rank: number
  readonly length: number
  readonly numbers: Float32Array
}

/** A factor in a form. */
export interface StoredFactor extends Factor {
  readonly form: FactorForm
  /** What the file holds: float16 as bits, int8 as codes. */
  readonly codes: Float32Array | Uint16Array | Int8Array
  /** [rank]; null but for int8. */
  readonly steps: Float32Array | null
}

const LARGEST_FLOAT16 = 65504
const LARGEST_CODE = 127

/**
 * About what rounding to a form loses, relative: for int8 with components that are normally distributed, of which the
 * largest number is about sqrt(2 ln length) times the root of the mean square.
 */
export function expectedLoss(form: FactorForm, length: number): number {
  if (form === 'float32') return 2 ** -25
  if (form === 'float16') return 2 ** -12
  return Math.sqrt(2 * Math.log(length + 1)) / LARGEST_CODE / Math.sqrt(12)
}

/** @returns null where a number is too large for the form */
export function storedAs(form: FactorForm, factor: Factor): StoredFactor | null {
  switch (form) {
    case 'float32':
      return { ...factor, form, codes: factor.numbers, steps: null }
    case 'float16':
      return inFloat16(factor)
    case 'int8':
      return inInt8(factor)
  }
}

function inFloat16(factor: Factor): StoredFactor | null {
  const codes = new Uint16Array(factor.numbers.length)
  const numbers = new Float32Array(codes.length)
  for (let i = 0; i < codes.length; i++) {
    const x = factor.numbers[i] as number // of one length
    if (Math.abs(x) > LARGEST_FLOAT16) return null
    const code = numberToFloat16(x)
    codes[i] = code
    numbers[i] = float16ToNumber(code)
  }
  return { ...factor, form: 'float16', codes, numbers, steps: null }
}

function inInt8(factor: Factor): StoredFactor {
  const { rank, length } = factor
  const codes = new Int8Array(rank * length)
  const numbers = new Float32Array(rank * length)
  const steps = new Float32Array(rank)
  for (let k = 0; k < rank; k++) {
    const row = component(factor, k)
    const step = stepFor(row.reduce((most, x) => Math.max(most, Math.abs(x)), 0))
    steps[k] = step
    for (let i = 0; i < length; i++) {
      const code = Math.round((row[i] as number) / step) // inside the array
      codes[k * length + i] = code
      numbers[k * length + i] = code * step // rounded as Mul rounds it
    }
  }
  return { rank, length, form: 'int8', codes, numbers, steps }
}

export function component({ numbers, length }: Factor, k: number): Float32Array {
  return numbers.subarray(k * length, (k + 1) * length)
}

/** For each component the sum of squares of what storing it loses of the product: components hardly meet each other. */
export function lossesOf(
  left: { readonly factor: Factor; readonly stored: StoredFactor },
  right: { readonly factor: Factor; readonly stored: StoredFactor },
): Float64Array {
  return Float64Array.from({ length: left.factor.rank }, (_, k) => {
    const [l, r] = [component(left.factor, k), component(right.factor, k)]
    return distance(l, component(left.stored, k)) * dot(r, r) + dot(l, l) * distance(r, component(right.stored, k))
  })
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2 // of one length
  return sum
}

/** The first components of a factor. */
export function leading(factor: StoredFactor, rank: number): StoredFactor {
  const size = rank * factor.length
  return {
    ...factor,
    rank,
    numbers: factor.numbers.subarray(0, size),
    codes: factor.codes.subarray(0, size),
    steps: factor.steps?.subarray(0, rank) ?? null,
  }
}

/** What a product of two factors would be in a file. */
export function productSpec(
  spec: Spec,
  rows: number,
  columns: number,
  rank: number,
  [left, right]: FactorForms,
): EncodedAs<'low-rank', Spec> {
  const asSpec = (part: Spec) => part
  return {
    ...madeOf(spec),
    encoding: 'low-rank',
    left: encodedFactor(left, [rows, rank], [1, rank], asSpec),
    right: encodedFactor(right, [rank, columns], [rank, 1], asSpec),
  }
}

/** The same of factors that are there. */
export function encodedProduct(spec: Spec, left: StoredFactor, right: StoredFactor): EncodedAs<'low-rank'> {
  const { rank } = left
  const codes = transposed(left.codes, rank, left.length) // [length, rank]
  return {
    ...madeOf(spec),
    encoding: 'low-rank',
    left: encodedFactor(left.form, [left.length, rank], [1, rank], tensorsOf(codes, left.steps)),
    right: encodedFactor(right.form, [rank, right.length], [rank, 1], tensorsOf(right.codes, right.steps)),
  }
}

function madeOf({ dtype, shape }: Spec): Spec {
  return { dtype, shape }
}

type Part = 'codes' | 'steps'

function tensorsOf(codes: StoredFactor['codes'], steps: Float32Array | null) {
  return ({ dtype, shape }: Spec, part: Part): Tensor => {
    const array = part === 'codes' ? codes : steps
    if (array === null) throw new Error('Codes of int8 have steps.')
    return new MemoryTensor(dtype, shape, bytesOf(array.slice()))
  }
}

function encodedFactor<S extends Spec>(
  form: FactorForm,
  shape: readonly number[],
  steps: readonly number[],
  make: (spec: Spec, part: Part) => S,
): Encoded<S> {
  const dtype = 'float32'
  const codes = make({ dtype: form, shape }, 'codes')
  switch (form) {
    case 'float32':
      return { encoding: 'dense', dtype, shape, tensor: codes }
    case 'float16':
      return { encoding: 'cast', dtype, shape, stored: codes }
    case 'int8':
      return { encoding: 'int8', dtype, shape, codes, scale: make({ dtype, shape: steps }, 'steps') }
  }
}
