import { Rng } from '../../../data/rng.js'
import { defineImportance } from './importance.js'

/** By lot: the same in every run with a seed. What any other importance has to be better than. */
export const random = defineImportance({
  name: 'random',
  lack: 'no lot',
  measure: ({ dependencies: { unitCount }, context: { seed } }) => {
    const rng = new Rng(seed)
    const units = Int32Array.from({ length: unitCount }, (_, unit) => unit)
    return { evidence: [{ units, values: Float64Array.from(units, () => rng.uniform()), power: 1 }] }
  },
})
