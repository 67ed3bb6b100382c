import { constants } from 'node:buffer'
import { UnsupportedModelError } from '../errors.js'
import { CHUNK_BYTES, DenseTensor, type Tensor } from '../ir/tensor.js'
import { type DType, denseBytes, dtypeBits, elementCount } from '../ir/type.js'
import { invalid } from './invalid.js'

/** A tensor stored as its non-zero values and their places. Reads as the dense tensor that it stands for. */
export class SparseTensor extends DenseTensor {
  /** [NNZ] */
  readonly values: Tensor
  /** [NNZ] in the flattened tensor, or [NNZ, rank] */
  readonly indices: Tensor
  /** Places in the flattened dense tensor, ascending [NNZ]. */
  readonly #places: Float64Array
  /** For each of the places the element of `values` [NNZ]. */
  readonly #order: Uint32Array

  /**
   * @param where  the tensor and its file, for messages
   * @throws InvalidModelError, UnsupportedModelError
   */
  constructor(shape: readonly number[], values: Tensor, indices: Tensor, where: string) {
    const { dtype } = values
    if (dtypeBits(dtype) < 8) {
      throw new UnsupportedModelError(`Sparse tensor ${where} has the type ${dtype}.`, { suggestions: [MAKE_DENSE] })
    }
    const bytes = denseBytes(dtype, elementCount(shape))
    if (bytes > constants.MAX_LENGTH) {
      throw new UnsupportedModelError(
        `Sparse tensor ${where} stands for ${dtype}[${shape.join(',')}]: ${bytes} bytes, which no memory holds at once.`,
        { suggestions: [MAKE_DENSE] },
      )
    }
    super(dtype, shape)
    this.values = values
    this.indices = indices
    const places = linearPlaces(shape, values, indices, where)
    this.#order = ascending(places)
    this.#places = Float64Array.from(this.#order, (i) => places[i] ?? 0)
  }

  read(): Uint8Array {
    return this.readAt(0, this.byteLength)
  }

  readAt(offset: number, length: number): Uint8Array {
    const dense = new Uint8Array(length)
    this.#fill(dense, offset, this.values.read(), 0)
    return dense
  }

  *chunks(bytes = CHUNK_BYTES): Iterable<Uint8Array> {
    const values = this.values.read()
    let next = 0
    for (let at = 0; at < this.byteLength; at += bytes) {
      const chunk = new Uint8Array(Math.min(bytes, this.byteLength - at))
      next = this.#fill(chunk, at, values, next)
      yield chunk
    }
  }

  /**
   * @param at    where the chunk begins, at a whole element
   * @param from  the first of the places that may lie in it
   * @returns     the first that lies behind it
   */
  #fill(chunk: Uint8Array, at: number, values: Uint8Array, from: number): number {
    const width = dtypeBits(this.dtype) / 8
    for (let i = from; i < this.#places.length; i++) {
      const start = (this.#places[i] ?? 0) * width - at
      if (start >= chunk.byteLength) return i
      const value = (this.#order[i] ?? 0) * width
      if (start >= 0) chunk.set(values.subarray(value, value + width), start)
    }
    return this.#places.length
  }
}

const MAKE_DENSE = 'Store it as an ordinary, dense tensor.'

/** The specification wants int64; ONNX Runtime takes any signed integers. */
const INDICES: Partial<Record<DType, (bytes: Uint8Array) => ArrayLike<number | bigint>>> = {
  int64: (b) => new BigInt64Array(b.buffer, b.byteOffset, b.byteLength / 8),
  int32: (b) => new Int32Array(b.buffer, b.byteOffset, b.byteLength / 4),
  int16: (b) => new Int16Array(b.buffer, b.byteOffset, b.byteLength / 2),
  int8: (b) => new Int8Array(b.buffer, b.byteOffset, b.byteLength),
}

function linearPlaces(shape: readonly number[], values: Tensor, indices: Tensor, where: string): Float64Array {
  const nnz = values.shape[0] ?? 0
  const rank = shape.length
  const byAxis = indices.shape.length === 2
  const lay = INDICES[indices.dtype]
  const fits =
    values.shape.length === 1 &&
    indices.shape[0] === nnz &&
    (byAxis ? indices.shape[1] === rank : indices.shape.length === 1)
  if (!fits || lay === undefined) {
    throw invalid(
      `Sparse tensor ${where} has values [${values.shape.join(',')}] and ${indices.dtype} indices [${indices.shape.join(',')}], which do not fit together.`,
    )
  }
  const numbers = lay(indices.read())
  const places = new Float64Array(nnz)
  const elements = elementCount(shape)
  const refuse = (index: number): never => {
    throw invalid(`Sparse tensor ${where} has an index ${index}, which lies outside of its shape [${shape.join(',')}].`)
  }
  for (let i = 0; i < nnz; i++) {
    if (!byAxis) {
      const index = Number(numbers[i])
      places[i] = index >= 0 && index < elements ? index : refuse(index)
      continue
    }
    let place = 0
    for (const [axis, d] of shape.entries()) {
      const index = Number(numbers[i * rank + axis])
      place = place * d + (index >= 0 && index < d ? index : refuse(index))
    }
    places[i] = place
  }
  return places
}

/** The numbers 0, 1, ... in the order of the places; of equal places the last stays the last, as it counts. */
function ascending(places: Float64Array): Uint32Array {
  const order = Uint32Array.from(places.keys())
  const inOrder = places.every((place, i) => i === 0 || place >= (places[i - 1] ?? 0))
  return inOrder ? order : order.sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0) || a - b)
}
