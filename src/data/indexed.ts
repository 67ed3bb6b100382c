import { DataError } from '../errors.js'
import type { Batch, BatchOptions, Dataset, FieldType, NdArray } from './dataset.js'

/** Gives samples by their indices, side by side in that order. */
export type Take = (indices: Uint32Array) => Promise<Readonly<Record<string, NdArray>>>

/**
 * A dataset over samples that can be reached by index. The next batch is read while the caller works on one.
 *
 * @throws DataError when there are no samples
 */
export function indexedDataset(init: {
  readonly spec: string
  readonly length: number
  readonly fields: Readonly<Record<string, FieldType>>
  readonly take: Take
}): Dataset {
  const { spec, length, fields, take } = init
  if (length === 0) throw emptyData(spec)
  return {
    spec,
    length,
    fields,
    async *batches(options) {
      const parts = batchIndices(length, options)
      const next = () => {
        const part = parts.next()
        if (part.done === true) return null
        const batch = take(part.value).then((arrays): Batch => ({ size: part.value.length, fields: arrays }))
        batch.catch(() => {}) // a caller that leaves early must not leave an unhandled rejection behind
        return batch
      }
      for (let pending = next(); pending !== null; ) {
        const batch = await pending
        pending = next()
        yield batch
      }
    },
  }
}

export function emptyData(spec: string): DataError {
  return new DataError(`The data "${spec}" holds no samples.`, { suggestions: ['Give data with at least one sample.'] })
}

/** Cuts file order, or `order`, into batches. */
function* batchIndices(length: number, { size, order, last }: BatchOptions): Generator<Uint32Array> {
  checkBatchSize(size)
  const beyond = order?.find((i) => i >= length)
  if (beyond !== undefined) throw new RangeError(`Sample ${beyond} was asked for; there are ${length}.`)
  const count = order?.length ?? length
  for (let start = 0; start < count; start += size) {
    const end = Math.min(start + size, count)
    if (end - start < size && last === 'drop') return
    yield order === undefined ? Uint32Array.from({ length: end - start }, (_, i) => start + i) : order.slice(start, end)
  }
}

export function checkBatchSize(size: number): void {
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`A batch size must be a whole number above 0, not ${size}.`)
}
