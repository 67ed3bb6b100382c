import { DataError, UsageError } from '../errors.js'
import type { Dataset } from './dataset.js'
import { inMemory } from './memory.js'
import { permutation } from './rng.js'
import { subset } from './subset.js'

export interface Split {
  /** What is learned from. */
  readonly learn: Dataset
  /** What is judged on; never learned from. */
  readonly heldOut: Dataset
}

/**
 * Holds a part of a dataset out: the same part for the same length, fraction and seed; both parts keep file order.
 * At least one sample goes to each part.
 *
 * @param fraction  of the samples that are held out, between 0 and 1
 * @throws DataError when there are fewer than two samples
 */
export async function split(
  dataset: Dataset,
  { fraction = 0.1, seed }: { readonly fraction?: number; readonly seed: number },
): Promise<Split> {
  if (!(fraction > 0 && fraction < 1)) {
    throw new UsageError(`The part held out must be between 0 and 1, not ${fraction}.`, {
      suggestions: ['0.1 holds out a tenth.'],
    })
  }
  // A stream can be counted only by reading it, and not be reordered at all.
  const whole = dataset.length === null ? await inMemory(dataset) : dataset
  const length = whole.length ?? 0
  if (length < 2) {
    throw new DataError(`"${dataset.spec}" has ${length} sample: nothing can be held out.`, {
      suggestions: ['Give more samples, or name the data to judge on: --eval-data'],
    })
  }
  const heldOut = Math.min(length - 1, Math.max(1, Math.round(length * fraction)))
  const order = permutation(length, seed)
  return {
    learn: subset(whole, order.slice(heldOut).sort()),
    heldOut: subset(whole, order.slice(0, heldOut).sort()),
  }
}
