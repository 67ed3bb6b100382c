import type { Node, Value } from '../ir/graph.js'
import type { Shape } from '../ir/type.js'
import { constantOf } from '../ir/walk.js'

/** The shape that is known of a value, which need not be all of its extents; null for none. */
export type KnownShape = (value: Value) => Shape | null

/**
 * The rank that values have at the least, as it follows from the ops: so a value without a known shape may be known
 * to be no scalar. 0 says nothing.
 *
 * @param nodes  each after its inputs; what comes too early says nothing
 */
export function leastRanks(nodes: Iterable<Node>, shapeOf: KnownShape): (value: Value) => number {
  const found = new Map<Value, number>()
  const rankOf = (value: Value | null | undefined): number =>
    value ? (constantOf(value)?.shape.length ?? shapeOf(value)?.length ?? found.get(value) ?? 0) : 0
  for (const node of nodes) {
    const rank = node.domain === '' ? RANKS[node.op]?.(node, rankOf, shapeOf) : undefined
    const [output] = node.outputs
    if (output && rank !== undefined) found.set(output, Math.max(0, rank))
  }
  return rankOf
}

type Rule = (node: Node, rankOf: (value: Value | null | undefined) => number, shapeOf: KnownShape) => number

const ofFirst: Rule = ({ inputs: [x] }, rankOf) => rankOf(x)
const ofLargest: Rule = ({ inputs }, rankOf) => Math.max(...inputs.map(rankOf))
const ofReduced: Rule = (node, rankOf) => (node.int('keepdims', 1) === 0 ? 0 : rankOf(node.inputs[0]))

const RANKS: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Concat', 'Conv'].map((op) => [op, ofLargest])),
  ...Object.fromEntries(
    ['Sqrt', 'Sigmoid', 'Relu', 'Softmax', 'Slice', 'BatchNormalization'].map((op) => [op, ofFirst]),
  ),
  ReduceMean: ofReduced,
  Transpose: (node, rankOf) => node.ints('perm')?.length ?? rankOf(node.inputs[0]),
  /** As many as the shape has numbers. */
  Reshape: ({ inputs: [, shape] }, _, shapeOf) => {
    const length = shape ? (constantOf(shape)?.shape ?? shapeOf(shape))?.[0] : undefined
    return typeof length === 'number' ? length : 0
  },
  Squeeze: (node, rankOf) => rankOf(node.inputs[0]) - (node.ints('axes')?.length ?? Number.POSITIVE_INFINITY),
  /** Of two vectors a scalar; of a vector and a matrix a vector. */
  MatMul: ({ inputs: [a, b] }, rankOf) => {
    const ranks = [rankOf(a), rankOf(b)]
    return Math.max(...ranks) - (Math.min(...ranks) < 2 ? 1 : 0)
  },
}
