import type { Node, Value } from '../../ir/graph.js'
import { constantOf, graphs, valuesOf, walk } from '../../ir/walk.js'
import { counted, type Finder } from './finding.js'
import { liveNodes } from './live.js'

/** Nodes that no output depends on. What only they read goes with them. */
export const deadNodes: Finder = ({ model, bytesOf }) => {
  const live = liveNodes(model)
  const dead = [...walk(model)].filter((node) => !live.has(node))
  if (dead.length === 0) return []
  const bytes = [...graphs(model)]
    .flatMap((graph) => [...valuesOf(graph)])
    .filter((value) => constantOf(value) !== null && isOnlyFor(value, live))
    .reduce((sum, value) => sum + bytesOf(value), 0)
  return [
    {
      kind: 'dead-nodes',
      what: `${counted(dead.length, 'node')} ${dead.length === 1 ? 'computes' : 'compute'} what no output depends on.`,
      targets: dead.map((node) => node.label),
      bytes,
      remedy: 'mcompress simplify removes them.',
    },
  ]
}

/** Of constants that nobody reads, only those of Constant nodes: initializers are another finding. */
function isOnlyFor(value: Value, live: ReadonlySet<Node>): boolean {
  if (value.uses.size === 0) return value.producer !== null
  return [...value.uses].every((use) => 'node' in use && !live.has(use.node))
}
