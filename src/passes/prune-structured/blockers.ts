import type { Frozen } from '../../analysis/dependencies/dependencies.js'
import { elementCount } from '../../ir/type.js'
import { weightOf } from '../../ops/weight-of.js'
import { named } from './named.js'

const SHOWN = 5

/**
 * Why output channels of weights have to stay, as sentences: for each node that blocks them, and each reason that the
 * interface of the model is, the one that keeps most weights first.
 */
export function blockersOf(frozen: readonly Frozen[]): string[] {
  const byReason = new Map<string, { node: string | null; why: string; weights: number; layers: Frozen[] }>()
  for (const each of frozen) {
    const { node, why } = each.hindrance
    const key = `${node ?? ''} ${why}`
    const reason = byReason.get(key) ?? { node, why, weights: 0, layers: [] }
    byReason.set(key, reason)
    reason.weights += weightsOf(each)
    reason.layers.push(each)
  }
  const reasons = [...byReason.values()].sort((a, b) => b.weights - a.weights)
  const lines = reasons.slice(0, SHOWN).map(({ node, why, layers }) => {
    const by = node === null ? why : `"${node}": ${why}`
    return `What ${named(layers.map((layer) => `${layer.node.label} (${channelsOf(layer)})`))} makes stays: ${by}.`
  })
  const more = reasons.length - SHOWN
  return more > 0 ? [...lines, `${more} more reasons: mcompress inspect --groups names all.`] : lines
}

function channelsOf({ channels, of }: Frozen): string {
  return channels === of ? `${of}` : `${channels} of ${of}`
}

/** How many numbers stay with the channels. */
function weightsOf({ node, input, channels, of }: Frozen): number {
  const source = weightOf(node, input)
  const elements = 'none' in source ? of : elementCount(source.tensor.shape)
  return (elements * channels) / of
}
