import type { Metric } from '../metrics/metric.js'
import { runJob } from '../runtime/host.js'
import type { ModelSource } from '../runtime/session.js'
import type { DataOptions } from './bound-data.js'
import { modelName, type Running } from './opened.js'

export interface EvaluateOptions extends DataOptions, Running {
  /** The models to judge, all on the same batches: the one before and the one after, say. */
  readonly models: readonly ModelSource[]
  /** What outputs are compared with; it may be one of `models`, and is then run only once. */
  readonly reference?: ModelSource | null
  /** `NAME[:output]` each; without any they are chosen by what the data and the models allow. */
  readonly metrics?: readonly string[]
}

export interface EvaluateHooks {
  /** @param total  null when the data do not tell their length */
  readonly onProgress?: (samples: number, total: number | null) => void
  readonly signal?: AbortSignal | undefined
}

/** One metric of one output, for every model. */
export interface Judgement extends Pick<Metric, 'better' | 'unit'> {
  /** As asked for: `top5`. */
  readonly name: string
  readonly output: string
  readonly against: 'labels' | 'reference'
  readonly samples: number
  /** In the order of `models`; null where a model is its own reference, or nothing could be counted. */
  readonly values: readonly (number | null)[]
}

export interface Evaluated {
  readonly metrics: readonly Judgement[]
  readonly samples: number
  /** What open dimensions were in the first batch: by their name, or `input.axis` without one. */
  readonly dims: Readonly<Record<string, number>>
  /** The largest resident set of the process that ran the models. */
  readonly peakBytes: number
}

/** What goes to the child. */
export interface EvaluateInput extends Omit<EvaluateOptions, 'models' | 'reference'> {
  /** The models that are judged, and behind them the reference unless it is one of them. */
  readonly sources: readonly ModelSource[]
  /** How many are judged. */
  readonly judged: number
  /** Which source is the reference; null without one. */
  readonly reference: number | null
}

export interface EvaluateProgress {
  readonly samples: number
  readonly total: number | null
}

/**
 * Runs models on data, in a child process, and judges their outputs. Samples stream through: memory holds one batch.
 *
 * Without `metrics` it is top1 where the labels fit an output; else agreement and SQNR with the reference; else mse
 * where the labels have the shape of an output.
 *
 * @throws UsageError for an unknown metric, output, field or provider
 * @throws DataError when the data do not fit the models or the metrics; UnsupportedModelError when one does not load
 * @throws signal.reason when it was aborted
 */
export async function evaluate(options: EvaluateOptions, hooks: EvaluateHooks = {}): Promise<Evaluated> {
  const { models, reference = null, ...rest } = options
  const { output, peakBytes } = await runJob<typeof import('./evaluate-job.js').default>(
    new URL('./evaluate-job.js', import.meta.url),
    { ...rest, ...distinctSources(models, reference), judged: models.length },
    {
      doing: `evaluating ${models.map(modelName).join(' and ')}`,
      onEvent: ({ samples, total }: EvaluateProgress) => hooks.onProgress?.(samples, total),
      signal: hooks.signal,
      threads: options.threads ?? undefined,
    },
  )
  return { ...output, peakBytes }
}

function distinctSources(
  models: readonly ModelSource[],
  reference: ModelSource | null,
): Pick<EvaluateInput, 'sources' | 'reference'> {
  if (reference === null) return { sources: models, reference }
  const among = models.findIndex(
    (model) => model === reference || ('path' in model && 'path' in reference && model.path === reference.path),
  )
  return among >= 0
    ? { sources: models, reference: among }
    : { sources: [...models, reference], reference: models.length }
}
