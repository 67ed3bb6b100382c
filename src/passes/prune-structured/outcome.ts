import {
  countGone,
  type Dependencies,
  type Group,
  isGone,
  type Removal,
} from '../../analysis/dependencies/dependencies.js'
import type { FrozenWeight, PrunedGroup } from '../pass.js'

/** What a removal leaves of each group, in the order of the graph. */
export function prunedGroups({ groups }: Dependencies, removal: Removal): PrunedGroup[] {
  return groups.map((group) => {
    const { name, kind, units, producers, consumers } = group
    const widths = channelsOf(group)
    let [channels, gone] = [0, 0]
    for (const [unit, width] of widths) {
      channels += width
      if (isGone(unit, removal)) gone += width
    }
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

/** What nothing could go of, in the order of the graph. */
export function frozenWeights({ frozen }: Dependencies): FrozenWeight[] {
  return frozen.map(({ node, channels, of, hindrance }) => ({
    target: node.label,
    channels,
    of,
    node: hindrance.node,
    why: hindrance.why,
  }))
}

/** By unit the output channels that it has in a weight which makes it: one mostly, all those of a head. */
function channelsOf({ producers }: Group): Map<number, number> {
  const widths = new Map<number, number>()
  for (const { units } of producers) {
    const here = new Map<number, number>()
    for (const unit of units) if (unit >= 0) here.set(unit, (here.get(unit) ?? 0) + 1)
    for (const [unit, width] of here) widths.set(unit, Math.max(width, widths.get(unit) ?? 0))
  }
  return widths
}

function labels(members: Group['producers']): string[] {
  return [...new Set(members.map(({ node }) => node.label))]
}
