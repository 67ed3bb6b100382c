import type { Node } from '../ir/graph.js'

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
}

/** The shapes around a node, concrete; null where ONNX Runtime could not tell. */
export interface NodeShapes {
  input(index: number): readonly number[] | null
  output(index: number): readonly number[] | null
}

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
}

export function defineOp(definition: OpDefinition): OpDefinition {
  return definition
}
