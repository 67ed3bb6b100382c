import { join } from 'node:path'
import { inferShapes } from '../../analysis/shapes.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { FileTensor } from '../../ir/tensor.js'
import { constantOf } from '../../ir/walk.js'
import { openSource } from '../../onnx/file-source.js'
import { skeleton } from '../../onnx/skeleton.js'
import { type Weight, weightsOf } from '../../ops/weights.js'
import { type Capture, capture } from '../../rewrites/capture.js'
import { settle } from '../../rewrites/settle.js'
import { matrixOf, type WeightMatrix } from '../../rewrites/weight-matrix.js'
import { runJob } from '../../runtime/host.js'
import type { LearningData, Skip } from '../pass.js'
import type { RoundInput, RoundOutput } from './round-job.js'
import type { Target } from './targets.js'

/** A constant whose elements become values of a palette; see `paletteOfPlan`. */
export interface Rounding {
  readonly target: Target
  readonly palette: Float32Array
}

export interface RoundedBy {
  readonly data: LearningData
  /** How many samples are looked at, drawn by lot. */
  readonly samples: number
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 */
  readonly onProgress?: (done: number) => void
}

export interface Rounded {
  /** By what holds the weight: every element is one of the palette, or zero as it was. */
  readonly tensors: ReadonlyMap<Value, FileTensor>
  /** Weights that are left to be rounded to the nearest values, since their inputs cannot be seen. */
  readonly skipped: readonly Skip[]
  readonly notes: readonly string[]
  /** How many samples were looked at: 0 where no weight's inputs can be seen. */
  readonly samples: number
}

interface Layer extends Rounding {
  readonly matrix: WeightMatrix
}

/** As in the paper: a hundredth of the mean of the diagonal, and 128 columns at a time. */
const DAMPING = 0.01
const BLOCK_SIZE = 128
/** The statistics of one stage, as float64 in the child: several times that is its peak. */
const STAGE_BYTES = 512 << 20
/** More for a single weight than this would not fit into the memory of most machines. */
const MOST_BYTES = 2 ** 31
/** Samples per run: windows of convolutions are many times larger than the values that they are cut out of. */
const BATCH_SIZE = 8

/**
 * Rounds weights to the values of their palettes by GPTQ, with the Hessians of the inputs that they meet in data. The
 * heavy work is done by child processes, each for as many weights as their Hessians fit into memory.
 *
 * @param model    of opset 7 or later; it stays as it is
 * @param roundings  constants of this model
 * @throws DataError when the data do not fit the model, are empty, or lead to NaN inside of it
 * @see Frantar et al. 2022, arXiv:2210.17323
 */
export async function roundedByData(
  model: Model,
  roundings: readonly Rounding[],
  options: RoundedBy,
): Promise<Rounded> {
  const { seen, skipped } = await divided(model, roundings, options.data)
  const { model: work, of } = model.clone()
  const tensors = new Map<Value, FileTensor>()
  const found: RoundOutput['layers'][number][] = []
  let samples = 0
  for (const [index, stage] of stagesOf(seen).entries()) {
    const done = found.length
    const result = await runStage(work, of, stage, index, {
      ...options,
      onProgress: (part) => options.onProgress?.((done + part * stage.length) / seen.length),
    })
    samples = result.samples
    found.push(...result.layers)
    for (const [i, { target }] of stage.entries()) {
      const tensor = result.tensors[i]
      if (tensor === undefined) throw new Error(`Weight "${target.value.name}" was not rounded.`)
      tensors.set(target.value, tensor)
    }
  }
  const singular = seen.filter((_, i) => found[i]?.damping === null)
  return {
    tensors,
    skipped: [...skipped, ...singular.map(({ target }) => skip(target, 'its inputs give no Hessian to invert'))],
    notes: notesOn(found, samples),
    samples,
  }
}

/** Weights whose inputs can be seen, in the order of the graph, and the others. */
async function divided(model: Model, roundings: readonly Rounding[], { dims }: LearningData) {
  const shapes = await inferShapes(model, { dims })
  const wanted = new Map(roundings.map((rounding) => [rounding.target.value, rounding]))
  const seen: Layer[] = []
  const skipped: Skip[] = []
  for (const weight of weightsOf(model).weights) {
    const rounding = wanted.get(weight.value)
    if (rounding === undefined) continue
    wanted.delete(weight.value)
    const matrix = seenMatrix(model, weight, shapes)
    if ('none' in matrix) skipped.push(skip(rounding.target, matrix.none))
    else seen.push({ ...rounding, matrix })
  }
  for (const { target } of wanted.values()) {
    if (isLarge(target)) skipped.push(skip(target, 'it is not multiplied with inputs'))
  }
  return { seen, skipped }
}

function seenMatrix(model: Model, weight: Weight, shapes: Awaited<ReturnType<typeof inferShapes>>) {
  const { skip: why, tensor } = weight
  if (why !== null) return { none: why }
  if (tensor.dtype !== 'float32') return { none: `its dtype is ${tensor.dtype}, not float32` }
  const matrix = matrixOf(model, weight, shapes)
  if ('none' in matrix || bytesOf(matrix) <= MOST_BYTES) return matrix
  return { none: `its ${matrix.layout.columns} inputs are too many for a Hessian` }
}

function skip({ value }: Target, why: string): Skip {
  return { target: value.name, why: `rounded to the nearest values, without data: ${why}` }
}

/** Of biases and scales nobody expects it. */
function isLarge({ tensor: { shape } }: Target): boolean {
  return shape.filter((size) => size !== 1).length > 1
}

/** So many at a time as their Hessians fit into memory. */
function stagesOf(layers: readonly Layer[]): Layer[][] {
  const stages: Layer[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const layer of layers) {
    const own = bytesOf(layer.matrix)
    if (bytes + own > STAGE_BYTES) {
      stages.push([])
      bytes = 0
    }
    stages.at(-1)?.push(layer)
    bytes += own
  }
  return stages
}

function bytesOf({ layout: { groups, columns } }: WeightMatrix): number {
  return 8 * groups * columns * columns
}

async function runStage(
  work: Model,
  of: <T extends Node | Value>(x: T) => T,
  stage: readonly Layer[],
  index: number,
  { data, samples, seed, signal, onProgress }: RoundedBy,
): Promise<RoundOutput & { readonly tensors: readonly FileTensor[] }> {
  const { folder, batchSize, ...options } = data
  settle(work, join(folder, `to-round-${index}.bin`), new Set(stage.map(({ target }) => of(target.value))))
  const captures = stage.map(({ matrix }) =>
    matrix.views.map((view): Capture => ({ view: { ...view, value: of(view.value) }, statistic: 'gram' })),
  )
  const captured = capture(work, captures.flat())
  const names = [...captured.outputs]
  const results = join(folder, `rounded-${index}.bin`)
  const input: RoundInput = {
    ...options,
    ...{ damping: DAMPING, blockSize: BLOCK_SIZE, samples, seed, results },
    source: { ...skeleton(captured.model), name: 'the model' },
    batchSize: batchSize ?? BATCH_SIZE,
    outputs: [...new Set(captured.outputs)],
    layers: stage.map(({ target, palette, matrix: { layout } }, i) => ({
      ...{ palette, layout, shape: target.tensor.shape, range: rangeOf(of(target.value)) },
      outputs: names.splice(0, captures[i]?.length ?? 0),
    })),
  }
  const { output } = await runJob<typeof import('./round-job.js').default>(
    new URL('./round-job.js', import.meta.url),
    input,
    {
      doing: 'rounding weights',
      onEvent: ({ done }) => onProgress?.(done),
      signal,
      threads: data.threads ?? undefined,
    },
  )
  const source = openSource(results)
  let offset = 0
  const tensors = stage.map(({ target: { tensor } }) => {
    const range = { source, offset, length: tensor.byteLength }
    offset += tensor.byteLength
    return new FileTensor('float32', tensor.shape, range)
  })
  return { ...output, tensors }
}

function rangeOf(value: Value): RoundInput['layers'][number]['range'] {
  const range = constantOf(value)?.range
  if (range === undefined) throw new Error(`Weight "${value.name}" lies in no file.`)
  return { path: range.source.path, offset: range.offset, length: range.length }
}

/** What was gained, in the middle of the layers: sums would tell of the one with the largest outputs alone. */
function notesOn(layers: RoundOutput['layers'], samples: number): string[] {
  const shares = layers.flatMap(({ nearest, rounded }) => (nearest > 0 ? [Math.sqrt(rounded / nearest)] : []))
  const middle = shares.sort((a, b) => a - b)[shares.length >> 1]
  if (middle === undefined) return []
  const share = `${Number((100 * middle).toPrecision(2))} %`
  return [
    `On ${samples} samples the error of a layer's outputs is ${share} of that with nearest values (the median of ${shares.length} layers); errors of weights themselves are larger.`,
  ]
}
