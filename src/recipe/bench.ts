import { type LatencyHooks, type LatencyOptions, measureLatency } from '../analysis/latency/latency.js'
import { pairedRatio, summarize, thinned } from '../analysis/latency/statistics.js'
import { UsageError } from '../errors.js'
import type { ModelFile } from '../onnx/read.js'
import { skeleton } from '../onnx/skeleton.js'
import { type BenchReport, type ModelReport, NOTHING_MORE, type Report, SCHEMA_VERSION } from '../report/report.js'
import { requireProvider } from '../runtime/session.js'
import { benchHeadlines } from './bench-headlines.js'
import { benchWarnings } from './bench-warnings.js'
import { ENGINE_DEFAULTS, type Engine, type NamedModel } from './measure.js'
import { filesReport, modelReport } from './model-report.js'
import { readNamedModel } from './named-model.js'
import type { RunHooks } from './run.js'
import { STREAM, withInputFile } from './streams.js'
import { tool } from './tool.js'

/** How to measure; each has a default. */
export interface BenchOptions
  extends Partial<Engine>,
    Partial<
      Pick<LatencyOptions, 'runs' | 'minMs' | 'warmup' | 'batchSize' | 'data' | 'binds' | 'fills' | 'processes'>
    > {}

export const BENCH_DEFAULTS = { runs: 10, minMs: 3000, warmup: 5 } as const

export interface BenchRequest extends BenchOptions {
  /** Paths; one may be `-`, which is stdin. The first is what the others are compared with. */
  readonly inputs: readonly string[]
  /** Whether the files of large models are hashed, too; not unless told. */
  readonly hash?: boolean
}

/** Raw times beyond that make a report long, and tell nothing more. */
const MOST_TIMES = 10_000

/**
 * Measures time and memory of models beside one another.
 *
 * @throws UsageError, DataError, UnsupportedModelError as `measureLatency` does
 */
export async function benchModels(
  { models, ...options }: BenchOptions & { readonly models: readonly NamedModel[] },
  hooks: LatencyHooks = {},
): Promise<BenchReport> {
  const files = models.map(({ path, shown }) => ({ shown, file: readNamedModel(path) }))
  const { report } = await benchFiles(files, options, hooks)
  return report
}

interface NamedFile {
  readonly shown: string
  readonly file: ModelFile
}

async function benchFiles(
  files: readonly NamedFile[],
  options: BenchOptions,
  hooks: LatencyHooks,
): Promise<{ readonly report: BenchReport; readonly dims: readonly Engine['dims'][] }> {
  const settled = { ...ENGINE_DEFAULTS, ...BENCH_DEFAULTS, ...options }
  if (settled.provider !== null) await requireProvider(settled.provider)
  const latency = await measureLatency(
    {
      ...settled,
      models: files.map(({ file: { model }, shown }) => ({ model, source: { ...skeleton(model), name: shown } })),
    },
    hooks,
  )
  const [first] = latency.models
  const models = latency.models.map((model, i) => ({
    path: files[i]?.shown ?? null,
    bytes: files[i]?.file.bytes ?? 0,
    inputs: model.inputs,
    batch: model.batch,
    ...summarize(model.timesMs),
    ratio: first === undefined || i === 0 ? null : pairedRatio(model.roundsMs, first.roundsMs),
    createMs: model.createMs,
    peakBytes: model.peakBytes,
    timesMs: thinned(model.timesMs, MOST_TIMES),
  }))
  const report: BenchReport = {
    threads: settled.threads,
    provider: settled.provider ?? 'cpu',
    batch: first?.batch ?? 1,
    data: settled.data ?? 'random',
    dims: Object.assign({}, ...latency.models.map(({ dims }) => dims).reverse()),
    warmup: settled.warmup,
    emptyBytes: latency.emptyBytes,
    models,
    warnings: benchWarnings(models, latency, settled),
  }
  return { report, dims: latency.models.map(({ dims }) => dims) }
}

/** The report of a command that only measures; of exactly two models the second is the one `after`. */
export async function bench({ inputs, hash = false, ...options }: BenchRequest, hooks: RunHooks = {}): Promise<Report> {
  if (inputs.filter((input) => input === STREAM).length > 1) {
    throw new UsageError('Two models do not fit through one stdin.', { suggestions: ['Name a file for one of them.'] })
  }
  if (inputs.length === 0) {
    throw new UsageError('There is no model to measure.', { suggestions: ['Name one: mcompress bench model.onnx'] })
  }
  return withInputFiles(inputs, hooks, async (models) => {
    const startedAt = new Date()
    hooks.onProgress?.('Reading', null)
    const files = models.map(({ path, shown }) => ({ shown: shown ?? 'stdin', file: readNamedModel(path) }))
    const { report: measured, dims } = await benchFiles(files, options, hooks)
    hooks.onProgress?.('Describing', null)
    const described: ModelReport[] = []
    for (const [i, { file }] of files.slice(0, files.length === 2 ? 2 : 1).entries()) {
      const paths = [file.source, ...file.external].map((each) => each.path)
      const sizes = await filesReport(models[i]?.shown ?? null, paths, { gzip: false, hash }, hooks)
      described.push(await modelReport(file.model, sizes, dims[i] ?? {}))
    }
    hooks.signal?.throwIfAborted()
    const [before, after = null] = described
    if (before === undefined) throw new Error('No model was described.')
    return {
      ...NOTHING_MORE,
      schemaVersion: SCHEMA_VERSION,
      tool: tool(),
      command: 'bench',
      headlines: benchHeadlines(measured),
      seed: options.seed ?? ENGINE_DEFAULTS.seed,
      before,
      after,
      bench: measured,
      times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
    }
  })
}

interface InputFile {
  readonly path: string
  /** null for stdin. */
  readonly shown: string | null
}

function withInputFiles<T>(
  inputs: readonly string[],
  hooks: RunHooks,
  work: (models: readonly InputFile[]) => Promise<T>,
): Promise<T> {
  const [first, ...others] = inputs
  if (first === undefined) return work([])
  return withInputFile(first, hooks.signal, (path, shown) =>
    withInputFiles(others, hooks, (rest) => work([{ path, shown }, ...rest])),
  )
}
