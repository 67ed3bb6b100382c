import type { Encoded } from '../../encodings/encoding.js'
import type { Tensor } from '../../ir/tensor.js'
import { unhurried } from '../unhurried.js'
import { importanceReader } from './broadcast.js'
import { relativeError } from './palettes.js'
import type { Plan } from './plan.js'
import { bitmaskWriter, gapsWriter } from './sparse-writer.js'
import type { Store } from './store.js'
import type { Survey } from './survey.js'
import { type ElementWriter, valueWriter, type WriterContext } from './value-writer.js'
import { wordsOf } from './words.js'

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined
  readonly onRead?: ((bytes: number) => void) | undefined
}

export interface EncodedTensor {
  readonly encoded: Encoded
  /** Measured; see `Plan.error`. */
  readonly error: number
  /** Share of the elements that come out as zero. */
  readonly sparsity: number
}

/**
 * Does what a plan says, in a second reading of the tensor. What is stored lies in the store; a tensor that stays as it
 * is stays where it is.
 *
 * @param survey  that the plan was made from
 */
export async function encode(
  tensor: Tensor,
  survey: Survey,
  { encoded: plan, error }: Plan,
  store: Store,
  options: EncodeOptions = {},
): Promise<EncodedTensor> {
  if (plan.encoding === 'dense') return { encoded: { ...plan, tensor }, error: 0, sparsity: sparsityOf(survey, 0) }
  const context: WriterContext = { survey, store, part: 'all', isExact: error === 0 }
  const writer = writerFor(plan, context)
  await readInto(writer, tensor, survey, context.isExact, options)
  const { squares, lost } = writer // of the tensor itself: what fills words comes after it
  const encoded = writer.finish()
  return { encoded, error: measured(squares, survey, context.isExact), sparsity: sparsityOf(survey, lost) }
}

function sparsityOf({ weights, spacing, elements }: Survey, lost: number): number {
  const present = (weights?.spacing ?? spacing).present - lost
  return elements === 0 ? 0 : 1 - present / elements
}

function writerFor(plan: Plan['encoded'], context: WriterContext): ElementWriter {
  if (plan.encoding === 'gaps') return gapsWriter(plan, context)
  return plan.encoding === 'bitmask' ? bitmaskWriter(plan, context) : valueWriter(plan, context)
}

async function readInto(
  writer: ElementWriter,
  tensor: Tensor,
  { weights, shape, dtype }: Survey,
  isExact: boolean,
  { signal, onRead }: EncodeOptions,
): Promise<void> {
  const importance = isExact ? null : (weights?.importance ?? null)
  const readImportance = importance && importanceReader(importance, shape)
  let h = new Float64Array(0)
  let at = 0
  for await (const chunk of unhurried(tensor)) {
    signal?.throwIfAborted()
    const words = wordsOf(chunk, dtype)
    if (readImportance) {
      if (h.length < words.length) h = new Float64Array(words.length)
      readImportance(at, words.length, h)
    }
    writer.write(words, words.length, readImportance && h)
    at += words.length
    onRead?.(chunk.byteLength)
  }
}

function measured(squares: number, { weights }: Survey, isExact: boolean): number {
  return isExact || weights === null ? 0 : relativeError(squares, weights.density)
}
