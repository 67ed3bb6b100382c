import { type DType, denseBytes, elementCount } from './type.js'

/** Where bytes lie in a file. The path is what a session may open; reading goes through the source. */
export interface FileRange {
  readonly source: FileSource
  readonly offset: number
  readonly length: number
}

/** An open file that stays readable when its name is given to another file. */
export interface FileSource {
  readonly path: string
  readonly size: number
  /** Fills `target` from `offset`. @throws IoError when the file has become shorter */
  readSync(target: Uint8Array, offset: number): void
}

/** Small enough to stay in a processor's own cache from one step to the next. */
export const CHUNK_BYTES = 1 << 19

/**
 * A constant. Immutable: a pass puts another one in its place.
 *
 * The bytes are little-endian and dense, as in TensorProto.raw_data; a float32 array can be laid over
 * what `read` and `chunks` give (aligned to 8 bytes, chunk lengths a multiple of 16 but for the last).
 */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly byteLength: number
  /** All bytes, in a fresh buffer that the caller may change. Not cached. */
  read(): Uint8Array
  /** Some of the bytes, in a fresh buffer. Offset and length lie inside, and at whole elements. */
  readAt(offset: number, length: number): Uint8Array
  /** The bytes in order. A chunk is only valid until the next one is asked for. */
  chunks(bytes?: number): Iterable<Uint8Array>
  /**
   * A tensor of the same dtype and shape whose bytes `f` changes in place, chunk by chunk, whenever they
   * are read. `at` is the byte offset of the chunk; chunks may come in any order and more than once.
   */
  map(f: (chunk: Uint8Array, at: number) => void): Tensor
  /** Set when the dense bytes lie in a file as they are. */
  readonly range?: FileRange
}

/** What all tensors have in common whose elements have a fixed width. */
export abstract class DenseTensor implements Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly byteLength: number

  constructor(dtype: DType, shape: readonly number[]) {
    this.dtype = dtype
    this.shape = shape
    this.byteLength = denseBytes(dtype, elementCount(shape))
  }

  abstract read(): Uint8Array
  abstract readAt(offset: number, length: number): Uint8Array
  abstract chunks(bytes?: number): Iterable<Uint8Array>

  map(f: (chunk: Uint8Array, at: number) => void): Tensor {
    return new MappedTensor(this, f)
  }
}

/** A tensor in memory. The bytes belong to it: nobody may change them afterwards. */
export class MemoryTensor extends DenseTensor {
  readonly #bytes: Uint8Array

  constructor(dtype: DType, shape: readonly number[], bytes: Uint8Array) {
    super(dtype, shape)
    if (bytes.byteLength !== this.byteLength) {
      throw new RangeError(`${dtype}[${shape.join(',')}] needs ${this.byteLength} bytes, got ${bytes.byteLength}`)
    }
    this.#bytes = bytes
  }

  read(): Uint8Array {
    return this.#bytes.slice()
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length)
  }

  *chunks(bytes = CHUNK_BYTES): Iterable<Uint8Array> {
    for (let at = 0; at < this.byteLength; at += bytes) yield this.#bytes.slice(at, at + bytes)
  }
}

/** A tensor that stays where it lies in a file. */
export class FileTensor extends DenseTensor {
  readonly range: FileRange

  constructor(dtype: DType, shape: readonly number[], range: FileRange) {
    super(dtype, shape)
    if (range.length !== this.byteLength) {
      throw new RangeError(`${dtype}[${shape.join(',')}] needs ${this.byteLength} bytes, got ${range.length}`)
    }
    this.range = range
  }

  read(): Uint8Array {
    return this.readAt(0, this.byteLength)
  }

  readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.range.source.readSync(bytes, this.range.offset + offset)
    return bytes
  }

  *chunks(bytes = CHUNK_BYTES): Iterable<Uint8Array> {
    const buffer = new Uint8Array(Math.min(bytes, this.byteLength))
    for (let at = 0; at < this.byteLength; at += bytes) {
      const chunk = buffer.subarray(0, Math.min(bytes, this.byteLength - at))
      this.range.source.readSync(chunk, this.range.offset + at)
      yield chunk
    }
  }
}

class MappedTensor extends DenseTensor {
  readonly #base: Tensor
  readonly #f: (chunk: Uint8Array, at: number) => void

  constructor(base: Tensor, f: (chunk: Uint8Array, at: number) => void) {
    super(base.dtype, base.shape)
    this.#base = base
    this.#f = f
  }

  read(): Uint8Array {
    return this.readAt(0, this.byteLength)
  }

  readAt(offset: number, length: number): Uint8Array {
    const bytes = this.#base.readAt(offset, length)
    this.#f(bytes, offset)
    return bytes
  }

  *chunks(bytes?: number): Iterable<Uint8Array> {
    let at = 0
    for (const chunk of this.#base.chunks(bytes)) {
      this.#f(chunk, at)
      at += chunk.byteLength
      yield chunk
    }
  }
}

/** String tensors have no dense form; their elements are bytes, UTF-8 by convention. */
export class StringTensor implements Tensor {
  readonly dtype = 'string' as const
  readonly shape: readonly number[]
  readonly strings: readonly Uint8Array[]

  constructor(shape: readonly number[], strings: readonly Uint8Array[]) {
    if (strings.length !== elementCount(shape)) {
      throw new RangeError(`string[${shape.join(',')}] needs ${elementCount(shape)} strings, got ${strings.length}`)
    }
    this.shape = shape
    this.strings = strings
  }

  get byteLength(): number {
    return this.strings.reduce((n, s) => n + s.byteLength, 0)
  }

  read(): Uint8Array {
    return Buffer.concat(this.strings)
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.read().subarray(offset, offset + length)
  }

  *chunks(): Iterable<Uint8Array> {
    if (this.byteLength > 0) yield this.read()
  }

  map(): Tensor {
    throw new TypeError('A string tensor has no bytes to map.')
  }
}
