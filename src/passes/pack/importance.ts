import { join } from 'node:path'
import { inferShapes } from '../../analysis/shapes.js'
import type { Model, Value } from '../../ir/graph.js'
import { elementCount } from '../../ir/type.js'
import { skeleton } from '../../onnx/skeleton.js'
import type { Weight } from '../../ops/weights.js'
import { type Capture, capture } from '../../rewrites/capture.js'
import { settle } from '../../rewrites/settle.js'
import { type Layout, matrixOf, type WeightMatrix } from '../../rewrites/weight-matrix.js'
import { runJob } from '../../runtime/host.js'
import type { LearningData, Skip } from '../pass.js'
import type { Importance } from './plan.js'

/** What a model is weighed on. */
export interface Weighing {
  readonly data: LearningData
  /**
   * `hessian`: the mean square of the input that an element is multiplied with, which is the diagonal of the Hessian of
   * the squared error of the layer's output: sum h (w - v)^2 estimates that error. `activations`: its root.
   */
  readonly by: 'activations' | 'hessian'
  /** How many samples are looked at, drawn by lot. */
  readonly samples: number
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 */
  readonly onProgress?: (done: number) => void
}

export interface Weighed {
  /** By what holds the weight. Of each one the mean is 1: only weights of one tensor are beside one another. */
  readonly importances: ReadonlyMap<Value, Importance>
  /** Weights whose elements count evenly, since their inputs cannot be seen. */
  readonly skipped: readonly Skip[]
  /** How many samples were looked at: 0 where no weight's inputs can be seen. */
  readonly samples: number
}

/** Samples per run: windows of convolutions are many times larger than the values that they are cut out of. */
const BATCH_SIZE = 8

/**
 * An input that was zero in all samples may be another in the next one: so much of the mean square is added to each, as
 * SparseGPT does to its Hessians.
 */
const DAMPING = 0.01

/**
 * How much each element of a weight counts for the output of its layer, by the inputs that it meets in data. A child
 * process runs the model over the samples once; nothing but a sum of squares for each input of a layer is kept.
 *
 * @param model    of opset 7 or later; it stays as it is
 * @param weights  of this model. Those that are stored as codes are passed over
 * @throws DataError when the data do not fit the model, are empty, or lead to NaN inside of it
 * @see Sun et al. 2023, arXiv:2306.11695 (norms of inputs); LeCun et al. 1989, Optimal Brain Damage, and Kim et al.
 *      2023, arXiv:2306.07629 (diagonal Hessians, for palettes)
 */
export async function importanceOf(model: Model, weights: readonly Weight[], weighing: Weighing): Promise<Weighed> {
  const shapes = await inferShapes(model, { dims: weighing.data.dims })
  const seen: { readonly weight: Weight; readonly matrix: WeightMatrix }[] = []
  const skipped: Skip[] = []
  for (const weight of weights) {
    if (weight.skip !== null) continue
    const matrix = matrixOf(model, weight, shapes)
    if (!('none' in matrix)) seen.push({ weight, matrix })
    else
      skipped.push({ target: weight.value.name, why: `its elements are weighed evenly, without data: ${matrix.none}` })
  }
  if (seen.length === 0) return { importances: new Map(), skipped, samples: 0 }
  const matrices = seen.map(({ matrix }) => matrix)
  const { squares, samples } = await squaresOf(model, matrices, weighing)
  const importances = seen.map(({ weight, matrix }, i): [Value, Importance] => {
    const counts = damped(squares[i] ?? new Float64Array(0))
    const values = weighing.by === 'hessian' ? counts : ofMeanOne(counts.map(Math.sqrt))
    return [weight.value, spread(weight.tensor.shape, matrix.layout, values)]
  })
  return { importances: new Map(importances), skipped, samples }
}

/** Of each matrix the sums of the squares of its inputs [groups, columns]. */
async function squaresOf(
  model: Model,
  matrices: readonly WeightMatrix[],
  { data, samples, seed, signal, onProgress }: Weighing,
): Promise<{ readonly squares: readonly Float64Array[]; readonly samples: number }> {
  const { folder, batchSize, ...options } = data
  const { model: work, of } = model.clone()
  settle(work, join(folder, 'weighed.bin'), new Set())
  const captures = matrices.map(({ views }) =>
    views.map((view): Capture => ({ view: { ...view, value: of(view.value) }, statistic: 'squares' })),
  )
  const captured = capture(work, captures.flat())
  const names = [...captured.outputs]
  const outputsOf = captures.map(({ length }) => names.splice(0, length))
  const { output } = await runJob<typeof import('../../analysis/collect-job.js').default>(
    new URL('../../analysis/collect-job.js', import.meta.url),
    {
      ...options,
      source: { ...skeleton(captured.model), name: 'the model' },
      batchSize: batchSize ?? BATCH_SIZE,
      samples,
      seed,
      outputs: [...new Set(captured.outputs)],
    },
    {
      doing: 'weighing weights on data',
      onEvent: ({ samples: done, total }) => onProgress?.(total === null ? 0 : done / total),
      signal,
      threads: data.threads ?? undefined,
    },
  )
  return { squares: outputsOf.map((outputs) => summed(outputs, output.sums)), samples: output.samples }
}

/** A weight that is used twice meets the inputs of both uses. */
function summed(outputs: readonly string[], sums: ReadonlyMap<string, Float64Array>): Float64Array {
  const [first, ...more] = outputs.map((name) => sums.get(name) ?? new Float64Array(0))
  const total = Float64Array.from(first ?? [])
  for (const sum of more) for (const [i, value] of sum.entries()) total[i] = (total[i] ?? 0) + value // of equal lengths
  return total
}

function damped(squares: Float64Array): Float64Array {
  return ofMeanOne(ofMeanOne(squares).map((square) => square + DAMPING))
}

/** Where all are zero they count evenly. */
function ofMeanOne(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.map((value) => (mean > 0 ? value / mean : 1))
}

/**
 * What was found for the columns of a weight's matrices, laid out as the weight is stored: an axis along which all
 * elements meet the same inputs has the length 1.
 */
function spread(shape: readonly number[], layout: Layout, counts: Float64Array): Importance {
  const { groups, rows, columns, rowOffsets, columnOffsets } = layout
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
  const along = (offset: number, axis: number) => Math.floor(offset / (strides[axis] ?? 1)) % (shape[axis] ?? 1)
  // The last column lies at the end of each axis that columns lie along.
  const last = columnOffsets[columns - 1] ?? 0
  const kept = shape.map((length, axis) => (groups > 1 || along(last, axis) > 0 ? length : 1))
  const values = new Float64Array(elementCount(kept))
  const everyRow = groups > 1 ? groups * rows : 1
  for (let row = 0; row < everyRow; row++) {
    const first = Math.floor(row / rows) * columns
    for (let column = 0; column < columns; column++) {
      const offset = (rowOffsets[row] ?? 0) + (columnOffsets[column] ?? 0)
      const at = kept.reduce((place, length, axis) => place * length + (length === 1 ? 0 : along(offset, axis)), 0)
      values[at] = counts[first + column] ?? 0
    }
  }
  return { shape: kept, values }
}
