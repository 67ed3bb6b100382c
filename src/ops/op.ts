import type { Attr } from '../ir/attr.js'
import type { Node, Value } from '../ir/graph.js'
import type { Shape } from '../ir/type.js'
import type { CoupleRule, CutRule } from './coupling.js'

/** An input of a node that holds trained weights, and what its axes mean. Negative axes count from the end. */
export interface WeightSpec {
  /** The input that holds them. */
  readonly input: number
  /** The axis of the outputs: one slice along it makes one output channel, unit or row. */
  readonly out: number
  /** The axis that is summed over with the input (n:m patterns lie along it). */
  readonly in: number
  /** Embedding tables are looked up, not multiplied: pruned on request only. */
  readonly kind: 'weight' | 'embedding'
  /** Set when the weights are stored as integers or codes: why they cannot be pruned as they are. */
  readonly quantized?: string
  /** Activations may stand here as well (either side of a MatMul): an input that is no constant is nothing to report. */
  readonly eitherSide?: boolean
  /** What the weights are multiplied with, where that is an input of the node as it comes; absent where it is not. */
  readonly activation?: Activation
}

/** The other factor of a product with weights. */
export interface Activation {
  readonly input: number
  /** The axis that is summed over; `patches` are the windows of a convolution, which its attributes describe. */
  readonly over: number | 'patches'
  /** All matrices of a stack of weights (the directions of a recurrent layer) are multiplied with the same. */
  readonly shared?: true
}

/** The shapes around a node, concrete; null where ONNX Runtime could not tell. */
export interface NodeShapes {
  input(index: number): readonly number[] | null
  output(index: number): readonly number[] | null
}

/**
 * A node as it was written for the version before, and the means to say the same in the next one. Nodes and constants
 * that a rule adds are already those of the next version.
 */
export interface Upgrade {
  readonly node: Node
  /**
   * Attributes; the default where the node has none.
   *
   * @throws a refusal when the value is that of a call, in a function: no rule can look at it
   */
  int(name: string, otherwise: number): number
  float(name: string, otherwise: number): number
  string(name: string, otherwise: string): string
  ints(name: string): readonly number[] | null
  floats(name: string): readonly number[] | null
  input(index: number): Value | null
  /** The axes of a value; null when they are not known. */
  rank(value: Value | null): number | null
  /** The extents of a value, as numbers only where they hold for every input of the model; null without a rank. */
  shape(value: Value | null): Shape | null

  /** New constants, called after what they are for; equal ones of a graph are one. */
  int64(name: string, values: readonly number[], shape?: readonly number[]): Value
  float32(name: string, values: readonly number[], shape?: readonly number[]): Value
  /** With the element type of an input, which must be a float; a scalar unless told. @throws a refusal when it is not known */
  floatsLike(input: number, name: string, values: readonly number[], shape?: readonly number[]): Value
  /** A node in front of this one. @returns its only output */
  add(op: string, inputs: readonly (Value | null)[], attrs?: Readonly<Record<string, Attr>>): Value

  setInput(index: number, value: Value | null): void
  /** @param a  null takes the attribute away */
  setAttr(name: string, a: Attr | null): void
  /**
   * An int or ints attribute becomes an input, int64; in a function also one whose value is that of a call.
   *
   * @param scalar  an int becomes [] and not [1]
   */
  moveToInput(attribute: string, index: number, options?: { readonly scalar?: boolean }): void
  /** The node is another one from now on, whose only output is what its first one was. Its name stays. */
  become(op: string, inputs: readonly (Value | null)[], attrs: Readonly<Record<string, Attr>>): void
  /** Takes the outputs behind the first `count` away. @throws a refusal with the reason when one of them is used */
  keepOutputs(count: number, why: string): void
  /** @param why  a clause that goes on after the node's name: "its mask is used" */
  refuse(why: string): never
}

export type UpgradeRule = (u: Upgrade) => void

/**
 * What the toolkit knows of one op family. Interpreters (pruning, MACs, ...) are short loops elsewhere.
 * A field that is absent says "not supported" and not "nothing to do".
 */
export interface OpDefinition {
  /** `Conv`, or `com.microsoft.FusedConv` outside the standard domain. */
  readonly types: readonly string[]
  readonly weights?: (node: Node) => readonly WeightSpec[]
  /**
   * Multiply-accumulate operations of one run. Absent for ops that have none (their cost is not
   * multiplications with weights or between activations), null when a shape is not known.
   */
  readonly macs?: (node: Node, shapes: NodeShapes) => number | null
  /**
   * By version of ai.onnx: how a node that was written for the version before says the same in this one. Versions
   * that read old nodes as they are need no rule (versions.ts knows which do).
   */
  readonly upgrade?: Readonly<Record<number, UpgradeRule>>
  /**
   * How the axes of its values hang together, for structured pruning; or, as a clause that goes on after the node's name,
   * why nothing around it can be pruned. Without it nothing is, as for an op that nobody knows.
   */
  readonly couple?: CoupleRule | string
  /** What of the node follows when axes around it lose elements; without it nothing has to. */
  readonly cut?: CutRule
}

export function defineOp(definition: OpDefinition): OpDefinition {
  return definition
}
