import { walk } from '../../ir/walk.js'
import { counted, type Finder } from './finding.js'
import { liveNodes } from './live.js'

/** Identity, and Dropout, which does nothing but in training. */
export const idleNodes: Finder = ({ model }) => {
  const live = liveNodes(model)
  const found = [...walk(model)].filter((node) => live.has(node) && /^(Identity|Dropout)$/.test(node.type))
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
