import { GraphBuilder } from '../../encodings/builder.js'
import type { Encoded } from '../../encodings/encoding.js'
import { build, label } from '../../encodings/index.js'
import type { Graph, Model, Node, Value } from '../../ir/graph.js'
import type { PackedWeight } from '../pass.js'
import type { Target } from './targets.js'

/** A target and what is stored in its place. */
export interface Packed {
  readonly target: Target
  readonly encoded: Encoded
  /** Of the file, see `Plan`. */
  readonly bytes: number
  readonly error: number
  readonly sparsity: number
}

/**
 * Lets weights be computed at load instead of being stored. They keep their names, and stand where they stood.
 *
 * @param of  the value of this model for that of the targets
 */
export function packInto(model: Model, packed: readonly Packed[], of: (value: Value) => Value): PackedWeight[] {
  const builders = new Map<Graph, GraphBuilder>()
  return packed.map(({ target, encoded, bytes, error, sparsity }) => {
    const value = of(target.value)
    if (value.producer !== null) model.freeze(value, target.tensor) // a Constant node gives way to others
    const { graph } = value
    const builder = builders.get(graph) ?? new GraphBuilder(model, graph, firstOf(graph))
    builders.set(graph, builder)
    model.compute(value, build(encoded, builder))
    const { dtype, shape, byteLength: bytesBefore } = target.tensor
    return { value, dtype, shape, encoding: label(encoded), bytesBefore, bytes, sparsity, error }
  })
}

/** What is built before it is before everything that reads it. */
function firstOf(graph: Graph): Node | null {
  for (const node of graph.nodes) return node
  return null
}
