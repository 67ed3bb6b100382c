import { join } from 'node:path'
import type { Dependencies, Removal } from '../../../analysis/dependencies/dependencies.js'
import { countMacs } from '../../../analysis/macs.js'
import { inferShapes, type Shapes } from '../../../analysis/shapes.js'
import type { Model, Node } from '../../../ir/graph.js'
import { settle } from '../../../rewrites/settle.js'
import type { PassContext, RecoveredLayer, Skip } from '../../pass.js'
import { DEFAULT_SAMPLES, type Values } from '../index.js'
import { addToBias } from './bias.js'
import { type FloatType, isFloatType } from './floats.js'
import { type Layer, layersOf, madeBy } from './layer.js'
import { follow, normsOf } from './norms.js'
import { nameOf, planned } from './plan.js'
import { type Models, type Placed, runStage, type StageResult, stagesOf } from './stage.js'

export interface Cut {
  /** A copy of the model from before the cut: its nodes have the same ids. */
  readonly before: Model
  /** Of the model before the cut, which was made in place. */
  readonly dependencies: Dependencies
  readonly removal: Removal
  /** As it has been cut, and not tidied yet; its weights and biases change. */
  readonly model: Model
}

export interface Recovered {
  readonly recovered: readonly RecoveredLayer[]
  readonly skipped: readonly Skip[]
  readonly notes: readonly string[]
  /** How many samples were looked at: 0 where there was nothing to do, or no data. */
  readonly samples: number
}

/**
 * Each stage runs both models up to the layers that it is about. One for each layer is best by far where layers are many
 * and small; where a run takes long, neighbours share a stage.
 */
const STAGES = { least: 4, most: 64 }
/** Multiply-accumulate operations of all stages, were each to run all of the model: some minutes on two cores. */
const MOST_MACS = 16e12

/**
 * Lets the layers of a cut model that have lost inputs make up for it, on data and without training: each is fitted to
 * what it computed before the cut (He et al. 2017), or its bias takes over the mean of what is gone; or mean and
 * variance of BatchNormalization follow, where only that is asked for. From the inputs of the model to its outputs, so that each makes up for what
 * those before it could not. The heavy work is done by child processes. Without data, nothing happens.
 *
 * @throws DataError when the data do not fit the model, are empty, or lead to NaN inside of it
 * @see He et al. 2017, arXiv:1707.06168; Nagel et al. 2019, arXiv:1906.04721, section 4.2
 */
export async function recover(
  { before, dependencies, removal, model }: Cut,
  values: Pick<Values, 'recover' | 'samples'>,
  context: PassContext,
): Promise<Recovered> {
  const { data } = context
  const how = values.recover
  if (data === undefined || how === 'none') return { recovered: [], skipped: [], notes: [], samples: 0 }
  const shapes = await inferShapes(before, { dims: data.dims })
  const { layers, skipped } = layersOf(dependencies, removal, before, shapes)
  const means = { refit: how === 'auto' || how === 'refit', absorb: how === 'auto' || how === 'absorb' }
  const plan = await planned(model, layers, means, data.dims)
  // After a fit they do harm: what reads them was fitted to what they give as they are (61.65 % instead of 76.80 %, measured
  // with the direction classifier at --ratio 0.3).
  const norms = how === 'norms' ? normsOf(dependencies, removal, before, layers, plan.work) : []
  const wanted = values.samples ?? DEFAULT_SAMPLES
  const most = stagesFor(countMacs(before, shapes).total, wanted)
  const stages = [...stagesOf(plan.work, most), ...stagesOf(norms, most)]
  const { model: work, of } = model.clone()
  settle(before, join(data.folder, 'recovery-before.bin'), new Set())
  const models = { before, work, of }
  const recovered: RecoveredLayer[] = []
  let [samples, done] = [0, 0]
  for (const [index, stage] of stages.entries()) {
    const part = stage.length / (plan.work.length + norms.length)
    const start = done
    const result = await runStage(models, stage, String(index), {
      data,
      samples: wanted,
      seed: context.seed,
      signal: context.signal,
      onProgress: (within) => context.onProgress?.(start + within * part),
    })
    done += part
    samples = result.samples
    recovered.push(...apply(model, models, stage, result, plan.shapes))
  }
  const notes = how === 'norms' && norms.length === 0 ? ['There is no BatchNormalization behind what was cut.'] : []
  return { recovered, skipped: [...(how === 'norms' ? [] : skipped), ...plan.skipped], notes, samples }
}

function stagesFor(macs: number | null, samples: number): number {
  const { least, most } = STAGES
  if (macs === null || macs === 0) return most
  return Math.min(most, Math.max(least, Math.floor(MOST_MACS / (macs * samples))))
}

/** Changes the cut model and its copy alike. */
function apply(
  model: Model,
  { work: copy, of }: Models,
  stage: readonly Placed[],
  { results }: StageResult,
  shapes: Shapes,
): RecoveredLayer[] {
  return stage.flatMap(({ work }, i): RecoveredLayer[] => {
    const result = results[i]
    if (result === undefined) throw new Error('A stage has no result for one of its layers.')
    const { errorBefore, errorAfter, deltas, drift, tensor } = result
    if (work.kind === 'norm') {
      if (drift === null) return []
      follow(model, work.node, drift)
      follow(copy, of(work.node), drift)
      return [{ target: work.node.label, what: 're-estimated', errorBefore, errorAfter }]
    }
    if (deltas === null) return []
    if (work.kind === 'fit' && tensor !== null) {
      model.setConstant(work.weight.value, tensor)
      copy.setConstant(of(work.weight.value), tensor)
    }
    for (const [use, layer] of work.layers.entries()) shift(layer, deltas[use], shapes, model, copy, of)
    const what = work.kind === 'fit' ? 'refitted' : 'absorbed'
    return [{ target: nameOf(work), what, errorBefore, errorAfter }]
  })
}

function shift(
  layer: Layer,
  delta: Float64Array | undefined,
  shapes: Shapes,
  model: Model,
  copy: Model,
  of: Models['of'],
): void {
  if (delta === undefined) throw new Error(`Nothing was found for "${layer.node.label}".`)
  const dtype = dtypeOf(layer, shapes)
  const own: Node = of(layer.node)
  addToBias(model, layer, delta, dtype)
  addToBias(copy, { ...layer, node: own }, delta, dtype)
}

function dtypeOf(layer: Layer, shapes: Shapes): FloatType {
  const type = shapes.typeOf(madeBy(layer.node))
  const dtype = type?.kind === 'tensor' ? type.dtype : null
  return dtype !== null && isFloatType(dtype) ? dtype : 'float32'
}
