import { graphs } from '../../ir/walk.js'
import { counted, type Finder } from './finding.js'

/** Initializers that neither a node nor an output reads. */
export const unusedInitializers: Finder = ({ model, bytesOf }) => {
  const unused = [...graphs(model)].flatMap((graph) => [...graph.initializers].filter(({ uses }) => uses.size === 0))
  if (unused.length === 0) return []
  return [
    {
      kind: 'unused-initializers',
      what: `${counted(unused.length, 'initializer')} ${unused.length === 1 ? 'is' : 'are'} read by nothing.`,
      targets: unused.map((value) => value.name),
      bytes: unused.reduce((sum, value) => sum + bytesOf(value), 0),
      remedy: 'mcompress simplify removes them.',
    },
  ]
}
