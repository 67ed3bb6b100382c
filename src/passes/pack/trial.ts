import { join } from 'node:path'
import { type Evaluated, evaluate, type Judgement } from '../../analysis/evaluate.js'
import { UsageError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { skeleton } from '../../onnx/skeleton.js'
import { settle } from '../../rewrites/settle.js'
import type { ModelSource } from '../../runtime/session.js'
import type { LearningData } from '../pass.js'

export interface TrialOptions {
  readonly data: LearningData
  /** `NAME[:output]`; null for what `evaluate` takes first: top1 where labels fit, else agreement with the original. */
  readonly metric: string | null
  readonly seed: number
  readonly signal?: AbortSignal | undefined
}

/** What a model is worth on data, beside the one that it was made from. */
export interface Trial {
  /** `top1` */
  readonly metric: string
  readonly unit: Judgement['unit']
  readonly better: Judgement['better']
  /** The value of the original. */
  readonly base: number
  readonly samples: number
  /**
   * Runs a model over all the samples.
   *
   * @param onProgress  told a fraction 0..1
   * @throws as `evaluate` does
   */
  value(model: Model, onProgress?: (done: number) => void): Promise<number>
}

/** By how much a value is worse than that of the original, in the metric's own unit; negative where it is better. */
export function fallOf({ base, better }: Pick<Trial, 'base' | 'better'>, value: number): number {
  return better === 'higher' ? base - value : value - base
}

/**
 * Judges the original: everything else is judged by the same metric on the same samples.
 *
 * @throws UsageError when the original has no value that another one could fall from
 * @throws as `evaluate` does
 */
export async function openTrial(original: Model, options: TrialOptions): Promise<Trial> {
  const { data, seed, signal } = options
  const { folder, ...asked } = data
  const running = { ...asked, seed }
  const reference = sourceOf(original, join(folder, 'tried-original.bin'))
  const judge = (model: ModelSource, metric: string | null, beside: ModelSource | null, onProgress?: Progress) =>
    evaluate(
      { ...running, models: [model], reference: beside, ...(metric !== null && { metrics: [metric] }) },
      { signal, onProgress: (done, total) => onProgress?.(total === null ? 0 : done / total) },
    )
  const evaluated = await judge({ ...reference }, options.metric, reference) // a copy is judged as another model
  const { name, output, unit, better, against, value: base } = firstOf(evaluated)
  if (!Number.isFinite(base)) throw nothingToFallFrom(name)
  const metric = options.metric ?? `${name}:${output}`
  let tried = 0
  return {
    metric: name,
    unit,
    better,
    base,
    samples: evaluated.samples,
    value: async (model, onProgress) => {
      const source = sourceOf(model, join(folder, `tried-${tried++}.bin`))
      const beside = against === 'reference' ? reference : null
      return firstOf(await judge(source, metric, beside, onProgress)).value
    },
  }
}

type Progress = (done: number) => void

function firstOf({ metrics }: Evaluated): Judgement & { readonly value: number } {
  const [judgement] = metrics
  if (judgement === undefined) throw new Error('A model was judged by no metric.')
  return { ...judgement, value: judgement.values[0] ?? Number.NaN }
}

function sourceOf(model: Model, path: string): ModelSource {
  const { model: settled } = model.clone()
  settle(settled, path, new Set())
  return { ...skeleton(settled), name: 'the model' }
}

function nothingToFallFrom(metric: string): UsageError {
  return new UsageError(`By ${metric} the model as it is has no value that a packed one could fall from.`, {
    suggestions: ['Judge by a share: labels in --data give top1, and without them it is agreement.'],
  })
}
