import { widened as widenedHalves } from '../../encodings/kernels/halves.js'
import { bfloat16OfBits, float16OfBits } from '../../ir/float16.js'
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
  return widenedHalves(dtype, new Uint16Array(words.buffer, words.byteOffset, count))
}

/** The bits of the nearest number of a type, ties to even. */
export function wordOf(x: number, dtype: WeightDType): number {
  const bits = new Int32Array(Float32Array.of(x).buffer)[0] ?? 0
  return dtype === 'float32' ? bits : dtype === 'float16' ? float16OfBits(bits) : bfloat16OfBits(bits)
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
