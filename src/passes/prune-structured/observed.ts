import { join } from 'node:path'
import { UnsupportedModelError } from '../../errors.js'
import type { Value } from '../../ir/graph.js'
import { elementCount } from '../../ir/type.js'
import { constantOf } from '../../ir/walk.js'
import { skeleton } from '../../onnx/skeleton.js'
import { type Capture, capture, type Statistic } from '../../rewrites/capture.js'
import { settle } from '../../rewrites/settle.js'
import { runJob } from '../../runtime/host.js'
import { missingData } from '../pass.js'
import type { Subject } from './importance/importance.js'
import { DEFAULT_SAMPLES } from './index.js'

/** An axis of a value that nodes read. */
export interface Place {
  readonly value: Value
  readonly axis: number
}

export interface Observed {
  /** For each place, and each element along its axis, the mean over samples and all other axes. */
  readonly means: readonly Float64Array[]
  readonly samples: number
}

const OLDEST_OPSET = 7
/** Samples per run. */
const BATCH_SIZE = 8

/**
 * Runs the model over --data and takes the mean of magnitudes, or of squares, at some places.
 *
 * @param places  as `isObservable` says
 * @param flag    what wants to know: `--importance wanda`
 * @throws UsageError without data, UnsupportedModelError for a model that is too old; as `collect` does
 */
export async function observed(
  { dependencies: { model }, shapes, samples, context }: Subject,
  places: readonly Place[],
  statistic: Extract<Statistic, 'squares' | 'magnitudes'>,
  flag: string,
): Promise<Observed> {
  const { data, seed, signal, onProgress } = context
  if (data === undefined) throw missingData(flag)
  if (model.opset < OLDEST_OPSET) {
    throw new UnsupportedModelError(`${flag} needs opset ${OLDEST_OPSET}; the model has ${model.opset}.`, {
      suggestions: ['Choose an importance that needs no data, --importance l2 say, or upgrade the model first.'],
    })
  }
  if (places.length === 0) return { means: [], samples: 0 }
  const shapesOf = places.map(({ value }) => shapes.shapeOf(value) ?? [])
  const captures = places.map(({ value, axis }, i): Capture => {
    const shape = shapesOf[i] ?? []
    return { view: { kind: 'axis', value, axis, rank: shape.length, width: shape[axis] ?? 1 }, statistic }
  })
  const { folder, batchSize, ...options } = data
  const captured = capture(model, captures)
  settle(captured.model, join(folder, `observed-${statistic}.bin`), new Set())
  const { output } = await runJob<typeof import('../../analysis/collect-job.js').default>(
    new URL('../../analysis/collect-job.js', import.meta.url),
    {
      ...options,
      source: { ...skeleton(captured.model), name: 'the model' },
      batchSize: batchSize ?? BATCH_SIZE,
      samples: samples ?? DEFAULT_SAMPLES,
      seed,
      outputs: [...new Set(captured.outputs)],
    },
    {
      doing: 'looking at activations',
      onEvent: (progress) => onProgress?.(progress.total === null ? 0 : progress.samples / progress.total),
      signal,
      threads: data.threads ?? undefined,
    },
  )
  const means = captured.outputs.map((name, i) => {
    const shape = shapesOf[i] ?? []
    // Of the batch that shapes were inferred for: one factor for all places.
    const rows = elementCount(shape) / (shape[places[i]?.axis ?? 0] ?? 1)
    return (output.sums.get(name) ?? new Float64Array(0)).map((sum) => sum / (rows * output.samples))
  })
  return { means, samples: output.samples }
}

/** Whether a value arises while the model runs, where its statistics can be taken: not in bodies of If, Loop and Scan. */
export function isObservable({ dependencies: { model }, shapes }: Subject, { value, axis }: Place): boolean {
  const shape = shapes.shapeOf(value)
  return constantOf(value) === null && value.graph === model.main && shape !== null && shape[axis] !== undefined
}
