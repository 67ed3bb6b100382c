import { calledBy } from '../../ir/calls.js'
import type { Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { constantOf, graphs } from '../../ir/walk.js'
import { counted, type Finder } from './finding.js'

/** They have other values in each run, keep weights small on purpose, or are another finding. */
const NOT_FOLDED =
  /^(Constant$|Identity|Dropout|Random|Bernoulli|Multinomial|QuantizeLinear|DequantizeLinear|DynamicQuantizeLinear)/

/** Nodes that compute the same in every run, as all of their inputs are constants. */
export const foldableNodes: Finder = ({ model }) => {
  const fixed = new Set<Value>()
  const found: Node[] = []
  for (const graph of graphs(model)) {
    for (const node of graph.nodes) {
      if (!isFixed(node) || calledBy(model, node) !== undefined) continue
      found.push(node)
      for (const output of node.outputs) if (output !== null) fixed.add(output)
    }
  }
  if (found.length === 0) return []
  return [
    {
      kind: 'foldable-nodes',
      what: `${counted(found.length, 'node')} ${found.length === 1 ? 'computes' : 'compute'} the same in every run.`,
      targets: found.map((node) => node.label),
      bytes: 0,
      remedy: 'mcompress simplify puts the results in their place, where that makes the file no larger.',
    },
  ]

  function isFixed(node: Node): boolean {
    if (node.domain !== '' || NOT_FOLDED.test(node.op) || [...node.graphs()].length > 0) return false
    const inputs = node.inputs.filter((value) => value !== null)
    return inputs.length > 0 && inputs.every((value) => fixed.has(value) || isNumbers(constantOf(value)))
  }
}

/** Text stays where it is. */
function isNumbers(tensor: Tensor | null): boolean {
  return tensor !== null && tensor.dtype !== 'string'
}
