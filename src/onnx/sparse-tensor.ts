import { InvalidModelError } from '../errors.js'
import { CHUNK_BYTES, MemoryTensor, type Tensor } from '../ir/tensor.js'
import { type DType, denseBytes, dtypeBits, elementCount } from '../ir/type.js'

/** A tensor stored as its non-zero values and their places. Reads as the dense tensor that it stands for. */
export class SparseTensor implements Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly #values: Tensor
  /** Places in the flattened dense tensor [NNZ]. */
  readonly #places: Float64Array

  constructor(shape: readonly number[], values: Tensor, indices: Tensor, label: string) {
    this.dtype = values.dtype
    this.shape = shape
    this.byteLength = denseBytes(values.dtype, elementCount(shape))
    this.#values = values
    this.#places = linearPlaces(shape, values, indices, label)
    if (dtypeBits(values.dtype) < 8)
      throw new InvalidModelError(`Sparse tensor "${label}" has the unusual type ${values.dtype}.`)
  }

  read(): Uint8Array {
    const width = dtypeBits(this.dtype) / 8
    const dense = new Uint8Array(this.byteLength)
    const values = this.#values.read()
    for (const [i, place] of this.#places.entries()) {
      dense.set(values.subarray(i * width, (i + 1) * width), place * width)
    }
    return dense
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.read().slice(offset, offset + length)
  }

  *chunks(bytes = CHUNK_BYTES): Iterable<Uint8Array> {
    const dense = this.read()
    for (let at = 0; at < dense.byteLength; at += bytes) yield dense.subarray(at, at + bytes)
  }

  /** Small by nature: the result is dense, in memory. */
  map(f: (chunk: Uint8Array, at: number) => void): Tensor {
    const dense = this.read()
    f(dense, 0)
    return new MemoryTensor(this.dtype, this.shape, dense)
  }
}

function linearPlaces(shape: readonly number[], values: Tensor, indices: Tensor, label: string): Float64Array {
  const nnz = values.shape[0] ?? 0
  const rank = shape.length
  const byAxis = indices.shape.length === 2
  const fits =
    values.shape.length === 1 &&
    indices.shape[0] === nnz &&
    (byAxis ? indices.shape[1] === rank : indices.shape.length === 1)
  if (!fits || indices.dtype !== 'int64') {
    throw new InvalidModelError(
      `Sparse tensor "${label}" has values [${values.shape.join(',')}] and ${indices.dtype} indices [${indices.shape.join(',')}], which do not fit together.`,
    )
  }
  const bytes = indices.read()
  const numbers = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
  const places = new Float64Array(nnz)
  const elements = elementCount(shape)
  for (let i = 0; i < nnz; i++) {
    let place = 0
    if (!byAxis) place = Number(numbers[i])
    else for (const [axis, d] of shape.entries()) place = place * d + Number(numbers[i * rank + axis])
    if (place < 0 || place >= elements)
      throw new InvalidModelError(`Sparse tensor "${label}" has an index out of its shape.`)
    places[i] = place
  }
  return places
}
