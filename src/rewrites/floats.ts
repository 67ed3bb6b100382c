import { MemoryTensor, type Tensor } from '../ir/tensor.js'
import { bytesOf } from '../ir/walk.js'

/** Numbers of a weight in the width that they are computed with; float16 would lose what one rounding costs there. */
export type Floats = Float32Array | Float64Array

/** The elements of a float32 or float64 tensor, in a fresh array; null for any other type. */
export function floatsOf(tensor: Tensor): Floats | null {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') return null
  const { buffer, byteOffset, byteLength } = tensor.read()
  return tensor.dtype === 'float32'
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Float64Array(buffer, byteOffset, byteLength / 8)
}

/** Rounded once, to the type of another tensor. */
export function floatsLike(tensor: Tensor, shape: readonly number[], numbers: ArrayLike<number>): Tensor {
  const rounded = tensor.dtype === 'float32' ? new Float32Array(numbers) : new Float64Array(numbers)
  return new MemoryTensor(tensor.dtype, shape, bytesOf(rounded))
}

export function areFinite(numbers: Floats): boolean {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) return false
  return true
}
