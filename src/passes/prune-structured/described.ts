import {
  countGone,
  type Dependencies,
  isGone,
  type Member,
  type Removal,
} from '../../analysis/dependencies/dependencies.js'
import type { Node } from '../../ir/graph.js'
import { weightOf } from '../../ops/weight-of.js'
import type { FrozenWeight, PrunedGroup } from '../pass.js'

/** The groups of a model, with what a removal leaves of them. */
export function prunedGroups({ groups }: Dependencies, removal: Removal): PrunedGroup[] {
  return groups.map(({ name, kind, units, producers, consumers }) => {
    const channels = producers.reduce((n, member) => n + member.units.length, 0)
    const gone = producers.reduce((n, member) => n + countGone(member.units, removal), 0)
    return {
      name,
      kind,
      units: units.length,
      unitsAfter: units.reduce((n, unit) => (isGone(unit, removal) ? n : n + 1), 0),
      channels,
      channelsAfter: channels - gone,
      producers: labels(producers),
      consumers: labels(consumers),
    }
  })
}

/** Output channels of weights that could not go. */
export function frozenWeights({ frozen }: Dependencies): FrozenWeight[] {
  return frozen.map(({ node, input, channels, of, hindrance }) => ({
    target: node.label,
    channels,
    of,
    bytes: Math.round((bytesOf(node, input) * channels) / of),
    node: hindrance.node,
    why: hindrance.why,
  }))
}

function bytesOf(node: Node, input: number): number {
  const source = weightOf(node, input)
  return 'none' in source ? 0 : source.tensor.byteLength
}

function labels(members: readonly Member[]): string[] {
  return [...new Set(members.map(({ node }) => node.label))]
}
