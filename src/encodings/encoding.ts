import type { Attr } from '../ir/attr.js'
import type { Tensor } from '../ir/tensor.js'
import type { DType } from '../ir/type.js'
import type { Digits } from './digits.js'

/** What a tensor is before its bytes are there: enough to tell what it will take. Every tensor is one. */
export interface Spec {
  readonly dtype: DType
  readonly shape: readonly number[]
}

/**
 * What a file holds in place of a tensor. With `Spec` for S it is a plan, whose bytes are still to be made; with
 * `Tensor` it can be built into a model. The numbers inside of one encoding are encoded themselves: the values at the
 * places that `gaps` names may be a codebook, or float16.
 */
export type Encoded<S extends Spec = Tensor> =
  | Dense<S>
  | Cast<S>
  | Int8<S>
  | Codebook<S>
  | Gaps<S>
  | Bitmask<S>
  | LowRank<S>
  | Repeated

export type EncodingName = Encoded['encoding']
export type EncodedAs<N extends EncodingName, S extends Spec = Tensor> = Extract<Encoded<S>, { readonly encoding: N }>

interface Made {
  readonly encoding: string
  /** Of what comes out. */
  readonly dtype: DType
  readonly shape: readonly number[]
}

/** As it is. */
export interface Dense<S extends Spec = Tensor> extends Made {
  readonly encoding: 'dense'
  readonly tensor: S
}

/** Every element in a narrower type: float16 or bfloat16 of float32, int8 of int64. */
export interface Cast<S extends Spec = Tensor> extends Made {
  readonly encoding: 'cast'
  /** Of the shape of what comes out. */
  readonly stored: S
}

/** Steps of equal size: code * scale. */
export interface Int8<S extends Spec = Tensor> extends Made {
  readonly encoding: 'int8'
  /** int8, of the shape of what comes out. */
  readonly codes: S
  /** Of the type of what comes out, and a shape that broadcasts to it: one step for all, or one for each channel. */
  readonly scale: S
}

/** A few values, and which of them each element is. */
export interface Codebook<S extends Spec = Tensor> extends Made {
  readonly encoding: 'codebook'
  /** [K], K at most the base of the codes; float16 where what comes out is float32, or of the type of that. */
  readonly palette: S
  /** As many as there are elements, or a few more to fill the last word. */
  readonly codes: Digits<S>
}

/**
 * The elements that are not zero, and how far each is from the one before it; the first one's distance is that from
 * element 0. A distance that is no digit is walked in steps of base - 1, at each of which stands a zero; after the last
 * come repetitions of it, a distance of 0 away, until the words are full.
 */
export interface Gaps<S extends Spec = Tensor> extends Made {
  readonly encoding: 'gaps'
  readonly gaps: Digits<S>
  /** Of shape [1, 1, m] for float32, [m] otherwise: one for every gap. */
  readonly values: Encoded<S>
}

/** A bit for every element, and the elements that are not zero. */
export interface Bitmask<S extends Spec = Tensor> extends Made {
  readonly encoding: 'bitmask'
  /** Of base 2, as many as there are elements or a few more. */
  readonly mask: Digits<S>
  /** [1 + n]: a zero, and the others in order. */
  readonly values: Encoded<S>
}

/** A product of two factors: [m, r] and [r, n]. */
export interface LowRank<S extends Spec = Tensor> extends Made {
  readonly encoding: 'low-rank'
  readonly left: Encoded<S>
  readonly right: Encoded<S>
}

/** The same value everywhere. */
export interface Repeated extends Made {
  readonly encoding: 'repeated'
  /** [1]; known from the start. */
  readonly element: Tensor
}

/**
 * Where the nodes of an encoding go: into a model, or onto scales that only tell what they would take. `V` stands for
 * what a node makes.
 */
export interface Builder<V, S extends Spec> {
  /** Numbers that belong to this tensor alone. */
  constant(tensor: S): V
  /** Small numbers, of which one copy serves everybody in the graph who asks for the same. */
  shared(tensor: Tensor): V
  /** @param out  what comes out: ONNX Runtime holds all of it in memory until every weight is decoded */
  node(op: string, inputs: readonly V[], out: Spec, attrs?: Readonly<Record<string, Attr>>): V
  /** As `node`, for what depends on shared numbers alone: made once. */
  sharedNode(op: string, inputs: readonly V[], out: Spec, attrs?: Readonly<Record<string, Attr>>): V
}

/** One way to store a tensor, and the ops that give it back. */
export interface Encoding<N extends EncodingName = EncodingName> {
  readonly name: N
  /** What it does, for people. */
  readonly summary: string
  /** What tensors may be of, for ONNX Runtime to decode them, and to do it once, when it loads the model. */
  readonly dtypes: readonly DType[] | 'all'
  /** What is stored, in a few words: `codebook of 16`. */
  label(encoded: EncodedAs<N, Spec>, inner: (part: Encoded<Spec>) => string): string
  /**
   * Adds the nodes that give the tensor back.
   *
   * @param inner  does the same for what is encoded inside of it
   * @returns what the last node makes
   */
  build<V, S extends Spec>(encoded: EncodedAs<N, S>, into: Builder<V, S>, inner: (part: Encoded<S>) => V): V
}

/** For the table: the right member gets each encoding (`index.ts`). */
export function defineEncoding<N extends EncodingName>(encoding: Encoding<N>): Encoding<N> {
  return encoding
}
