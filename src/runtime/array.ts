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

/**
 * The elements as numbers: the array itself where it holds numbers already, a decoded copy of float16, bfloat16,
 * int64 and uint64 (beyond 2^53 rounded to the nearest float64).
 *
 * @throws TypeError for strings, and for types narrower than a byte or without a decoder
 */
export function toNumbers(array: NdArray): ArrayLike<number> {
  const { dtype, data } = array
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number)
  if (data instanceof Uint16Array && dtype === 'float16') return decodeFloat16(data)
  if (data instanceof Uint16Array && dtype === 'bfloat16') return decodeBfloat16(data)
  if (!ArrayBuffer.isView(data) || !PLAIN.has(dtype)) throw new TypeError(`${arrayToString(array)} holds no numbers.`)
  return data
}

const PLAIN: ReadonlySet<DType> = new Set([
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'bool',
])

/** IEEE 754 binary16, given as bits, to float32; exact. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const h = bits[i] ?? 0 // i < length
    const exponent = (h >> 10) & 31
    const fraction = h & 1023
    const magnitude =
      exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (exponent - 25)
    out[i] = h & 0x8000 ? -magnitude : magnitude
  }
  return out
}

/** bfloat16, given as bits, to float32: its upper half; exact. */
function decodeBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16
  return new Float32Array(words.buffer)
}
