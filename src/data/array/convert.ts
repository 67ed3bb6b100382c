import { DataError } from '../../errors.js'
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from '../../ir/float16.js'
import type { DType } from '../../ir/type.js'
import type { NdArray } from '../dataset.js'
import { isFloat, isNumeric, type NumericData, type NumericDType, newArray } from './dtypes.js'

/** The values that an integer dtype can hold, as [least, greatest]. */
const INTEGER_RANGES: Partial<Record<DType, readonly [bigint, bigint]>> = {
  bool: [0n, 1n],
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/** Whether {@link convert} can do it at all; single values may still not fit. */
export function convertible(from: DType, to: DType): boolean {
  return from === to || (isNumeric(from) && isNumeric(to))
}

/**
 * The same values as another dtype.
 *
 * Between floating-point types values are rounded to the nearest; integers become floating-point likewise.
 * To an integer type every value must be a whole number of its range, exactly; bool takes 0 and 1.
 *
 * @param what  names the array in messages: `Field "ids"`
 * @returns     the array itself when it is of that dtype
 * @throws DataError that shows the first value that does not fit
 */
export function convert(array: NdArray, dtype: DType, what: string): NdArray {
  if (array.dtype === dtype) return array
  if (!isNumeric(array.dtype) || !isNumeric(dtype)) {
    throw new DataError(`${what} holds ${array.dtype} values, ${dtype} is needed.`, {
      suggestions: ['Give the data in a type that can be converted: numbers do not come from strings.'],
    })
  }
  // numeric as just checked, and a dtype decides what holds its elements
  const values = array.data as NumericData
  const data = isFloat(dtype)
    ? toFloats(values, array.dtype, dtype, what)
    : toIntegers(values, array.dtype, dtype, what)
  return { dtype, shape: array.shape, data }
}

/** The array with elements that are numbers (no bigint, no bits of half precision). @throws DataError for strings */
export function asNumbers(array: NdArray, what: string): NdArray & { readonly data: ArrayLike<number> } {
  const dtype = NUMBERS[array.dtype] ?? array.dtype
  const { shape, data } = convert(array, dtype, what)
  if (dtype === 'float64' && (array.dtype === 'int64' || array.dtype === 'uint64')) {
    const numbers = data as Float64Array // what convert makes of float64
    const at = numbers.findIndex((v) => !Number.isSafeInteger(v))
    if (at >= 0) throw unfit(what, numbers[at] ?? 0, 'a number beyond 2^53 is not exact')
  }
  return { dtype, shape, data: data as Exclude<NumericData, BigInt64Array | BigUint64Array> } // by NUMBERS
}

const NUMBERS: Partial<Record<DType, NumericDType>> = {
  int64: 'float64',
  uint64: 'float64',
  float16: 'float32',
  bfloat16: 'float32',
  string: 'float64', // which convert refuses
}

const DECODE: Partial<Record<DType, (bits: number) => number>> = {
  float16: float16ToNumber,
  bfloat16: bfloat16ToNumber,
}

function toFloats(values: NumericData, from: NumericDType, to: NumericDType, what: string): NumericData {
  const out = newArray(to, values.length) as Float32Array | Float64Array | Uint16Array // `to` is a float type
  const decode = DECODE[from]
  const encode = ENCODE[to]
  for (let i = 0; i < values.length; i++) {
    const raw = Number(values[i])
    const value = decode === undefined ? raw : decode(raw)
    out[i] = encode === undefined ? value : encode(value)
    if (Number.isFinite(value) && !isFiniteAs(out[i] ?? 0, to)) throw unfit(what, value, `too large for ${to}`)
  }
  return out
}

const ENCODE: Partial<Record<DType, (value: number) => number>> = {
  float16: numberToFloat16,
  bfloat16: numberToBfloat16,
}

const EXPONENTS: Partial<Record<DType, number>> = { float16: 0x7c00, bfloat16: 0x7f80 }

function isFiniteAs(stored: number, dtype: DType): boolean {
  const exponent = EXPONENTS[dtype]
  return exponent === undefined ? Number.isFinite(stored) : (stored & exponent) !== exponent
}

function toIntegers(values: NumericData, from: NumericDType, to: NumericDType, what: string): NumericData {
  const [least, greatest] = INTEGER_RANGES[to] ?? [0n, 0n]
  const out = newArray(to, values.length)
  const decode = DECODE[from]
  const wide = out instanceof BigInt64Array || out instanceof BigUint64Array
  const [low, high] = [Number(least), Number(greatest)]
  for (let i = 0; i < values.length; i++) {
    const raw = values[i] ?? 0
    const value = decode === undefined || typeof raw === 'bigint' ? raw : decode(raw)
    if (typeof value === 'number' && !Number.isInteger(value)) throw unfit(what, value, `no whole number for ${to}`)
    // Compared as bigint where a double would round the limit.
    const fits =
      wide || typeof value === 'bigint' ? within(BigInt(value), least, greatest) : value >= low && value <= high
    if (!fits) throw unfit(what, value, `outside the range of ${to}`)
    if (wide && typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw unfit(what, value, 'beyond 2^53, where a number read as floating point is no longer exact')
    }
    if (wide) out[i] = BigInt(value)
    else out[i] = Number(value)
  }
  return out
}

function within(value: bigint, least: bigint, greatest: bigint): boolean {
  return value >= least && value <= greatest
}

function unfit(what: string, value: number | bigint, why: string): DataError {
  return new DataError(`${what} has the value ${value}: ${why}.`, {
    suggestions: ['Check that the field belongs to this input, and how it was scaled when the data was written.'],
  })
}
