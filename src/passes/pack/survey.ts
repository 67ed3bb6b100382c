import type { Tensor } from '../../ir/tensor.js'
import { type DType, elementCount } from '../../ir/type.js'
import { unhurried } from '../unhurried.js'
import { Casts } from './casts.js'
import type { ChannelMaxima } from './channels.js'
import { Distinct } from './distinct.js'
import { isWeightDType, type WeightDType } from './half.js'
import type { Density } from './histogram.js'
import type { Palette } from './palettes.js'
import type { Importance } from './plan.js'
import { Spacing } from './spacing.js'
import { surveyWeights } from './survey-weights.js'
import { hasWords, type Word, wordsOf } from './words.js'

/** All that planning needs to know of a tensor. */
export interface Survey {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly elements: number
  /** The bits of the first element, where all have the same. */
  readonly repeated: Word | null
  /** The different bits, where they are few. */
  readonly distinct: readonly Word[] | null
  /** Narrower types that hold every element exactly, the narrowest first. */
  readonly casts: readonly DType[]
  /** Of what has any bit. */
  readonly spacing: Spacing
  /** Null for types, and values such as NaN, that are only stored bit for bit. */
  readonly weights: WeightSurvey | null
}

/** What lossy encodings need to know. */
export interface WeightSurvey {
  readonly dtype: WeightDType
  /** Of what is not zero; -0 is. */
  readonly spacing: Spacing
  /** Of either sign. */
  readonly hasZeros: boolean
  readonly hasNegativeZeros: boolean
  readonly density: Density
  /** The largest magnitude, and for matrices and kernels that of each channel. */
  readonly largest: number
  readonly channels: readonly ChannelMaxima[]
  readonly importance: Importance | null
  /** Whether palettes lie closer to large weights. */
  readonly byMagnitude: boolean
  /** Those that were made already, see `palettesOf`. */
  readonly palettes: Map<string, Palette>
}

export interface SurveyOptions {
  /** Even without it. */
  readonly importance?: Importance | null
  readonly byMagnitude?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onRead?: ((bytes: number) => void) | undefined
}

/** Reads a tensor once. */
export async function surveyOf(tensor: Tensor, options: SurveyOptions = {}): Promise<Survey> {
  const { dtype, shape } = tensor
  const elements = elementCount(shape)
  if (!hasWords(dtype)) {
    return { dtype, shape, elements, repeated: null, distinct: null, casts: [], spacing: new Spacing(0), weights: null }
  }
  return isWeightDType(dtype) ? surveyWeights(tensor, dtype, options) : surveyBits(tensor, options)
}

/** What any type can be asked for: which bits there are, and where. */
async function surveyBits(tensor: Tensor, { signal, onRead }: SurveyOptions): Promise<Survey> {
  const { dtype, shape } = tensor
  const distinct = new Distinct()
  const casts = new Casts(dtype)
  const spacing = new Spacing(elementCount(shape))
  let at = 0
  for await (const chunk of unhurried(tensor)) {
    signal?.throwIfAborted()
    const words = wordsOf(chunk, dtype)
    distinct.add(words)
    casts.add(chunk)
    for (let i = 0; i < words.length; i++) {
      const word = words[i]
      if (word !== 0 && word !== 0n) spacing.add(at + i)
    }
    at += words.length
    onRead?.(chunk.byteLength)
  }
  const found = distinct.words
  const repeated = found?.length === 1 ? (found[0] ?? null) : null
  return { dtype, shape, elements: at, repeated, distinct: found, casts: casts.exact, spacing, weights: null }
}
