import { DenseTensor } from '../ir/tensor.js'
import type { Encoded, Spec } from './encoding.js'

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
  const zeros = ({ dtype, shape }: Spec) => new Zeros(dtype, shape)
  switch (plan.encoding) {
    case 'dense':
      return { ...plan, tensor: zeros(plan.tensor) }
    case 'cast':
      return { ...plan, stored: zeros(plan.stored) }
    case 'int8':
      return { ...plan, codes: zeros(plan.codes), scale: zeros(plan.scale) }
    case 'codebook':
      return { ...plan, palette: zeros(plan.palette), codes: { ...plan.codes, words: zeros(plan.codes.words) } }
    case 'gaps':
      return { ...plan, gaps: { ...plan.gaps, words: zeros(plan.gaps.words) }, values: blank(plan.values) }
    case 'bitmask':
      return { ...plan, mask: { ...plan.mask, words: zeros(plan.mask.words) }, values: blank(plan.values) }
    case 'low-rank':
      return { ...plan, left: blank(plan.left), right: blank(plan.right) }
    case 'repeated':
      return plan
  }
}
