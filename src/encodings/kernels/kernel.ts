import type { Node } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { dtypeBits } from '../../ir/type.js'
import type { Spec } from '../encoding.js'

/** What is known of an input before anything is computed. */
export interface Known extends Spec {
  /** What it holds, where it is a constant: shapes, axes and places follow from it. */
  readonly tensor: Tensor | null
}

/**
 * What a node comes to, before it is computed. Bytes go in and out as tensors hold them: little-endian, dense, aligned
 * to 8; what comes out may be what went in, so nobody changes them.
 */
export interface Planned {
  readonly out: Spec
  /** @param inputs  in the order of the node's; empty where one is left out */
  run(inputs: readonly Uint8Array[]): Uint8Array
}

/** How one op is computed: exactly as ONNX Runtime does on a CPU. */
export interface Kernel {
  readonly ops: readonly string[]
  /** @returns null for a form of the op that is not computed here */
  plan(node: Node, inputs: readonly (Known | null)[]): Planned | null
}

/** What the constants of a decoder do not go together to. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError'
}

/** Constants of shapes, axes and places have at most so many numbers. */
const MOST_NUMBERS = 64

/** The integers of a small constant; null for anything else. */
export function integersOf(known: Known | null | undefined): readonly number[] | null {
  const tensor = known?.tensor ?? null
  if (tensor === null || tensor.byteLength > 8 * MOST_NUMBERS) return null
  const { buffer, byteOffset, byteLength } = tensor.read()
  if (tensor.dtype === 'int64') return Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number)
  return tensor.dtype === 'int32' ? [...new Int32Array(buffer, byteOffset, byteLength / 4)] : null
}

/** A parameter that is an attribute or an input, by opset; undefined when it is left out, null when it is computed. */
export function parameter(
  node: Node,
  name: string,
  inputs: readonly (Known | null)[],
  index: number,
): readonly number[] | null | undefined {
  const given = node.ints(name)
  if (given !== undefined) return given
  return node.inputs[index] ? integersOf(inputs[index]) : undefined
}

/** The known form of a constant, for `plan`. */
export function knownOf(tensor: Tensor): Known {
  return { dtype: tensor.dtype, shape: tensor.shape, tensor }
}

/** Bytes of an element; null for types that are not whole bytes, and strings. */
export function widthOf({ dtype }: Spec): 1 | 2 | 4 | 8 | null {
  const bits = dtypeBits(dtype)
  return bits === 8 || bits === 16 || bits === 32 || bits === 64 ? ((bits / 8) as 1 | 2 | 4 | 8) : null // these four
}

/** From 0 on, from one that may count from the end; null outside. */
export function axisOf(axis: number, rank: number): number | null {
  const from0 = axis < 0 ? axis + rank : axis
  return Number.isInteger(from0) && from0 >= 0 && from0 < rank ? from0 : null
}
