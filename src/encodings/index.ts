import type { DType } from '../ir/type.js'
import { bitmask } from './bitmask.js'
import { cast } from './cast.js'
import { codebook } from './codebook.js'
import { dense } from './dense.js'
import type { Builder, Encoded, Encoding, EncodingName, Spec } from './encoding.js'
import { gaps } from './gaps.js'
import { int8 } from './int8.js'
import { lowRank } from './low-rank.js'
import { repeated } from './repeated.js'

/** Every way to store a tensor, in the order in which the docs show them. */
export const encodings: { readonly [N in EncodingName]: Encoding<N> } = {
  dense,
  cast,
  int8,
  codebook,
  gaps,
  bitmask,
  'low-rank': lowRank,
  repeated,
}

/** All encodings together need it: BitShift, CumSum and ScatterElements are of opset 11. */
export const ENCODINGS_OPSET = 11

/** ONNX Runtime folds no larger output: `optimization.constant_folding_max_output_size_in_bytes`. */
export const MOST_FOLDED_BYTES = 2 ** 30

/** Of bfloat16: before, neither Cast nor Gather take it, and what is laid into zeros needs those of ConstantOfShape. */
const BFLOAT16_OPSET = 13
const BFLOAT16_ZEROS_OPSET = 20
const WITH_ZEROS: ReadonlySet<EncodingName> = new Set(['gaps', 'repeated'])

/**
 * Whether the standard allows it, and ONNX Runtime decodes it, and when it loads the model: what is multiplied in float16 it would decode in every
 * run. Measured for each pair with onnxruntime-node and onnxruntime-web 1.30, at every level of optimization.
 */
export function supports(encoding: EncodingName, dtype: DType, opset = ENCODINGS_OPSET): boolean {
  const least = WITH_ZEROS.has(encoding) ? BFLOAT16_ZEROS_OPSET : BFLOAT16_OPSET
  if (encoding !== 'dense' && dtype === 'bfloat16' && opset < least) return false
  const { dtypes } = encodings[encoding]
  return dtypes === 'all' || dtypes.includes(dtype)
}

/** Adds the nodes that give a tensor back. @returns what the last of them makes */
export function build<V, S extends Spec>(encoded: Encoded<S>, into: Builder<V, S>): V {
  return memberFor(encoded).build(encoded, into, (part) => build(part, into))
}

/** What is stored, in a few words: `gaps below 40 + codebook of 16`. */
export function label(encoded: Encoded<Spec>): string {
  return memberFor(encoded).label(encoded, label)
}

/** A member of the table that is given the encodings of its own name alone. */
interface Member {
  label(encoded: Encoded<Spec>, inner: (part: Encoded<Spec>) => string): string
  build<V, S extends Spec>(encoded: Encoded<S>, into: Builder<V, S>, inner: (part: Encoded<S>) => V): V
}

function memberFor({ encoding }: Encoded<Spec>): Member {
  return encodings[encoding] as unknown as Member // the compiler cannot follow the names through the union
}
