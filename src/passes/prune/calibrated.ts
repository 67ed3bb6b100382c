import { join } from 'node:path'
import { inferShapes } from '../../analysis/shapes.js'
import { UnsupportedModelError } from '../../errors.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { FileTensor, type Tensor } from '../../ir/tensor.js'
import { constantOf } from '../../ir/walk.js'
import { openSource } from '../../onnx/file-source.js'
import { skeleton } from '../../onnx/skeleton.js'
import { type Capture, capture } from '../../rewrites/capture.js'
import { settle } from '../../rewrites/settle.js'
import { matrixOf, type WeightMatrix } from '../../rewrites/weight-matrix.js'
import { runJob } from '../../runtime/host.js'
import type { LearningData, Skip } from '../pass.js'
import type { CalibratedLayer, CalibrateInput, CalibrateProgress, LayerTask, Method } from './calibrate.js'
import type { AxisTarget } from './targets.js'

/** A weight that calibration can see the inputs of. */
export interface Measurable {
  readonly target: AxisTarget
  readonly matrix: WeightMatrix
  /** Of n weights round(sparsity * n) go. */
  readonly sparsity: number
}

export interface Calibration {
  readonly method: Method
  /** Samples that statistics are gathered from. */
  readonly samples: number
  readonly data: LearningData
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 */
  readonly onProgress: (done: number) => void
}

export interface Calibrated {
  readonly layers: readonly (CalibratedLayer & { readonly target: AxisTarget; readonly tensor: Tensor })[]
  readonly samples: number
}

/** The statistics of one stage, as float64 in the child: several times that is its peak. */
const STAGE_BYTES = 512 << 20
/** More for a single weight than this is refused: its matrices would not fit into the memory of most machines. */
const MOST_BYTES = 2 ** 31
const OLDEST_OPSET = 7
/** Samples per run: windows of convolutions are many times larger than the values that they are cut out of. */
const BATCH_SIZE = 8

/**
 * Tells weights whose inputs calibration can see from the others.
 *
 * @throws UnsupportedModelError for a model that is too old for the statistics to be computed in it
 */
export async function measurable(
  model: Model,
  targets: readonly AxisTarget[],
  sparsityOf: (target: AxisTarget) => number,
  { method, data }: Pick<Calibration, 'method' | 'data'>,
): Promise<{ seen: Measurable[]; unseen: { target: AxisTarget; why: string }[] }> {
  if (model.opset < OLDEST_OPSET) {
    throw new UnsupportedModelError(
      `--criterion ${method.criterion} needs opset ${OLDEST_OPSET}; the model has ${model.opset}.`,
      {
        suggestions: ['Choose --criterion magnitude, which needs no data.'],
      },
    )
  }
  const shapes = await inferShapes(model, { dims: data.dims })
  const seen: Measurable[] = []
  const unseen: { target: AxisTarget; why: string }[] = []
  for (const target of targets) {
    const matrix = matrixOf(model, target.weight, shapes)
    if ('none' in matrix) unseen.push({ target, why: matrix.none })
    else if (bytesOf(matrix, method) > MOST_BYTES) {
      unseen.push({ target, why: `its ${matrix.layout.columns} inputs are too many for a Hessian: wanda needs none` })
    } else seen.push({ target, matrix, sparsity: sparsityOf(target) })
  }
  return { seen, unseen }
}

/** What a report says of a weight that calibration cannot see. */
export function unseenSkip({ target, why }: { readonly target: AxisTarget; readonly why: string }): Skip {
  return { target: target.name, why: `pruned by magnitude, without calibration: ${why}` }
}

/**
 * Prunes weights by statistics of their inputs, in stages from the inputs of the model to its outputs: each stage sees
 * what the stages before it have left. The heavy work is done by child processes, one for each stage.
 *
 * @param model    stays as it is
 * @param already  weights that were pruned without calibration
 */
export async function prunedByData(
  model: Model,
  layers: readonly Measurable[],
  already: readonly { readonly value: Value; readonly tensor: Tensor }[],
  calibration: Calibration,
): Promise<Calibrated> {
  const { model: work, of } = model.clone()
  for (const { value, tensor } of already) work.setConstant(of(value), tensor)
  const stages = stagesOf(layers, calibration.method)
  const total = layers.length
  const found: Calibrated['layers'][number][] = []
  let samples = 0
  for (const [index, stage] of stages.entries()) {
    const done = found.length
    const result = await runStage(work, of, stage, index, {
      ...calibration,
      onProgress: (part) => calibration.onProgress((done + part * stage.length) / total),
    })
    samples = result.samples
    for (const layer of result.layers) {
      work.setConstant(of(layer.target.weight.value), layer.tensor)
      found.push(layer)
    }
  }
  return { layers: found, samples }
}

async function runStage(
  work: Model,
  of: <T extends Node | Value>(x: T) => T,
  stage: readonly Measurable[],
  index: number,
  { method, data, samples, seed, signal, onProgress }: Calibration,
): Promise<Calibrated> {
  const { folder, batchSize, ...options } = data
  const weights = stage.map(({ target }) => of(target.weight.value))
  settle(work, join(folder, `settled-${index}.bin`), new Set(weights))
  const statistic = method.criterion === 'wanda' ? 'squares' : 'gram'
  const captures = stage.map(({ matrix }) =>
    matrix.views.map((view): Capture => ({ view: { ...view, value: of(view.value) }, statistic })),
  )
  const captured = capture(work, captures.flat())
  const names = [...captured.outputs]
  const results = join(folder, `pruned-${index}.bin`)
  const input: CalibrateInput = {
    ...options,
    ...method,
    source: { ...skeleton(captured.model), name: 'the model' },
    batchSize: batchSize ?? BATCH_SIZE,
    samples,
    seed,
    outputs: [...new Set(captured.outputs)],
    layers: stage.map((layer, i) => taskOf(layer, of, names.splice(0, captures[i]?.length ?? 0))),
    results,
  }
  const { output } = await runJob<typeof import('./calibrate-job.js').default>(
    new URL('./calibrate-job.js', import.meta.url),
    input,
    {
      doing: 'calibrating',
      onEvent: ({ done }: CalibrateProgress) => onProgress(done),
      signal,
      threads: data.threads ?? undefined,
    },
  )
  const source = openSource(results)
  let offset = 0
  const layers = stage.map(({ target }, i) => {
    const layer = output.layers[i]
    if (layer === undefined) throw new Error(`Weight "${target.name}" was not pruned.`)
    const length = target.tensor.byteLength
    const tensor = new FileTensor(target.dtype, target.tensor.shape, { source, offset, length })
    offset += length
    return { ...layer, target, tensor }
  })
  return { layers, samples: output.samples }
}

function taskOf(
  { target, matrix, sparsity }: Measurable,
  of: <T extends Node | Value>(x: T) => T,
  outputs: readonly string[],
): LayerTask {
  const { name, index, dtype, elements, shape, out, in: inputs } = target
  const range = constantOf(of(target.weight.value))?.range
  if (range === undefined) throw new Error(`Weight "${name}" lies in no file.`)
  const { layout } = matrix
  return {
    ...{ name, index, dtype, elements, shape, out, in: inputs, layout, sparsity, outputs },
    range: { path: range.source.path, offset: range.offset, length: range.length },
  }
}

/** Weights in the order of the graph, so many at a time as their statistics fit into memory. */
function stagesOf(layers: readonly Measurable[], method: Method): Measurable[][] {
  const stages: Measurable[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const layer of layers) {
    const own = bytesOf(layer.matrix, method)
    if (bytes + own > STAGE_BYTES) {
      stages.push([])
      bytes = 0
    }
    stages.at(-1)?.push(layer)
    bytes += own
  }
  return stages
}

function bytesOf({ layout: { groups, columns } }: WeightMatrix, { criterion }: Method): number {
  return 8 * groups * columns * (criterion === 'wanda' ? 1 : columns)
}
