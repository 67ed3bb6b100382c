import type { Dataset } from './dataset.js'
import { range } from './rng.js'

/**
 * Some samples of a dataset, under new indices from 0.
 *
 * @param dataset  of known length
 * @param indices  which samples, in the order that they get
 */
export function subset(dataset: Dataset, indices: Uint32Array): Dataset {
  return {
    spec: dataset.spec,
    length: indices.length,
    fields: dataset.fields,
    batches({ size, order = range(indices.length), last }) {
      const chosen = order.map((i) => {
        const index = indices[i]
        if (index === undefined) throw new RangeError(`Sample ${i} was asked for; there are ${indices.length}.`)
        return index
      })
      return dataset.batches({ size, order: chosen, last })
    },
  }
}
