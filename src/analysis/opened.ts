import type { NdArray } from '../data/dataset.js'
import { DataError, UnsupportedModelError } from '../errors.js'
import { EngineError } from '../runtime/engine-error.js'
import { type ModelSource, openSession, type Session, type SessionOptions } from '../runtime/session.js'
import { unknownOp } from './unknown-op.js'

/** A model that is open. */
export interface Opened {
  /** For messages, with its quotation marks. */
  readonly name: string
  readonly session: Session
}

/** How the user wants models to be run. */
export interface Running {
  readonly threads?: number | null
  readonly provider?: string | null
}

/** For messages. */
export function modelName(model: ModelSource): string {
  return `"${model.name ?? ('path' in model ? model.path : model.folder)}"`
}

/** @throws UnsupportedModelError when ONNX Runtime does not load it */
export async function openModel(
  source: ModelSource,
  { threads, provider }: Running,
  options: SessionOptions = {},
): Promise<Opened> {
  const name = modelName(source)
  try {
    const session = await openSession(source, {
      ...options,
      ...(threads && { threads }),
      ...(provider && { provider }),
    })
    return { name, session }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    const op = unknownOp(error.message)
    const why = op === null ? error.message : `it does not know the op ${op}.`
    throw new UnsupportedModelError(`ONNX Runtime cannot load ${name}: ${why}`, {
      suggestions: [
        op === null
          ? 'What is in the model, and what this version lacks, tells: mcompress inspect MODEL'
          : 'What runs no model works all the same: inspect, and simplify, upgrade or prune without data.',
      ],
      cause: error,
    })
  }
}

/**
 * Runs a model on a batch.
 *
 * @param samples  which of the data these are, for messages: index of the first, and how many
 * @throws DataError when ONNX Runtime cannot compute with them
 */
export async function runOn(
  { name, session }: Opened,
  feeds: Readonly<Record<string, NdArray>>,
  outputs: readonly string[],
  samples: { readonly first: number; readonly size: number },
): Promise<Readonly<Record<string, NdArray>>> {
  try {
    return await session.run(feeds, outputs)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    const last = samples.first + samples.size - 1
    throw new DataError(`${name} does not run on samples ${samples.first} to ${last}: ${error.message}`, {
      suggestions: [
        'Values outside of what the model takes (token numbers, say) are a mistake in the data.',
        'A batch size that is built into the model: --batch-size 1. An open dimension: --dim NAME=N',
      ],
      cause: error,
    })
  }
}

/** The outputs that can be fetched: sequences and types of 4 bits cannot be handed over. */
export function fetchable({ outputs }: Session): string[] {
  return outputs.filter(({ dtype }) => dtype !== null && dtype !== 'int4' && dtype !== 'uint4').map(({ name }) => name)
}
