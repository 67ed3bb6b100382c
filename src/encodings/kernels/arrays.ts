import type { DType } from '../../ir/type.js'

/** Arrays whose elements are numbers to JavaScript. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
export type Bigs = BigInt64Array | BigUint64Array

const NUMBERS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const
export type NumberType = keyof typeof NUMBERS

const BIGS = { int64: BigInt64Array, uint64: BigUint64Array } as const
export type BigType = keyof typeof BIGS

export type HalfType = 'float16' | 'bfloat16'

export function isNumberType(dtype: DType): dtype is NumberType {
  return dtype in NUMBERS
}

export function isBigType(dtype: DType): dtype is BigType {
  return dtype in BIGS
}

export function isHalfType(dtype: DType): dtype is HalfType {
  return dtype === 'float16' || dtype === 'bfloat16'
}

export function isFloatType(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || isHalfType(dtype)
}

/** Bytes as numbers, without a copy. */
export function numbersIn(dtype: NumberType, { buffer, byteOffset, byteLength }: Uint8Array): Numbers {
  const type: new (buffer: ArrayBufferLike, at: number, length: number) => Numbers = NUMBERS[dtype]
  return new type(buffer, byteOffset, byteLength / NUMBERS[dtype].BYTES_PER_ELEMENT)
}

export function bigsIn(dtype: BigType, { buffer, byteOffset, byteLength }: Uint8Array): Bigs {
  const type: new (buffer: ArrayBufferLike, at: number, length: number) => Bigs = BIGS[dtype]
  return new type(buffer, byteOffset, byteLength / 8)
}

/** Numbers of another type: integers wrap, floats are rounded once to the nearest. Of floats only to floats. */
export function converted(dtype: NumberType, numbers: Numbers): Numbers {
  return new NUMBERS[dtype](numbers)
}

export function words32({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4)
}

export function words16({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength / 2)
}
