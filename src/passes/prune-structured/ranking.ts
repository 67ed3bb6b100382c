import type { Group } from '../../analysis/dependencies/dependencies.js'
import type { Values } from './index.js'
import { signatureOf } from './signature.js'

/** Units that compete with one another. */
export interface Pool {
  /** The least important first. */
  readonly units: Int32Array
  /** The share of them that goes; null where a target decides. */
  readonly ratio: number | null
}

export interface PoolOptions {
  readonly scope: 'layer' | 'global' | 'isomorphic'
  /** null where a target decides. */
  readonly ratio: number | null
  /** Of attention heads, where it is another. */
  readonly heads: Values['heads']
}

/** Sorts units into pools by what competes, and each pool by what its units are worth. */
export function poolsOf(groups: readonly Group[], scores: Float64Array, options: PoolOptions): Pool[] {
  const pools = new Map<string, { members: Group[]; ratio: number | null }>()
  for (const group of groups) {
    const apart = group.kind === 'heads' && options.heads !== null
    const key = `${apart ? 'heads ' : ''}${keyOf(group, options.scope)}`
    const pool = pools.get(key) ?? { members: [], ratio: apart ? options.heads : options.ratio }
    pools.set(key, pool)
    pool.members.push(group)
  }
  return [...pools.values()].map(({ members, ratio }) => ({ units: ranked(members, scores), ratio }))
}

function keyOf(group: Group, scope: PoolOptions['scope']): string {
  if (scope === 'layer') return String(group.index)
  return scope === 'global' ? '' : signatureOf(group)
}

/** Of equals the first one goes first. */
function ranked(groups: readonly Group[], scores: Float64Array): Int32Array {
  const units = Int32Array.from(groups.flatMap((group) => [...group.units]))
  return units.sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b)
}

/** One order of all units of some pools, in which every pool has lost the same share of its channels at any time. */
export function interleaved(pools: readonly Pool[], widths: Float64Array): Int32Array {
  const turns: { readonly unit: number; readonly turn: number }[] = []
  for (const { units } of pools) {
    const total = units.reduce((sum, unit) => sum + (widths[unit] as number), 0)
    let gone = 0
    for (const unit of units) {
      gone += widths[unit] as number
      turns.push({ unit, turn: gone / total })
    }
  }
  // The sort is stable: in a pool the order stays, between pools the first comes first.
  return Int32Array.from(turns.sort((a, b) => a.turn - b.turn).map(({ unit }) => unit))
}

/**
 * How many channels may go of a pool: a rounded share of its units. Where units take different numbers of channels with
 * them, as many as the average ones would.
 */
export function budgetOf({ units }: Pool, ratio: number, widths: Float64Array): number {
  const total = units.reduce((sum, unit) => sum + (widths[unit] as number), 0)
  return units.length === 0 ? 0 : (Math.round(ratio * units.length) * total) / units.length
}
