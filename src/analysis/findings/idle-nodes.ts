import type { Node, Value } from '../../ir/graph.js'
import { walk } from '../../ir/walk.js'
import { counted, type Finder } from './finding.js'
import { liveNodes } from './live.js'

/** Identity, and Dropout, which does nothing but in training. */
export const idleNodes: Finder = ({ model }) => {
  const live = liveNodes(model)
  const found = [...walk(model)].filter((node) => {
    return live.has(node) && /^(Identity|Dropout)$/.test(node.type) && !isNeeded(node)
  })
  if (found.length === 0) return []
  return [
    {
      kind: 'idle-nodes',
      what: `${counted(found.length, 'node')} (${[...new Set(found.map(({ op }) => op))].join(', ')}) ${found.length === 1 ? 'hands on its' : 'hand on their'} input as it is.`,
      targets: found.map((node) => node.label),
      bytes: 0,
      remedy: 'mcompress simplify removes them.',
    },
  ]
}

/** A file names an output by the node that makes it: something must, where it is an input, a constant, or made elsewhere. */
function isNeeded({ graph, inputs: [input], outputs }: Node): boolean {
  const isOutput = (value: Value | null | undefined) => [...(value?.uses ?? [])].some((use) => 'slot' in use)
  if (!input || !outputs.some(isOutput)) return false
  return input.graph !== graph || input.producer === null || isOutput(input)
}
