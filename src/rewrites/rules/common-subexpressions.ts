import type { Graph, Node } from '../../ir/graph.js'
import { graphs } from '../../ir/walk.js'
import { isDeterministic } from '../deterministic.js'
import { attrDigest } from '../digest.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * The same op on the same inputs gives the same result:
 *
 *   y = f(x), z = f(x)   =>   y = f(x), z = y
 *
 * Within one graph, in its order, so that what feeds equal nodes is one value already when they are compared.
 */
export const commonSubexpressions = defineRule({
  name: 'common-subexpressions',
  apply: (edit) => {
    for (const graph of [...graphs(edit.model)]) merge(edit, graph)
  },
})

function merge(edit: Edit, graph: Graph): void {
  const known = new Map<string, Node>()
  for (const node of graph.nodes) {
    const key = keyOf(node)
    if (key === null) continue
    const first = known.get(key)
    if (first === undefined) known.set(key, node)
    else if (standsIn(edit, first, node)) edit.change(node.label, 'common subexpression removed')
  }
}

function keyOf(node: Node): string | null {
  if (!isDeterministic(node)) return null
  const attrs = [...node.attrs].map(([name, a]) => [name, attrDigest(a)])
  if (attrs.some(([, digest]) => digest === null)) return null
  const inputs = node.inputs.map((value) => value?.id ?? '')
  return JSON.stringify([node.op, inputs, attrs.sort(), node.outputs.map((value) => value !== null)])
}

/** All outputs or none: one that cannot be replaced (it is an output of the graph) keeps the node, and then all of it. */
function standsIn(edit: Edit, first: Node, node: Node): boolean {
  const pairs = node.outputs.flatMap((from, i) => {
    const to = first.outputs[i]
    return from && to ? [{ from, to }] : []
  })
  if (pairs.some(({ from }) => [...from.uses].some((use) => 'slot' in use)) && pairs.length > 1) return false
  if (!pairs.every(({ from, to }) => edit.replace(from, to))) return false
  edit.model.removeNode(node)
  return true
}
