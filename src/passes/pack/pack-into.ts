import { GraphBuilder } from '../../encodings/builder.js'
import type { Encoded } from '../../encodings/encoding.js'
import { build } from '../../encodings/index.js'
import type { Graph, Model, Node, Value } from '../../ir/graph.js'
import type { Target } from './targets.js'

/** A target and what is stored in its place. */
export interface Stored {
  readonly target: Target
  readonly encoded: Encoded
}

/**
 * Lets weights be computed at load instead of being stored. They keep their names, and stand where they stood.
 *
 * @param of  the value of this model for that of a target
 */
export function packInto(model: Model, stored: readonly Stored[], of: (value: Value) => Value): void {
  const changing = stored.filter(({ encoded }) => encoded.encoding !== 'dense')
  for (const { target } of changing) {
    const value = of(target.value)
    if (value.producer !== null) model.freeze(value, target.tensor) // a Constant node gives way to others
  }
  const builders = new Map<Graph, GraphBuilder>()
  for (const { target, encoded } of changing) {
    const value = of(target.value)
    const { graph } = value
    const builder = builders.get(graph) ?? new GraphBuilder(model, graph, firstOf(graph))
    builders.set(graph, builder)
    model.compute(value, build(encoded, builder))
  }
}

/** What is built before it is before everything that reads it. */
function firstOf(graph: Graph): Node | null {
  for (const node of graph.nodes) return node
  return null
}
