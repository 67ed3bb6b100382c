import { type Dependencies, keptOf, type Removal } from '../../../analysis/dependencies/dependencies.js'
import type { Model, Node } from '../../../ir/graph.js'
import { MemoryTensor } from '../../../ir/tensor.js'
import { bytesOf, constantOf } from '../../../ir/walk.js'
import { put } from './bias.js'
import { decoded, encoded, isFloatType } from './floats.js'
import type { Layer } from './layer.js'
import type { Work } from './plan.js'

/** A BatchNormalization whose inputs are others since the cut. */
export interface Norm {
  readonly kind: 'norm'
  /** In the cut model. */
  readonly node: Node
  /** What it was before. */
  readonly dense: Node
  /** The channels that have stayed; null for all. */
  readonly kept: Int32Array | null
  readonly level: number
}

const MEAN = 3
const VARIANCE = 4
/** A channel that hardly varies any more is not blown up to what it was. */
const LEAST_RATIO = 0.01

/**
 * BatchNormalization in the main graph behind layers that have lost inputs. Behind a layer that is adjusted itself there
 * is nothing to measure again: what it makes has the right mean, and comes as near as it can.
 *
 * @param layers  that have lost inputs
 * @param work    what of them is adjusted
 */
export function normsOf(
  dependencies: Dependencies,
  removal: Removal,
  before: Model,
  layers: readonly Layer[],
  work: readonly Work[],
): Norm[] {
  const { model, trace } = dependencies
  const lossy = new Set(layers.map(({ node }) => node))
  const adjusted = new Set(work.flatMap((one) => one.layers.map(({ node }) => node)))
  const denseOf = new Map([...before.main.nodes].map((node) => [node.id, node]))
  const behind = new Map<Node, number>()
  const norms: Norm[] = []
  for (const node of model.main.nodes) {
    const producers = node.inputs.flatMap((value) => value?.producer ?? [])
    const reached = producers.flatMap((producer) => behind.get(producer) ?? [])
    const isNorm = node.type === 'BatchNormalization'
    if (reached.length > 0 || lossy.has(node)) behind.set(node, Math.max(0, ...reached) + (isNorm ? 1 : 0))
    const dense = denseOf.get(node.id)
    const [first] = producers
    if (!isNorm || reached.length === 0 || dense === undefined || (first !== undefined && adjusted.has(first))) continue
    const channels = trace.axesOfInput(node, 0)?.[1]
    const isConstant = [MEAN, VARIANCE].every((index) => {
      const value = node.inputs[index]
      return value && constantOf(value) !== null
    })
    if (channels === undefined || !isConstant || node.int('training_mode', 0) !== 0) continue
    norms.push({
      kind: 'norm',
      node,
      dense,
      kept: keptOf(dependencies, channels, removal),
      level: behind.get(node) ?? 0,
    })
  }
  return norms
}

/** How the inputs of a normalization have changed, by channel. */
export interface Drift {
  /** The mean now, and before the cut. */
  readonly now: Float64Array
  readonly past: Float64Array
  /** The variance now by the one before. */
  readonly ratio: Float64Array
}

/**
 * Lets mean and variance follow the inputs, so that each channel has the mean and the variance again that it had behind
 * the normalization:
 *
 *   var' + epsilon = ratio (var + epsilon)      mean' = now - sqrt(ratio) (past - mean)
 *
 * They are not replaced by what the data have: the data need not be those of the training, and a model that was not cut
 * must stay as it is.
 */
export function follow(model: Model, node: Node, { now, past, ratio }: Drift): void {
  const epsilon = node.float('epsilon', 1e-5)
  const ratioOf = (channel: number) => Math.max(LEAST_RATIO, ratio[channel] ?? 1)
  change(model, node, MEAN, (mean, c) => (now[c] ?? 0) - Math.sqrt(ratioOf(c)) * ((past[c] ?? 0) - mean))
  change(model, node, VARIANCE, (variance, c) => Math.max(0, ratioOf(c) * (variance + epsilon) - epsilon))
}

function change(model: Model, node: Node, index: number, f: (value: number, channel: number) => number): void {
  const value = node.inputs[index]
  const tensor = value ? constantOf(value) : null
  if (tensor === null || !isFloatType(tensor.dtype)) return
  const numbers = encoded(decoded(tensor.read(), tensor.dtype).map(f), tensor.dtype)
  if (numbers !== null) put(model, node, index, new MemoryTensor(tensor.dtype, tensor.shape, bytesOf(numbers)), 'bn')
}
