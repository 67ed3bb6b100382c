import type { Node } from '../../ir/graph.js'
import { constantOf, walk } from '../../ir/walk.js'
import { counted, type Finder } from './finding.js'

/** Ops whose weights can take up a scale and a shift of their output channels. */
const LINEAR: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm'])

/** Batch normalization behind a layer that could do it along the way. */
export const foldableNorms: Finder = ({ model, bytesOf }) => {
  const found = [...walk(model)].filter(isFoldable)
  if (found.length === 0) return []
  const saved = found.flatMap((node) => node.inputs.slice(1, 4)) // the shift stays, as a bias
  return [
    {
      kind: 'foldable-norms',
      what: `${counted(found.length, 'BatchNormalization')} ${found.length === 1 ? 'stands' : 'stand'} behind a layer that could do the same along the way.`,
      targets: found.map((node) => node.label),
      bytes: saved.reduce((sum, value) => sum + (value?.uses.size === 1 ? bytesOf(value) : 0), 0),
      remedy: 'mcompress simplify folds them into the weights.',
    },
  ]
}

function isFoldable(node: Node): boolean {
  if (node.type !== 'BatchNormalization') return false
  const [x, ...parameters] = node.inputs
  const linear = x?.producer
  if (!x || !linear || x.uses.size > 1 || !LINEAR.has(linear.type)) return false
  const weight = linear.inputs[1]
  return [weight, ...parameters].every((value) => value && constantOf(value) !== null)
}
