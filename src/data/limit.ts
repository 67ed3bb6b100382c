import { UsageError } from '../errors.js'
import type { ArrayData, Batch, Dataset, NdArray } from './dataset.js'
import { range } from './rng.js'
import { subset } from './subset.js'

/**
 * The first samples of a dataset.
 *
 * @param n  how many at most; the dataset itself when it has no more
 */
export function limit(dataset: Dataset, n: number): Dataset {
  if (!Number.isInteger(n) || n < 1) {
    throw new UsageError(`The limit must be a whole number of samples above 0, not ${n}.`, {
      suggestions: ['Write for example --limit 100.'],
    })
  }
  if (dataset.length !== null) return n >= dataset.length ? dataset : subset(dataset, range(n))
  return {
    spec: dataset.spec,
    length: null, // the stream may end before
    fields: dataset.fields,
    async *batches(options) {
      let left = n
      for await (const batch of dataset.batches({ ...options, last: 'keep' })) {
        const size = Math.min(batch.size, left)
        if (size < options.size && options.last === 'drop') return
        yield size < batch.size ? firstOf(batch, size) : batch
        left -= size
        if (left === 0) return
      }
    },
  }
}

function firstOf({ fields }: Batch, size: number): Batch {
  const cut = ({ dtype, shape, data }: NdArray): NdArray => {
    const [total = 1, ...sample] = shape
    const end = (data.length / total) * size
    return { dtype, shape: [size, ...sample], data: data.slice(0, end) as ArrayData } // slice keeps the class
  }
  return { size, fields: Object.fromEntries(Object.entries(fields).map(([name, array]) => [name, cut(array)])) }
}
