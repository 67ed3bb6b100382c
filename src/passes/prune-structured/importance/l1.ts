import { sliceNorms } from '../slice-norms.js'
import { defineImportance } from './importance.js'

/**
 * The sum of the magnitudes of the weights that make a unit, and of those that read it.
 *
 * @see  Li et al. 2017, arXiv:1608.08710
 */
export const l1 = defineImportance({
  name: 'l1',
  lack: 'no weights that can be read',
  measure: async ({ dependencies: { model, groups }, context }) => ({
    evidence: await sliceNorms(model, groups, 1, context.signal),
  }),
})
