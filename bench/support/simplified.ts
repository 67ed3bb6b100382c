import { UserError } from '../../src/errors.js'
import type { Unmodelled } from '../../src/ir/attr.js'
import type { Model } from '../../src/ir/graph.js'
import { typeToString } from '../../src/ir/type.js'
import { type ModelFile, readModel } from '../../src/onnx/read.js'
import { EngineError } from '../../src/runtime/engine-error.js'
import { difference, outputsOf, tolerance } from './runs.js'

export interface Judged {
  readonly bytes: number
  /** In two or three words; null for a right result. */
  readonly wrong: string | null
}

/**
 * Whether a simplified model is still the same model: its inputs and outputs, what is said of it as a whole, and its
 * results in ONNX Runtime. A model that ONNX Runtime does not load is compared by its structure alone.
 */
export async function judge(path: string, original: string): Promise<Judged> {
  const source = readModel(original)
  let result: ModelFile
  try {
    result = readModel(path)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    source.close()
    return { bytes: Number.POSITIVE_INFINITY, wrong: 'invalid' }
  }
  try {
    return { bytes: result.bytes, wrong: lost(source.model, result.model) ?? (await ranWrong(path, original)) }
  } finally {
    source.close()
    result.close()
  }
}

async function ranWrong(path: string, original: string): Promise<string | null> {
  const was = await outputs(original, original)
  if (typeof was === 'string') return null
  const is = await outputs(path, original)
  if (typeof is === 'string') return `does not ${is}`
  const most = difference(is, was)
  return most !== null && most <= (await tolerance(original, was)) ? null : 'other outputs'
}

async function outputs(path: string, original: string) {
  try {
    return await outputsOf(path, original)
  } catch (error) {
    if (error instanceof EngineError) return error.stage
    throw error
  }
}

/** What a model says besides its graph, and its interface. */
function lost(was: Model, is: Model): string | null {
  for (const [what, of] of Object.entries(SAID)) {
    if (JSON.stringify(of(is)) !== JSON.stringify(of(was))) return `lost ${what}`
  }
  return null
}

const SAID: Readonly<Record<string, (model: Model) => unknown>> = {
  inputs: ({ main }) => main.inputs.map((v) => [v.name, typeToString(v.declared), ...notesOf(v.extra)]),
  outputs: ({ main }) => main.outputs.map((slot) => [slot.name, typeToString(slot.declared), ...notesOf(slot.extra)]),
  metadata: ({ extra }) => [
    extra.metadataProps ?? [],
    ...notesOf(extra),
    extra.domain ?? '',
    `${extra.modelVersion ?? 0}`,
  ],
  quantization: ({ main }) => (main.extra.quantizationAnnotation as unknown[] | undefined)?.length ?? 0, // kept by the reader
  'unknown fields': ({ main, extra }) => [extra, main.extra, ...main.inputs.map((v) => v.extra)].map(unknownBytes),
}

function notesOf(extra: Unmodelled): unknown[] {
  return [extra.docString ?? '', extra.metadataProps ?? []]
}

function unknownBytes(extra: Unmodelled): number {
  const fields = (extra.$unknowns as Uint8Array[] | undefined) ?? [] // kept by the reader
  return fields.reduce((n, field) => n + field.byteLength, 0)
}
