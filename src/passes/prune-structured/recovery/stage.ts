import { join } from 'node:path'
import type { Model, Node, Value } from '../../../ir/graph.js'
import { FileTensor } from '../../../ir/tensor.js'
import { constantOf } from '../../../ir/walk.js'
import { openSource } from '../../../onnx/file-source.js'
import { skeleton } from '../../../onnx/skeleton.js'
import { removeDead } from '../../../rewrites/columns.js'
import { settle } from '../../../rewrites/settle.js'
import { runJob } from '../../../runtime/host.js'
import type { LearningData } from '../../pass.js'
import { biasOf } from './bias.js'
import { isFloatType } from './floats.js'
import type { Layer } from './layer.js'
import type { Norm } from './norms.js'
import { Pair } from './pair.js'
import type { Fit, Work } from './plan.js'
import type { FitTask, RecoveryInput, Task, TaskResult } from './recovery.js'
import { drawDrift, drawFit, drawShift, type InputsFrom } from './statistics.js'

/** What is done in one run over the data, and what inputs of the layer are looked at. */
export interface Placed {
  readonly work: Work | Norm
  readonly from: InputsFrom
}

export interface StageOptions {
  readonly data: LearningData
  readonly samples: number
  readonly seed: number
  readonly signal: AbortSignal | undefined
  /** @param done  a fraction 0..1 of the stage */
  readonly onProgress: (done: number) => void
}

export interface Models {
  readonly before: Model
  /** A copy of the cut model, with all that was recovered so far. */
  readonly work: Model
  /** From the cut model to its copy. */
  readonly of: <T extends Node | Value>(x: T) => T
}

export interface StageResult {
  readonly samples: number
  /** In the order of the stage. The tensor is that of a weight that was fitted. */
  readonly results: readonly (TaskResult & { readonly tensor: FileTensor | null })[]
}

/** The statistics of one stage, as float64 in the child: several times that is its peak. */
const STAGE_BYTES = 512 << 20
/** Samples per run: windows of convolutions are many times larger than the values that they are cut out of. */
const BATCH_SIZE = 8
/** What may be added to the diagonals of covariances, by their mean: each is tried. */
const DAMPINGS = [1e-6, 1e-4, 1e-2, 1e-1, 1, 10]

/**
 * Divides the work into runs over the data, from the inputs of the model to its outputs. The layers that come first in a
 * stage look at what the stages before have left of their inputs, and make up for that as well. Those behind them, whose
 * inputs the same stage is about to change, look at what they read before the cut.
 *
 * @param most  stages at most, but for those that memory asks for
 */
export function stagesOf(work: readonly (Work | Norm)[], most: number): Placed[][] {
  const levels = [...new Set(work.map(({ level }) => level))].sort((a, b) => a - b)
  const perStage = Math.ceil(levels.length / most)
  const stages: Placed[][] = []
  let open: { readonly chunk: number; readonly first: number; bytes: number } | null = null
  for (const [index, level] of levels.entries()) {
    const chunk = Math.floor(index / perStage)
    for (const one of work.filter((w) => w.level === level)) {
      const bytes = bytesOf(one)
      if (open === null || open.chunk !== chunk || open.bytes + bytes > STAGE_BYTES) {
        stages.push([])
        open = { chunk, first: level, bytes: 0 }
      }
      open.bytes += bytes
      stages.at(-1)?.push({ work: one, from: level === open.first ? 'after' : 'before' })
    }
  }
  return stages
}

/** Two folds of float64. */
function bytesOf(work: Work | Norm): number {
  if (work.kind !== 'fit') return 0
  const { groups, rows, columns } = work.matrix.layout
  return 16 * work.layers.length * groups * columns * (columns + rows)
}

/** @param name  of the stage, for its files */
export async function runStage(
  { before, work, of }: Models,
  stage: readonly Placed[],
  name: string,
  { data, samples, seed, signal, onProgress }: StageOptions,
): Promise<StageResult> {
  const { folder, batchSize, ...options } = data
  const weights = stage.flatMap(({ work: one }) => (one.kind === 'fit' ? [of(one.weight.value)] : []))
  settle(work, join(folder, `recovery-${name}-settled.bin`), new Set(weights))
  const pair = new Pair(before, work)
  const tasks = stage.map((placed) => taskOf(pair, placed, of))
  removeDead(pair.pair)
  const results = join(folder, `recovery-${name}.bin`)
  const input: RecoveryInput = {
    ...options,
    source: { ...skeleton(pair.pair), name: 'the model' },
    batchSize: batchSize ?? BATCH_SIZE,
    samples,
    seed,
    outputs: pair.pair.main.outputs.map((slot) => slot.name),
    tasks,
    dampings: DAMPINGS,
    results,
  }
  const { output } = await runJob<typeof import('./recovery-job.js').default>(
    new URL('./recovery-job.js', import.meta.url),
    input,
    {
      doing: 'recovering',
      onEvent: ({ done }) => onProgress(done),
      signal,
      threads: data.threads ?? undefined,
    },
  )
  return { samples: output.samples, results: withTensors(tasks, output.results, results) }
}

/** The new weights lie in the file one behind the other. */
function withTensors(tasks: readonly Task[], results: readonly TaskResult[], path: string): StageResult['results'] {
  const source = openSource(path)
  let offset = 0
  return results.map((result, i) => {
    const task = tasks[i]
    if (task?.kind !== 'fit') return { ...result, tensor: null }
    const { length } = task.range
    const tensor = new FileTensor(task.dtype, task.shape, { source, offset, length })
    offset += length
    return { ...result, tensor }
  })
}

function taskOf(pair: Pair, { work, from }: Placed, of: Models['of']): Task {
  if (work.kind === 'norm') {
    return { kind: 'norm', outputs: drawDrift(pair, of(work.node), work.dense, work.kept) }
  }
  const layers = work.layers.map((layer) => ({ ...layer, node: of(layer.node) }))
  if (work.kind === 'fit') return fitTask(pair, work, layers, from, of)
  const [layer] = layers
  if (layer === undefined) throw new Error('There is no layer to shift.')
  return { kind: 'shift', outputs: drawShift(pair, layer, from) }
}

function fitTask(
  pair: Pair,
  { weight, matrix, factor }: Fit,
  layers: readonly Layer[],
  from: InputsFrom,
  of: Models['of'],
): FitTask {
  const { dtype, shape } = weight.tensor
  const range = constantOf(of(weight.value))?.range
  if (range === undefined || !isFloatType(dtype)) throw new Error(`Weight "${weight.value.name}" lies in no file.`)
  return {
    kind: 'fit',
    ...{ dtype, shape, layout: matrix.layout, factor },
    range: { path: range.source.path, offset: range.offset, length: range.length },
    uses: layers.map((layer, i) => {
      const view = matrix.views[i]
      const bias = biasOf(layer)
      if (view === undefined || bias === null) throw new Error(`"${layer.node.label}" cannot be fitted.`)
      return { outputs: drawFit(pair, layer, view, from), bias }
    }),
  }
}
