import { type Dependencies, isGone, keptOf, type Removal } from '../../../analysis/dependencies/dependencies.js'
import type { Shapes } from '../../../analysis/shapes.js'
import type { Model, Node, Value } from '../../../ir/graph.js'
import { walk } from '../../../ir/walk.js'
import type { Skip } from '../../pass.js'

/**
 * A node of the main graph that multiplies by weights and has lost some of what it sums over:
 *
 *   y[out] = sum_in w[out, in] x[in] + b[out]
 */
export interface Layer {
  /** In the cut model. */
  readonly node: Node
  /** What it was before. */
  readonly dense: Node
  /** The input that holds the weights, and the one that holds what they are multiplied with. */
  readonly weight: number
  readonly activation: number
  /** The axis of the activation that is summed over, and the indices along it that have stayed; null for all. */
  readonly inAxis: number
  readonly keptIn: Int32Array | null
  /** The axis of the output that has an element for each row of the weights, and what has stayed of it. */
  readonly outAxis: number
  readonly keptOut: Int32Array | null
  /** Elements along the axis now. */
  readonly rows: number
  /** Of the output. */
  readonly rank: number
}

interface Axes {
  readonly activation: number
  readonly inAxis: number
  readonly outAxis: number
}

/** Ops whose output is the sum itself, with nothing behind it. */
const AXES: Readonly<Record<string, (node: Node, weight: number, ranks: { x: number; y: number }) => Axes>> = {
  Conv: () => ({ activation: 0, inAxis: 1, outAxis: 1 }),
  ConvTranspose: () => ({ activation: 0, inAxis: 1, outAxis: 1 }),
  Gemm: (node, weight) =>
    weight === 1
      ? { activation: 0, inAxis: node.int('transA', 0) === 0 ? 1 : 0, outAxis: 1 }
      : { activation: 1, inAxis: node.int('transB', 0) === 0 ? 0 : 1, outAxis: 0 },
  MatMul: (_, weight, { x, y }) =>
    weight === 1
      ? { activation: 0, inAxis: x - 1, outAxis: y - 1 }
      : { activation: 1, inAxis: Math.max(0, x - 2), outAxis: x === 1 ? y - 1 : y - 2 },
}

/**
 * The layers of a cut model that have lost inputs, in the order of the graph, and those of which nothing can be said.
 *
 * @param dependencies  of the model before the cut, which was made in place
 * @param before        a copy from before the cut, with the same ids
 * @param shapes        of the model before the cut
 */
export function layersOf(
  dependencies: Dependencies,
  removal: Removal,
  before: Model,
  shapes: Shapes,
): { layers: Layer[]; skipped: Skip[] } {
  const { model, trace, groups } = dependencies
  const lossy = new Map<Node, number>()
  for (const { consumers } of groups) {
    for (const { node, input, units } of consumers) {
      if (!lossy.has(node) && units.some((unit) => isGone(unit, removal))) lossy.set(node, input)
    }
  }
  const denseOf = new Map([...walk(before)].map((node) => [node.id, node]))
  const layers: Layer[] = []
  const skipped: Skip[] = []
  for (const node of walk(model)) {
    const weight = lossy.get(node)
    if (weight === undefined) continue
    const skip = (why: string) => skipped.push({ target: node.label, why: `not recovered: ${why}` })
    const dense = denseOf.get(node.id)
    const axesOf = AXES[node.type]
    if (dense === undefined) skip('it is not in the model as it was')
    else if (node.graph !== model.main) skip('it stands in a body')
    else if (axesOf === undefined) skip(`the output of ${node.type} does not show what it sums up`)
    else {
      const ranks = { x: rankOf(shapes, node.inputs[1 - weight]), y: rankOf(shapes, node.outputs[0]) }
      const { x, y } = ranks
      if (x === null || y === null || y === 0) {
        skip('the number of axes around it is not known')
        continue
      }
      const axes = axesOf(node, weight, { x, y })
      const [inAxis, outAxis] = [
        trace.axesOfInput(node, axes.activation)?.[axes.inAxis],
        trace.axesOfOutput(node, 0)?.[axes.outAxis],
      ]
      if (inAxis === undefined || outAxis === undefined) {
        skip('the axes around it are not known')
        continue
      }
      const keptOut = keptOf(dependencies, outAxis, removal)
      layers.push({
        ...{ node, dense, weight, rank: y, ...axes, keptOut },
        keptIn: keptOf(dependencies, inAxis, removal),
        rows: keptOut?.length ?? outAxis.size,
      })
    }
  }
  return { layers, skipped }
}

function rankOf(shapes: Shapes, value: Value | null | undefined): number | null {
  const type = value ? shapes.typeOf(value) : null
  return type?.kind === 'tensor' ? (type.shape?.length ?? null) : null
}

/** What a layer reads, and what it makes. */
export function readBy({ activation }: Layer, node: Node): Value {
  return present(node.inputs[activation], node)
}

export function madeBy(node: Node): Value {
  return present(node.outputs[0], node)
}

function present(value: Value | null | undefined, node: Node): Value {
  if (!value) throw new Error(`Something is missing at "${node.label}".`)
  return value
}
