import type { Node } from '../ir/graph.js'

/** Ops whose results differ from run to run, or hang on more than their inputs. */
const OTHERS: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
])

/** Whether equal inputs give equal results in every run. Ops of other domains are taken to be anything. */
export function isDeterministic(node: Node): boolean {
  if (node.domain !== '' || OTHERS.has(node.op) || node.overload !== '') return false
  // In training mode it draws by lot, and without a mode input it passes its input on, which is another rule's matter.
  if (node.op === 'Dropout') return false
  for (const _ of node.graphs()) return false
  return true
}
