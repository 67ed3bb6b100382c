import type { Group, Member } from '../../analysis/dependencies/dependencies.js'

/**
 * What groups of one structure have in common, whatever their widths: how many weights of which ops and kernels make
 * them and read them. Such groups do the same work at other places of the model, so that their scores compare.
 *
 * @see  Fang et al. 2024, arXiv:2407.04616, 3.2
 */
export function signatureOf({ kind, producers, consumers }: Group): string {
  return [kind, counted(producers), counted(consumers)].join(' | ')
}

function counted(members: readonly Member[]): string {
  const counts = new Map<string, number>()
  for (const member of members) counts.set(shapeOf(member), (counts.get(shapeOf(member)) ?? 0) + 1)
  return [...counts]
    .map(([shape, count]) => `${count} ${shape}`)
    .sort()
    .join(' + ')
}

/** An op and what is no channel of its weights: the kernel of a convolution, and whether it has groups. */
function shapeOf({ node, input, stored }: Member): string {
  const kernel = stored?.source.axes.slice(2).map((axis) => (axis === null ? '?' : stored.source.tensor.shape[axis]))
  return `${node.type}.${input}[${kernel ?? '?'}]${node.int('group', 1) > 1 ? ' grouped' : ''}`
}
