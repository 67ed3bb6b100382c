import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from '../../../ir/float16.js'
import type { DType } from '../../../ir/type.js'

/** Types of weights that are fitted. */
export type FloatType = 'float32' | 'float64' | 'float16' | 'bfloat16'

export function isFloatType(dtype: DType): dtype is FloatType {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16'
}

/** @param bytes  aligned to 8 bytes, as tensors give them */
export function decoded({ buffer, byteOffset, byteLength }: Uint8Array, dtype: FloatType): Float64Array {
  switch (dtype) {
    case 'float64':
      return new Float64Array(buffer, byteOffset, byteLength / 8).slice()
    case 'float32':
      return Float64Array.from(new Float32Array(buffer, byteOffset, byteLength / 4))
    case 'float16':
      return Float64Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), float16ToNumber)
    case 'bfloat16':
      return Float64Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), bfloat16ToNumber)
  }
}

/** Rounded to the nearest numbers of the type. @returns null when one is beyond its range */
export function encoded(numbers: Float64Array, dtype: FloatType): NodeJS.TypedArray | null {
  switch (dtype) {
    case 'float64':
      return numbers.every(Number.isFinite) ? numbers : null
    case 'float32': {
      const rounded = Float32Array.from(numbers)
      return rounded.every(Number.isFinite) ? rounded : null
    }
    case 'float16':
    case 'bfloat16': {
      const [encode, infinite] = dtype === 'float16' ? [numberToFloat16, 0x7c00] : [numberToBfloat16, 0x7f80]
      const bits = Uint16Array.from(numbers, encode)
      return bits.every((b) => (b & 0x7fff) < infinite) ? bits : null
    }
  }
}
