import type { Dependencies, Removal } from '../../analysis/dependencies/dependencies.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { graphs, valuesOf, walk } from '../../ir/walk.js'
import { cut } from '../../rewrites/cut/cut.js'
import { tidy } from './prepare.js'

/** A copy of a model without some of its units, as the result would be. */
export async function trialModel(
  dependencies: Dependencies,
  removal: Removal,
  signal: AbortSignal | undefined,
): Promise<Model> {
  const { model } = dependencies.model.clone()
  cut(onClone(dependencies, model), removal)
  await tidy(model, signal)
  return model
}

/** What is known of a model, of its copy: a node and a value of the copy have the ids of the original's. */
function onClone(dependencies: Dependencies, model: Model): Dependencies {
  const { trace } = dependencies
  const nodes = new Map<number, Node>()
  const values = new Map<number, Value>()
  for (const node of walk(dependencies.model)) nodes.set(node.id, node)
  for (const graph of graphs(dependencies.model)) for (const value of valuesOf(graph)) values.set(value.id, value)
  const nodeOf = (node: Node) => nodes.get(node.id) ?? node
  const originalOf = (value: Value) => values.get(value.id) ?? value
  return {
    model,
    unitCount: dependencies.unitCount,
    groups: dependencies.groups,
    groupOf: dependencies.groupOf,
    frozen: dependencies.frozen,
    floors: dependencies.floors,
    unitsOf: (axis) => dependencies.unitsOf(axis),
    trace: {
      space: trace.space,
      reductions: trace.reductions,
      blocked: trace.blocked,
      axes: () => trace.axes(),
      axesOfInput: (node, index) => trace.axesOfInput(nodeOf(node), index),
      axesOfOutput: (node, index) => trace.axesOfOutput(nodeOf(node), index),
      axesOfValue: (value) => trace.axesOfValue(originalOf(value)),
      shapeOf: (value) => trace.shapeOf(originalOf(value)),
      isOpen: (value, axis) => trace.isOpen(originalOf(value), axis),
    },
  }
}
