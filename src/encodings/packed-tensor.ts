import { InvalidModelError } from '../errors.js'
import { CHUNK_BYTES, DenseTensor } from '../ir/tensor.js'
import type { DType } from '../ir/type.js'
import { evaluate, type Step } from './evaluate.js'
import { UndecodableError } from './kernels/kernel.js'

/** Decoded when it is read, and remembered as long as there is memory for it. */
export class PackedTensor extends DenseTensor {
  readonly #name: string
  readonly #step: Step
  #decoded: WeakRef<Uint8Array> | null = null

  constructor(name: string, dtype: DType, shape: readonly number[], step: Step) {
    super(dtype, shape)
    this.#name = name
    this.#step = step
  }

  read(): Uint8Array {
    return this.#bytes().slice()
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.#bytes().slice(offset, offset + length)
  }

  *chunks(bytes = CHUNK_BYTES): Iterable<Uint8Array> {
    const all = this.#bytes()
    for (let at = 0; at < all.byteLength; at += bytes) yield all.slice(at, at + bytes)
  }

  #bytes(): Uint8Array {
    const known = this.#decoded?.deref()
    if (known !== undefined) return known
    const bytes = this.#evaluate()
    this.#decoded = new WeakRef(bytes)
    return bytes
  }

  #evaluate(): Uint8Array {
    try {
      return evaluate(this.#step)
    } catch (error) {
      if (!(error instanceof UndecodableError)) throw error
      throw new InvalidModelError(`The packed weight "${this.#name}" cannot be decoded: ${error.message}.`, {
        suggestions: ['The file is damaged, or whatever packed it made a mistake: take it from its source again.'],
        cause: error,
      })
    }
  }
}
