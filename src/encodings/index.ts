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
