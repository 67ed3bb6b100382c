import { sliceNorms } from '../slice-norms.js'
import { defineImportance } from './importance.js'

/**
 * The Euclidean norm of the weights that make a unit, and of those that read it.
 *
 * @see  Fang et al. 2023, arXiv:2301.12900, eq. 4
 */
export const l2 = defineImportance({
  name: 'l2',
  lack: 'no weights that can be read',
  measure: async ({ dependencies: { model, groups }, context }) => ({
    evidence: await sliceNorms(model, groups, 2, context.signal),
  }),
})
