import { bfloat16ToNumber, float16ToNumber } from '../../data/array/float16.js'
import type { DType } from '../../ir/type.js'

/** Floats that may lose something, with the bits of their -0. */
export const WEIGHT_DTYPES = { float32: -0x80000000, float16: 0x8000, bfloat16: 0x8000 } as const
export type WeightDType = keyof typeof WEIGHT_DTYPES

export function isWeightDType(dtype: DType): dtype is WeightDType {
  return dtype in WEIGHT_DTYPES
}

/**
 * Elements as float32, which holds all of them exactly; their bits lie in the same buffer.
 *
 * @param words  bits of the type; the result lies over those of float32 themselves
 */
export function widened(words: NodeJS.TypedArray, count: number, dtype: WeightDType): Float32Array {
  if (dtype === 'float32') return new Float32Array(words.buffer, words.byteOffset, count)
  const values = valuesOfHalves(dtype)
  const halves = new Uint16Array(words.buffer, words.byteOffset, count)
  const floats = new Float32Array(count)
  for (let i = 0; i < count; i++) floats[i] = values[halves[i] as number] as number // 16 bits
  return floats
}

/** The value of every float16 or bfloat16, by its bits. */
export function valuesOfHalves(dtype: 'float16' | 'bfloat16'): Float32Array {
  const toNumber = dtype === 'float16' ? float16ToNumber : bfloat16ToNumber
  tables[dtype] ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => toNumber(bits))
  return tables[dtype]
}

const tables: { float16?: Float32Array; bfloat16?: Float32Array } = {}

/** The bits of the nearest number of a type, ties to even. */
export function wordOf(x: number, dtype: WeightDType): number {
  const bits = new Int32Array(Float32Array.of(x).buffer)[0] ?? 0
  return dtype === 'float32' ? bits : dtype === 'float16' ? float16OfBits(bits) : bfloat16OfBits(bits)
}

/** The nearest bfloat16, ties to even; infinities and numbers alone. */
export function bfloat16OfBits(bits: number): number {
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/**
 * The nearest half-precision number to a float32, ties to even: as data/array/float16.ts, from bits to bits, for loops
 * over all weights.
 *
 * @see  IEEE 754-2019, binary16
 */
export function float16OfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x47800000) return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00 // NaN; 65536 and above
  if (magnitude >= 0x38800000) {
    // 13 bits go; a carry of the fraction raises the exponent, up to that of infinity.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
  if (magnitude <= 0x33000000) return sign // up to half of the smallest, 2^-25
  const gone = 126 - (magnitude >>> 23)
  const fraction = (magnitude & 0x7fffff) | 0x800000
  return sign | ((fraction + (1 << (gone - 1)) - 1 + ((fraction >>> gone) & 1)) >>> gone)
}

/** Whether a float32 is exactly a finite half-precision number. */
export function isFloat16(bits: number): boolean {
  const magnitude = bits & 0x7fffffff
  if (magnitude === 0) return true
  const exponent = (magnitude >>> 23) - 127
  if (exponent > 15 || exponent < -24) return false
  const gone = exponent >= -14 ? 13 : -1 - exponent
  return (magnitude & ((1 << gone) - 1)) === 0
}
