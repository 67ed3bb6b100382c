import {
  countGone,
  type Dependencies,
  type Group,
  isGone,
  type Member,
  type Removal,
} from '../../analysis/dependencies/dependencies.js'
import type { Node } from '../../ir/graph.js'
import { weightOf } from '../../ops/weight-of.js'
import type { FrozenWeight, PrunedGroup } from '../pass.js'

/** The groups of a model, with what a removal leaves of them. */
export function prunedGroups({ groups }: Dependencies, removal: Removal): PrunedGroup[] {
  return groups.map((group) => {
    const { name, kind, units, producers, consumers } = group
    const { channels, gone } = channelsOf(group, removal)
    return {
      name,
      kind,
      units: units.length,
      unitsAfter: units.length - countGone(units, removal),
      channels,
      channelsAfter: channels - gone,
      producers: labels(producers),
      consumers: labels(consumers),
    }
  })
}

/** A unit has as many channels as in the one weight where it has most: one mostly, all those of a head. */
function channelsOf({ producers }: Group, removal: Removal): { channels: number; gone: number } {
  const widths = new Map<number, number>()
  for (const { units } of producers) {
    const here = new Map<number, number>()
    for (const unit of units) if (unit >= 0) here.set(unit, (here.get(unit) ?? 0) + 1)
    for (const [unit, width] of here) widths.set(unit, Math.max(width, widths.get(unit) ?? 0))
  }
  let [channels, gone] = [0, 0]
  for (const [unit, width] of widths) {
    channels += width
    if (isGone(unit, removal)) gone += width
  }
  return { channels, gone }
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
