import { openMatrixProduct } from '../../../runtime/matrix-product.js'
import { distancesOf } from '../distances.js'
import { readableOf } from '../readable.js'
import { defineImportance, type Evidence } from './importance.js'

/**
 * The sum of the distances of the weights that make a unit to those that make each other one of the same layer: what is
 * near all others, at their geometric median, they can replace.
 *
 * @see  He et al. 2019, arXiv:1811.00250, 3.3
 */
export const fpgm = defineImportance({
  name: 'fpgm',
  lack: 'no weights to compare',
  measure: async ({ dependencies: { model, groups }, context }) => {
    const members = groups.flatMap(({ producers }) => producers)
    const product = await openMatrixProduct({}, 'float32')
    try {
      const evidence: Evidence[] = []
      for await (const weight of readableOf(model, members, context.signal)) {
        const values = await distancesOf(weight, product, context.signal)
        evidence.push({ units: weight.units, values, power: 1 })
      }
      return { evidence }
    } finally {
      await product.release()
    }
  },
})
