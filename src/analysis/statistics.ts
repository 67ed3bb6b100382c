import type { Model, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { type DType, dtypeBits, elementCount } from '../ir/type.js'
import { constantOf, graphs, valuesOf } from '../ir/walk.js'
import { zerosOfFloat32 } from './float32.js'
import { storedIn } from './unpacked.js'

/** Counts that are known already; a tensor never changes. */
const known = new WeakMap<Tensor, number>()

/** For a pass that knows how many elements of a tensor are not zero: nobody has to read it again. */
export function recordNonZero(tensor: Tensor, count: number): void {
  known.set(tensor, count)
}

/**
 * Elements that are not zero; -0 is zero, NaN is not. Of a type without a zero (float8e8m0, strings), all.
 * The tensor is read in chunks, once.
 */
export function nonZeroOf(tensor: Tensor): number {
  const recorded = known.get(tensor)
  if (recorded !== undefined) return recorded
  const count = elementCount(tensor.shape) - zerosOf(tensor)
  known.set(tensor, count)
  return count
}

function zerosOf(tensor: Tensor): number {
  if (tensor.dtype === 'float32') return zerosOfFloat32(tensor)
  const count = ZEROS[tensor.dtype]
  if (count === null) return 0
  const bits = dtypeBits(tensor.dtype)
  // Elements of 6 bits lie across the borders of chunks.
  const chunks = bits === 6 ? [tensor.read()] : tensor.chunks()
  let zeros = 0
  for (const chunk of chunks) zeros += count(chunk)
  // The last byte is filled up with zeros, which are no elements.
  const padding = bits < 8 ? Math.floor((tensor.byteLength * 8) / bits) - elementCount(tensor.shape) : 0
  return zeros - padding
}

type ZeroCounter = (chunk: Uint8Array) => number

/** How zeros are counted; null for a type that has none. The masks leave out the sign where there is a -0. */
const ZEROS: Readonly<Record<Exclude<DType, 'float32'>, ZeroCounter | null>> = {
  uint32: (chunk) => zeros32(chunk, -1),
  int32: (chunk) => zeros32(chunk, -1),
  float16: (chunk) => zeros16(chunk, 0x7fff),
  bfloat16: (chunk) => zeros16(chunk, 0x7fff),
  uint16: (chunk) => zeros16(chunk, 0xffff),
  int16: (chunk) => zeros16(chunk, 0xffff),
  uint8: (chunk) => zeros8(chunk, 0xff),
  int8: (chunk) => zeros8(chunk, 0xff),
  bool: (chunk) => zeros8(chunk, 0xff),
  float8e4m3fn: (chunk) => zeros8(chunk, 0x7f),
  float8e5m2: (chunk) => zeros8(chunk, 0x7f),
  // What would be -0 is their NaN.
  float8e4m3fnuz: (chunk) => zeros8(chunk, 0xff),
  float8e5m2fnuz: (chunk) => zeros8(chunk, 0xff),
  float8e8m0: null,
  float64: (chunk) => zeroWords(chunk, [-1, 0x7fffffff]),
  int64: (chunk) => zeroWords(chunk, [-1, -1]),
  uint64: (chunk) => zeroWords(chunk, [-1, -1]),
  complex64: (chunk) => zeroWords(chunk, [0x7fffffff, 0x7fffffff]),
  complex128: (chunk) => zeroWords(chunk, [-1, 0x7fffffff, -1, 0x7fffffff]),
  uint4: zerosPerByte(4, 0xf),
  int4: zerosPerByte(4, 0xf),
  float4e2m1: zerosPerByte(4, 0x7),
  uint2: zerosPerByte(2, 0x3),
  int2: zerosPerByte(2, 0x3),
  float6e2m3: (chunk) => zeros6(chunk, 0x1f),
  float6e3m2: (chunk) => zeros6(chunk, 0x1f),
  string: null,
}

// One loop for each width, over whole elements and without a branch. That of float32 is WebAssembly (float32.wat).

function zeros32(chunk: Uint8Array, mask: number): number {
  const words = new Int32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength >> 2)
  let zeros = 0
  for (let i = 0; i < words.length; i++) zeros += +(((words[i] as number) & mask) === 0) // i < length
  return zeros
}

function zeros16(chunk: Uint8Array, mask: number): number {
  const words = new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength >> 1)
  let zeros = 0
  for (let i = 0; i < words.length; i++) zeros += +(((words[i] as number) & mask) === 0) // i < length
  return zeros
}

function zeros8(chunk: Uint8Array, mask: number): number {
  let zeros = 0
  for (let i = 0; i < chunk.length; i++) zeros += +(((chunk[i] as number) & mask) === 0) // i < length
  return zeros
}

/** Elements of several 32-bit words, low word first. */
function zeroWords(chunk: Uint8Array, masks: readonly number[]): number {
  const words = new Int32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength >> 2)
  const width = masks.length
  let zeros = 0
  for (let i = 0; i < words.length; i += width) {
    let bits = 0
    for (let j = 0; j < width; j++) bits |= (words[i + j] as number) & (masks[j] as number) // both in range
    zeros += +(bits === 0)
  }
  return zeros
}

/** Elements of 4 or 2 bits, by a table of how many zeros a byte holds. */
function zerosPerByte(width: 2 | 4, mask: number): ZeroCounter {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => {
    let zeros = 0
    for (let bit = 0; bit < 8; bit += width) zeros += +(((byte >> bit) & mask) === 0)
    return zeros
  })
  return (chunk) => {
    let zeros = 0
    for (let i = 0; i < chunk.length; i++) zeros += table[chunk[i] as number] as number // i < length, a byte
    return zeros
  }
}

/** Elements of 6 bits, the first in the lowest bits. */
function zeros6(chunk: Uint8Array, mask: number): number {
  const elements = Math.floor((chunk.length * 8) / 6)
  let zeros = 0
  for (let i = 0; i < elements; i++) {
    const bit = i * 6
    const pair = (chunk[bit >> 3] ?? 0) | ((chunk[(bit >> 3) + 1] ?? 0) << 8)
    zeros += +(((pair >> (bit & 7)) & mask) === 0)
  }
  return zeros
}

/** Every constant of a model, initializers and outputs of Constant nodes, each once, in graph order. */
export function* constantsOf(model: Model): Iterable<{ readonly value: Value; readonly tensor: Tensor }> {
  for (const graph of graphs(model)) {
    for (const value of valuesOf(graph)) {
      const tensor = constantOf(value)
      if (tensor !== null) yield { value, tensor }
    }
  }
}

/** The constants of one element type. Elements of bool and string are no parameters. */
export interface DTypeCount {
  readonly dtype: DType
  readonly tensors: number
  readonly parameters: number
  readonly bytes: number
}

export interface ParameterCount {
  readonly parameters: number
  readonly nonZero: number
  /** The type with most bytes first. */
  readonly dtypes: readonly DTypeCount[]
}

/** Counts the elements of all constants that are numbers. Of what is packed the bytes are those in the file. */
export function countParameters(model: Model): ParameterCount {
  const byType = new Map<DType, { tensors: number; parameters: number; bytes: number }>()
  let parameters = 0
  let nonZero = 0
  const packed = storedIn(model)
  for (const { value, tensor } of constantsOf(model)) {
    const { dtype } = tensor
    const isNumber = dtype !== 'bool' && dtype !== 'string'
    const elements = isNumber ? elementCount(tensor.shape) : 0
    const count = byType.get(dtype) ?? { tensors: 0, parameters: 0, bytes: 0 }
    byType.set(dtype, {
      tensors: count.tensors + 1,
      parameters: count.parameters + elements,
      bytes: count.bytes + (packed.get(value)?.bytes ?? tensor.byteLength),
    })
    parameters += elements
    if (isNumber) nonZero += nonZeroOf(tensor)
  }
  const dtypes = [...byType].map(([dtype, count]) => ({ dtype, ...count })).sort((a, b) => b.bytes - a.bytes)
  return { parameters, nonZero, dtypes }
}
