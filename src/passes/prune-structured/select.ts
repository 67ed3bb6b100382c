import type { Costs } from '../../analysis/dependencies/costs.js'
import type { Dependencies, Removal } from '../../analysis/dependencies/dependencies.js'
import type { PassContext } from '../pass.js'
import type { Values } from './index.js'

/** What is to be removed. */
export interface Selection {
  readonly removal: Removal
}

export async function select(
  dependencies: Dependencies,
  _costs: Costs,
  values: Values,
  _context: PassContext,
): Promise<Selection> {
  const removal = new Uint8Array(dependencies.unitCount)
  const left = dependencies.floors.map((units) => units.length)
  const floorsOf = new Map<number, Map<number, number>>()
  for (const [i, units] of dependencies.floors.entries()) {
    for (const unit of units) {
      const floors = floorsOf.get(unit) ?? new Map<number, number>()
      floorsOf.set(unit, floors)
      floors.set(i, (floors.get(i) ?? 0) + 1)
    }
  }
  for (const group of dependencies.groups) {
    const target = Math.round(group.units.length * (values.ratio ?? 0.5))
    let gone = 0
    for (const unit of group.units) {
      if (gone >= target) break
      const floors = [...(floorsOf.get(unit) ?? [])]
      if (floors.some(([i, n]) => (left[i] ?? 0) - n < 1)) continue
      for (const [i, n] of floors) left[i] = (left[i] ?? 0) - n
      removal[unit] = 1
      gone++
    }
  }
  return { removal }
}
