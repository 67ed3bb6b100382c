import { inferShapes, type Shapes } from '../../../analysis/shapes.js'
import type { Model, Node } from '../../../ir/graph.js'
import { type Weight, weightsOf } from '../../../ops/weights.js'
import { matrixOf, type WeightMatrix } from '../../../rewrites/weight-matrix.js'
import type { Skip } from '../../pass.js'
import { biasOf } from './bias.js'
import { isFloatType } from './floats.js'
import type { Layer } from './layer.js'

/** A weight that is fitted anew, once for all layers that use it. */
export interface Fit {
  readonly kind: 'fit'
  readonly weight: Weight
  readonly matrix: WeightMatrix
  /** What its products are multiplied with: Gemm's alpha. */
  readonly factor: number
  /** In the order of the views of the matrix. */
  readonly layers: readonly Layer[]
  readonly level: number
}

/** A layer whose bias takes over the mean of what is gone. */
export interface Shift {
  readonly kind: 'shift'
  readonly layers: readonly [Layer]
  readonly level: number
}

export type Work = Fit | Shift

/** Which of the means are used. */
export interface Means {
  readonly refit: boolean
  readonly absorb: boolean
}

/** Above, the matrices of a layer take gigabytes and minutes. */
const MOST_COLUMNS = 4608

/**
 * What is done to each layer, in the order of the graph.
 *
 * @param model   that has been cut
 */
export async function planned(
  model: Model,
  layers: readonly Layer[],
  means: Means,
  dims: Readonly<Record<string, number>>,
): Promise<{ work: Work[]; skipped: Skip[]; shapes: Shapes }> {
  const shapes = await inferShapes(model, { dims })
  const levels = levelsOf(model, new Set(layers.map(({ node }) => node)))
  const weightOf = new Map<Node, Weight>()
  for (const weight of weightsOf(model).weights) for (const { node } of weight.uses) weightOf.set(node, weight)
  const byNode = new Map(layers.map((layer) => [layer.node, layer]))
  const skipped: Skip[] = []
  const work: Work[] = []
  const done = new Set<Node>()
  for (const layer of layers) {
    if (done.has(layer.node)) continue
    const weight = weightOf.get(layer.node)
    const found = means.refit ? fitOf(model, layer, weight, byNode, shapes) : { none: null }
    if ('none' in found) {
      const { none } = found
      const otherwise = means.absorb ? 'its bias alone is recovered' : 'not recovered'
      if (none !== null) skipped.push({ target: layer.node.label, why: `${otherwise}: ${none}` })
      if (means.absorb) work.push({ kind: 'shift', layers: [layer], level: levels.get(layer.node) ?? 0 })
      done.add(layer.node)
      continue
    }
    // All uses have to be seen as they are in the end: the last one says when.
    const level = Math.max(...found.layers.map(({ node }) => levels.get(node) ?? 0))
    work.push({ ...found, kind: 'fit', level })
    for (const { node } of found.layers) done.add(node)
  }
  return { work, skipped, shapes }
}

function fitOf(
  model: Model,
  layer: Layer,
  weight: Weight | undefined,
  byNode: ReadonlyMap<Node, Layer>,
  shapes: Shapes,
): Omit<Fit, 'kind' | 'level'> | { readonly none: string } {
  if (weight === undefined) return { none: 'its weight is computed' }
  if (weight.skip !== null) return { none: weight.skip }
  if (!isFloatType(weight.tensor.dtype)) return { none: `its dtype is ${weight.tensor.dtype}` }
  const layers = weight.uses.flatMap(({ node }) => byNode.get(node) ?? [])
  if (layers.length < weight.uses.length) return { none: `"${weight.value.name}" is used by others as well` }
  if (new Set(layers).size < layers.length) return { none: 'it reads the weight twice' }
  if (layers.some((one) => biasOf(one) === null)) return { none: 'its bias is not one number for each output' }
  const [factor = 1, ...others] = new Set(layers.map(({ node }) => (node.type === 'Gemm' ? node.float('alpha', 1) : 1)))
  if (others.length > 0 || factor === 0) return { none: 'its uses multiply it with different factors' }
  const matrix = matrixOf(model, weight, shapes)
  if ('none' in matrix) return matrix
  const { columns, rows, groups } = matrix.layout
  if (columns > MOST_COLUMNS) return { none: `its ${columns} inputs are too many to be fitted` }
  if (rows * groups !== layer.rows) return { none: 'its outputs are no rows of the weight' }
  return { weight, matrix, factor, layers }
}

/** How many of these nodes lie one behind the other up to each: those of one level do not see one another. */
function levelsOf(model: Model, marked: ReadonlySet<Node>): Map<Node, number> {
  const levels = new Map<Node, number>()
  let highest = 0
  for (const node of model.main.nodes) {
    let level = 0
    for (const value of node.inputs) level = Math.max(level, (value?.producer && levels.get(value.producer)) ?? 0)
    // Whatever a body reads came before.
    if ([...node.graphs()].length > 0) level = highest
    levels.set(node, level + (marked.has(node) ? 1 : 0))
    highest = Math.max(highest, level + 1)
  }
  return levels
}

/** The label of what is adjusted. */
export function nameOf({ layers }: Work): string {
  return layers.map(({ node }) => node.label).join(', ')
}
