import type { Tensor } from '../../ir/tensor.js'
import { zeroing } from './cut.js'
import { bytesPerWeight, type WeightDType } from './keys.js'

/** Which weights of one tensor go, a bit each, in storage order. For patterns that no threshold describes. */
export class Mask {
  readonly #bits: Uint8Array

  constructor(elements: number) {
    this.#bits = new Uint8Array(Math.ceil(elements / 8))
  }

  set(position: number): void {
    this.#bits[position >> 3] = (this.#bits[position >> 3] as number) | (1 << (position & 7)) // inside the array
  }

  has(position: number): boolean {
    return (((this.#bits[position >> 3] as number) >> (position & 7)) & 1) === 1 // inside the array
  }

  /** The tensor with zeros where the mask has bits, computed while it is read or written. */
  apply(tensor: Tensor, dtype: WeightDType): Tensor {
    const width = bytesPerWeight(dtype)
    return tensor.map((chunk, at) => {
      const zero = zeroing(dtype, chunk)
      const first = at / width
      const n = chunk.byteLength / width
      for (let i = 0; i < n; i++) if (this.has(first + i)) zero(i)
    })
  }
}
