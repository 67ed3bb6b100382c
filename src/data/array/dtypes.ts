import type { DType } from '../../ir/type.js'
import type { ArrayData } from '../dataset.js'

/** What holds the elements of each dtype. Types narrower than a byte, float8 and complex have no array here. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
} as const satisfies Partial<Record<DType, unknown>>

export type NumericDType = keyof typeof ARRAYS
export type NumericData = Exclude<ArrayData, readonly string[]>

export function isNumeric(dtype: DType | null): dtype is NumericDType {
  return dtype !== null && Object.hasOwn(ARRAYS, dtype)
}

export function isFloat(dtype: DType | null): dtype is 'float32' | 'float64' | 'float16' | 'bfloat16' {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16'
}

export function newArray(dtype: NumericDType, length: number): NumericData {
  return new ARRAYS[dtype](length)
}

export function elementBytes(dtype: NumericDType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT
}

/** The dtype that a typed array most plainly means; null for anything else. */
export function dtypeOf(data: unknown): NumericDType | null {
  for (const [dtype, array] of Object.entries(ARRAYS)) {
    if (data instanceof array) return dtype as NumericDType // the keys of ARRAYS; bool and float16 come last
  }
  return data instanceof Uint8ClampedArray ? 'uint8' : null
}

/** Whether `data` can hold elements of `dtype`. */
export function holds(data: unknown, dtype: DType): data is ArrayData {
  return dtype === 'string' ? Array.isArray(data) : isNumeric(dtype) && data instanceof ARRAYS[dtype]
}
