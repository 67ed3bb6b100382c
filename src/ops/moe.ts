import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { defineOp, type NodeShapes } from './op.js'

/**
 * Each token passes through `k` of the experts:
 *
 *   MACs = tokens * k * (elements of all experts' matrices / experts)
 */
function moeMacs(node: Node, shapes: NodeShapes): number | null {
  const x = shapes.input(0) // [tokens, D] or [B, S, D]
  if (x === null) return null
  let perToken = 0
  for (const input of matricesOf(node)) {
    const w = shapes.input(input)
    if (w === null) return null
    perToken += elementCount(w.slice(1))
  }
  return elementCount(x.slice(0, -1)) * node.int('k', 1) * perToken
}

/** fc1 [E, inner, D], fc2 [E, D, inner] and, for gated units, fc3 [E, inner, D]. */
function matricesOf(node: Node): number[] {
  return [2, 4, 6].filter((input) => node.inputs[input])
}

/** A mixture of experts. @see com.microsoft.MoE as of ONNX Runtime 1.23; before, the experts were transposed. */
export const moe = defineOp({
  types: ['com.microsoft.MoE'],
  weights: (node) => matricesOf(node).map((input) => ({ input, out: 1, in: 2, kind: 'weight' as const })),
  macs: moeMacs,
})
