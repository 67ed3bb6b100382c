import type { Dataset, NdArray } from './dataset.js'
import { samplesDataset } from './samples.js'

/**
 * A dataset read once and kept in memory: what a stream needs before its samples can be counted and reordered.
 *
 * @throws DataError when there is no sample
 */
export async function inMemory(dataset: Dataset): Promise<Dataset> {
  const samples: Record<string, NdArray>[] = []
  for await (const { size, fields } of dataset.batches({ size: 1, last: 'keep' })) {
    if (size !== 1) throw new RangeError(`Batches of 1 were asked for; one has ${size}.`)
    const entries = Object.entries(fields)
    samples.push(Object.fromEntries(entries.map(([name, array]) => [name, { ...array, shape: array.shape.slice(1) }])))
  }
  return samplesDataset(dataset.spec, () => samples)
}
