import { evaluate } from '../analysis/evaluate.js'
import type { Part } from '../data/part.js'
import { skeleton } from '../onnx/skeleton.js'
import { type DataReport, type MetricReport, metricValue } from '../report/report.js'
import type { ModelSource } from '../runtime/session.js'
import { readNamedModel } from './named-model.js'

/** What to judge a model on, and how. */
export interface Evaluation {
  /** `PATH[,PATH...][?key=value&...]` */
  readonly data: string
  /** Which of the samples are meant; all unless told. */
  readonly part?: Part
  /** `NAME[:output]` each; none lets data and models decide. */
  readonly metrics?: readonly string[]
  readonly batchSize?: number | null
  /** The first samples only. */
  readonly limit?: number | null
  /** Input name to field name. */
  readonly binds?: Readonly<Record<string, string>>
  /** The field that holds the labels. */
  readonly label?: string | null
}

/** How models are run. */
export interface Engine {
  /** Numbers for dimensions that the model leaves open. */
  readonly dims: Readonly<Record<string, number>>
  /** Of everything random. */
  readonly seed: number
  /** Execution provider of ONNX Runtime; null is the CPU. */
  readonly provider: string | null
  /** Of ONNX Runtime; null is one for each physical core. */
  readonly threads: number | null
}

export const ENGINE_DEFAULTS: Engine = { dims: {}, seed: 0, provider: null, threads: null }

export interface Measured {
  readonly data: readonly DataReport[]
  readonly metrics: readonly MetricReport[]
}

/** A model on disk, and how reports call it. */
export interface NamedModel {
  readonly path: string
  readonly shown: string
}

/**
 * Judges one model, or one before and one after, on the same data in one go.
 *
 * @param reference  what outputs are compared with; when it is one of the models itself, that is not judged by itself
 */
export async function measure(
  evaluation: Evaluation | null,
  models: readonly [NamedModel] | readonly [NamedModel, NamedModel],
  reference: NamedModel | null,
  engine: Engine,
  hooks: {
    readonly signal?: AbortSignal | undefined
    readonly onProgress?: (phase: string, done: number | null) => void
  },
): Promise<Measured> {
  if (evaluation === null) return { data: [], metrics: [] }
  hooks.onProgress?.('Loading', null) // a process and its sessions; then it tells how far it is
  const sources = models.map(sourceOf)
  const same = reference === null ? -1 : models.indexOf(reference)
  const { dims, seed, provider, threads } = engine
  const { metrics, samples } = await evaluate(
    {
      ...evaluation,
      dims,
      seed,
      provider,
      threads,
      models: sources,
      reference: reference && (sources[same] ?? sourceOf(reference)),
    },
    {
      signal: hooks.signal,
      onProgress: (done, total) => hooks.onProgress?.('Measuring', total === null ? null : done / total),
    },
  )
  return {
    data: [{ role: 'evaluation', spec: evaluation.data, samples }],
    metrics: metrics.map(({ name, output, better, unit, against, samples, values }) => ({
      name,
      output,
      better,
      unit,
      against: against === 'labels' ? 'labels' : (reference?.shown ?? 'reference'),
      samples,
      before: metricValue(values[0] ?? null),
      after: metricValue(values[1] ?? null),
    })),
  }
}

/** Sessions open skeletons: half the memory, and no limit of 2 GiB. */
function sourceOf({ path, shown }: NamedModel): ModelSource {
  return { ...skeleton(readNamedModel(path).model), name: shown }
}
