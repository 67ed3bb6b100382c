import { bytes } from '../../size.js'
import type { ValuesOf } from '../option.js'
import { DEFAULT_MAX_ERROR, MAX_VECTOR_ERROR, type options } from './index.js'
import type { Bound } from './plan.js'

/** How far a packing goes. */
export interface Goal {
  readonly bound: Bound
  /** The least distortion with which the file has at most so many bytes; null for the smallest file within the bound. */
  readonly targetBytes: number | null
  /** In words: `4 bits`. */
  readonly text: string
}

/** Where the size counts and not the error: beyond that a vector is not what it was. */
const ANY_VECTOR_ERROR = 0.01

type Bounds = Pick<ValuesOf<typeof options>, 'lossless' | 'bits' | 'maxError' | 'targetSize'>

/** What the options ask for; of `--max-drop` the search makes goals of its own (`search.ts`). */
export function goalOf({ lossless, bits, maxError, targetSize }: Bounds): Goal {
  if (lossless) return losslessGoal()
  if (bits !== null) return bitsGoal(bits)
  if (targetSize !== null) return sizeGoal(targetSize)
  return errorGoal(maxError ?? DEFAULT_MAX_ERROR)
}

export function losslessGoal(): Goal {
  return { bound: { maxError: 0, maxVectorError: 0, mostValues: null }, targetBytes: null, text: 'lossless' }
}

export function bitsGoal(bits: number): Goal {
  const bound = { maxError: Number.POSITIVE_INFINITY, maxVectorError: MAX_VECTOR_ERROR, mostValues: 2 ** bits }
  return { bound, targetBytes: null, text: bits === 1 ? '1 bit' : `${bits} bits` }
}

export function errorGoal(maxError: number): Goal {
  const bound = { maxError, maxVectorError: Math.min(maxError, MAX_VECTOR_ERROR), mostValues: null }
  return { bound, targetBytes: null, text: `error of each weight at most ${Number((100 * maxError).toPrecision(3))} %` }
}

export function sizeGoal(targetBytes: number): Goal {
  const bound = { maxError: Number.POSITIVE_INFINITY, maxVectorError: ANY_VECTOR_ERROR, mostValues: null }
  return { bound, targetBytes, text: `file of at most ${bytes(targetBytes)}` }
}
