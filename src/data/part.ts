import type { Dataset } from './dataset.js'
import { limit } from './limit.js'
import { permutation } from './rng.js'
import { split } from './split.js'
import { subset } from './subset.js'

/**
 * Which samples of the data are meant: all, or one side of the split that keeps what is judged on apart from what is
 * learned from. Both sides are the same in every process, for the same data and seed.
 */
export type Part = 'all' | 'learned' | 'held-out'

/** @throws DataError when there are too few samples to split */
export async function partOf(dataset: Dataset, part: Part, seed: number): Promise<Dataset> {
  if (part === 'all') return dataset
  const { learn, heldOut } = await split(dataset, { seed })
  return part === 'learned' ? learn : heldOut
}

/**
 * At most n samples by lot, in file order: the first ones of a folder are mostly of one class. Of a stream, whose
 * length is not known, the first ones.
 */
export function draw(dataset: Dataset, n: number, seed: number): Dataset {
  const first = limit(dataset, n) // for a stream, and for its check of n
  if (dataset.length === null || n >= dataset.length) return first
  return subset(dataset, permutation(dataset.length, seed).slice(0, n).sort())
}
