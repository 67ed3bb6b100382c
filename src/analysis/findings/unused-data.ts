import type { Finder } from './finding.js'

/** Files of external data are aligned to pages, some writers leave more between tensors. */
const PADDING = 1 << 16

/** Data files that are mostly read, but hold more than their model. */
export const unusedData: Finder = ({ unused, weights }) => {
  if (unused <= Math.max(PADDING, weights.length * 4096)) return []
  return [
    {
      kind: 'unused-data',
      what: 'Files of external data hold bytes that no tensor refers to.',
      targets: [],
      bytes: unused,
      remedy: 'Every command that writes the model leaves them out, such as mcompress simplify.',
    },
  ]
}
