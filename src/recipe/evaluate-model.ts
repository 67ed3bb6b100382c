import { UsageError } from '../errors.js'
import { NOTHING_MORE, type Report, SCHEMA_VERSION } from '../report/report.js'
import { requireProvider } from '../runtime/session.js'
import { isMadeUp, madeUpDims } from './made-up.js'
import { ENGINE_DEFAULTS, type Engine, type Evaluation, measure, type NamedModel } from './measure.js'
import { filesReport, modelReport } from './model-report.js'
import { readNamedModel } from './named-model.js'
import type { RunHooks } from './run.js'
import { STREAM, withInputFile } from './streams.js'
import { tool } from './tool.js'

export interface EvaluateModelRequest extends Partial<Engine> {
  /** A path; `-` is stdin. */
  readonly input: string
  readonly evaluation: Evaluation
  /** The model to compare the outputs with; null, and unless told, only the labels count. One of the two may be `-`. */
  readonly baseline?: string | null
  /** Whether the size is measured gzipped, too; unless told it is not. */
  readonly gzip?: boolean | null
  /** For a report that is kept: hashes of large files, and how weights are distributed. Not unless told. */
  readonly detail?: boolean
}

/** Measures one model on data; nothing is changed or written. */
export async function evaluateModel(request: EvaluateModelRequest, hooks: RunHooks = {}): Promise<Report> {
  const { input, baseline = null } = request
  if (input === STREAM && baseline === STREAM) {
    throw new UsageError('Two models do not fit through one stdin.', { suggestions: ['Name a file for one of them.'] })
  }
  return withInputFile(input, hooks.signal, (path, shown) => {
    if (baseline === null) return evaluateFiles(request, { path, shown }, null, hooks)
    return withInputFile(baseline, hooks.signal, (baselinePath, baselineShown) => {
      const reference = { path: baselinePath, shown: baselineShown ?? 'stdin' }
      return evaluateFiles(request, { path, shown }, reference, hooks)
    })
  })
}

async function evaluateFiles(
  { evaluation, gzip, detail = false, ...rest }: EvaluateModelRequest,
  { path, shown }: { readonly path: string; readonly shown: string | null },
  reference: NamedModel | null,
  hooks: RunHooks,
): Promise<Report> {
  const startedAt = new Date()
  const given: Engine = { ...ENGINE_DEFAULTS, ...rest }
  if (given.provider !== null) await requireProvider(given.provider)
  const { model, source, external } = readNamedModel(path)
  const engine = isMadeUp(evaluation.data) ? { ...given, dims: await madeUpDims(model, given.dims) } : given
  const measured = await measure(evaluation, [{ path, shown: shown ?? 'stdin' }], reference, engine, hooks)
  hooks.onProgress?.('Describing', null)
  const paths = [source, ...external].map((file) => file.path)
  const before = await modelReport(
    model,
    await filesReport(shown, paths, { gzip: gzip ?? false, hash: detail }, hooks),
    engine.dims,
    { distributions: detail, ...hooks },
  )
  hooks.signal?.throwIfAborted()
  return {
    ...NOTHING_MORE,
    schemaVersion: SCHEMA_VERSION,
    tool: tool(),
    command: 'evaluate',
    seed: engine.seed,
    before,
    after: null,
    ...measured,
    times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
  }
}
