import { type DType, type Shape, shapeToString } from '../ir/type.js'

export type ArrayData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[]

/**
 * A dense array, row-major: what goes into a session and comes out of it. `bool` is a Uint8Array of 0 and 1,
 * `float16` a Uint16Array of its bits.
 */
export interface NdArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: ArrayData
}

/**
 * An input or output of a session. In `shape` a string is a symbolic dimension and null an unknown one; `[]` is a
 * scalar or an unknown rank, which ONNX Runtime does not tell apart. `dtype` and `shape` are null for what is no tensor.
 */
export interface Port {
  readonly name: string
  readonly dtype: DType | null
  readonly shape: Shape | null
}

/** `float32[1,3,224,224]`, for messages. */
export function arrayToString(array: NdArray): string {
  return `${array.dtype}${shapeToString(array.shape)}`
}
