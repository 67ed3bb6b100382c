import type { Encoded, Spec } from '../../encodings/encoding.js'

/** How much each element of a weight counts, where they do not count the same: of a shape that broadcasts to the weight's. */
export interface Importance {
  readonly shape: readonly number[]
  readonly values: Float64Array
}

/** What may become of a tensor. */
export interface Bound {
  /** Of the relative error of a matrix or a kernel, see `Plan.error`; 0 allows what is bit for bit, Infinity anything. */
  readonly maxError: number
  /** The same of a vector: biases and scales are few, and each counts much. */
  readonly maxVectorError: number
  /** Of values in a palette, zero included; null for as many as an encoding takes. */
  readonly mostValues: number | null
}

/** One way to store a tensor, before it is done. */
export interface Plan {
  readonly encoded: Encoded<Spec>
  /** In the file, nodes included; what is shared among tensors is not counted. */
  readonly bytes: number
  /** What decoding makes at load. */
  readonly loadBytes: number
  /** Root of the sum of h (w - v)^2 by the root of the sum of h w^2, for weights w, what comes out v, importance h; 0 is bit for bit. */
  readonly error: number
}
