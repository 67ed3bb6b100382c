import { UserError } from '../../src/errors.js'
import type { Unmodelled } from '../../src/ir/attr.js'
import type { Model } from '../../src/ir/graph.js'
import type { Type } from '../../src/ir/type.js'
import { walk } from '../../src/ir/walk.js'
import { type ModelFile, readModel } from '../../src/onnx/read.js'
import { EngineError } from '../../src/runtime/engine-error.js'
import { difference, outputsOf, tolerance } from './runs.js'

export interface Judged {
  /** Of the model and its external data; null for a file that is none. */
  readonly bytes: number | null
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
    return { bytes: null, wrong: 'invalid' }
  }
  try {
    const isMoved = source.external.length > 0 && result.external.length === 0
    const wrong = isMoved ? 'data moved inside' : lost(source.model, result.model)
    return { bytes: result.bytes, wrong: wrong ?? (await ranWrong(path, source, result)) }
  } finally {
    source.close()
    result.close()
  }
}

/** By its outputs; a model that ONNX Runtime does not run by the attributes of its nodes, which are easily lost. */
async function ranWrong(path: string, source: ModelFile, result: ModelFile): Promise<string | null> {
  const original = source.source.path
  const was = await outputs(original, original)
  if (typeof was === 'string') return lostAttributes(source.model, result.model) ? 'lost attributes' : null
  const is = await outputs(path, original)
  if (typeof is === 'string') return `does not ${is}`
  const most = difference(is, was)
  return most !== null && most <= (await tolerance(original, was)) ? null : 'other outputs'
}

function lostAttributes(source: Model, result: Model): boolean {
  const attrs = new Map([...walk(source)].map((node) => [`${node.type} ${node.name}`, node.attrs.size]))
  return [...walk(result)].some((node) => node.attrs.size < (attrs.get(`${node.type} ${node.name}`) ?? 0))
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
  inputs: ({ main }) => main.inputs.map((v) => [v.name, dtypeOf(v.declared)]),
  outputs: ({ main }) => main.outputs.map((slot) => [slot.name, dtypeOf(slot.declared)]),
  notes: ({ main }) => [...main.inputs, ...main.outputs].map((v) => [v.name, ...notesOf(v.extra)]),
  metadata: ({ extra }) => [
    extra.metadataProps ?? [],
    ...notesOf(extra),
    extra.domain ?? '',
    `${extra.modelVersion ?? 0}`,
  ],
  quantization: ({ main }) => (main.extra.quantizationAnnotation as unknown[] | undefined)?.length ?? 0, // kept by the reader
  'unknown fields': ({ main, extra }) => [extra, main.extra, ...main.inputs.map((v) => v.extra)].map(unknownBytes),
}

/** Extents may be told more precisely; the element type may not change. */
function dtypeOf(type: Type | null): string | null {
  return type?.kind === 'tensor' ? type.dtype : (type?.kind ?? null)
}

function notesOf(extra: Unmodelled): unknown[] {
  return [extra.docString ?? '', extra.metadataProps ?? []]
}

function unknownBytes(extra: Unmodelled): number {
  const fields = (extra.$unknowns as Uint8Array[] | undefined) ?? [] // kept by the reader
  return fields.reduce((n, field) => n + field.byteLength, 0)
}
