import { DenseTensor } from '../ir/tensor.js'
import type { Encoded, Spec } from './encoding.js'
import { mapTensors } from './map-tensors.js'

/** Zeros that take no memory: a plan can be built into a model with them, to see what it takes. */
class Zeros extends DenseTensor {
  read(): Uint8Array {
    return new Uint8Array(this.byteLength)
  }

  readAt(_: number, length: number): Uint8Array {
    return new Uint8Array(length)
  }

  *chunks(bytes = 1 << 16): Iterable<Uint8Array> {
    for (let at = 0; at < this.byteLength; at += bytes) yield new Uint8Array(Math.min(bytes, this.byteLength - at))
  }
}

/** A plan with zeros in place of the numbers that are still to be made. */
export function blank(plan: Encoded<Spec>): Encoded {
  return mapTensors(plan, ({ dtype, shape }) => new Zeros(dtype, shape))
}
