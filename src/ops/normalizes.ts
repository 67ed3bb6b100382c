import type { Node, Value } from '../ir/graph.js'
import { constantOf } from '../ir/walk.js'

/** Ops that hand on every element by itself, and what merely stands between them. */
const POINTWISE: ReadonlySet<string> = new Set([
  ...['Abs', 'Add', 'Cast', 'Clip', 'Div', 'Exp', 'Identity', 'Log', 'Max', 'Mul', 'Neg', 'Pow', 'Reciprocal', 'Sqrt'],
  ...['Sub', 'Reshape', 'Squeeze', 'Unsqueeze'],
])

/** What a mean, or one over a deviation, is applied with. */
const APPLIES: ReadonlySet<string> = new Set(['Sub', 'Add', 'Div', 'Mul'])

/** A normalization that is written out takes no more steps than this from one of its ends to the other. */
const FURTHEST = 8

/**
 * Whether the mean that a node takes is there to normalize what it is taken of, in a normalization that is written out:
 * it goes back, by way of pointwise ops, to the tensor that it comes from.
 *
 *   x - ReduceMean(x)
 *   x * Reciprocal(Sqrt(ReduceMean(Pow(x, 2)) + epsilon))
 */
export function normalizes(node: Node): boolean {
  const [input] = node.inputs
  const [mean] = node.outputs
  if (!input || !mean) return false
  const sources = sourcesOf(input)
  let reached = new Set<Value>([mean])
  for (let step = 0; step < FURTHEST && reached.size > 0; step++) {
    const next = new Set<Value>()
    for (const value of reached) {
      for (const use of value.uses) {
        if ('slot' in use || !POINTWISE.has(use.node.type)) continue
        if (APPLIES.has(use.node.type) && meets(use.node, value, sources)) return true
        for (const output of use.node.outputs) if (output !== null) next.add(output)
      }
    }
    reached = next
  }
  return false
}

/** Whether the other operand of a node has a source in common. */
function meets(node: Node, statistic: Value, sources: ReadonlySet<Value>): boolean {
  return node.inputs.some((other) => {
    if (other === null || other === statistic || constantOf(other) !== null) return false
    return [...sourcesOf(other)].some((value) => sources.has(value))
  })
}

/** A value and what it is made of by pointwise ops; constants are nobody's source. */
function sourcesOf(value: Value): ReadonlySet<Value> {
  const found = new Set([value])
  let last = [value]
  for (let step = 0; step < FURTHEST && last.length > 0; step++) {
    const next: Value[] = []
    for (const { producer } of last) {
      if (producer === null || !POINTWISE.has(producer.type)) continue
      for (const input of producer.inputs) {
        if (input === null || found.has(input) || constantOf(input) !== null) continue
        found.add(input)
        next.push(input)
      }
    }
    last = next
  }
  return found
}
