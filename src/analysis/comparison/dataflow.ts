import type { Model, Node, Value } from '../../ir/graph.js'
import { withBodies } from '../../ir/walk.js'

/** What a node reads of its own graph: its inputs, and what its bodies capture. */
export function valuesRead(node: Node): Set<Value> {
  const read = new Set<Value>()
  for (const value of node.inputs) if (value !== null) read.add(value)
  for (const body of node.graphs()) {
    for (const graph of withBodies(body)) {
      for (const inner of graph.nodes)
        for (const value of inner.inputs) if (value?.graph === node.graph) read.add(value)
      for (const { value } of graph.outputs) if (value.graph === node.graph) read.add(value)
    }
  }
  return read
}

/**
 * The values of the main graph that are computed from what is fed, in the order of the graph. Everything else, constants
 * and what is decoded from them, is a part of the weights, also where it takes nodes to make it.
 */
export function activations(model: Model): Set<Value> {
  const fed = new Set(model.main.inputs.filter((value) => value.constant === null))
  const found = new Set<Value>()
  for (const node of model.main.nodes) {
    if (![...valuesRead(node)].some((value) => fed.has(value) || found.has(value))) continue
    for (const output of node.outputs) if (output !== null) found.add(output)
  }
  return found
}

/** How a value is computed from others. */
export interface Cone {
  /** The values that it stops at. */
  readonly boundary: ReadonlySet<Value>
  /** All nodes between, those that decode constants too. */
  readonly nodes: ReadonlySet<Node>
}

/** The nodes that a value is made by, back to values at which `stops` says so, to inputs and to constants. */
export function coneOf(value: Value, stops: (value: Value) => boolean): Cone {
  const boundary = new Set<Value>()
  const nodes = new Set<Node>()
  const open = [value]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at !== value && stops(at)) {
      boundary.add(at)
      continue
    }
    const { producer } = at
    if (producer === null || nodes.has(producer)) continue
    nodes.add(producer)
    open.push(...valuesRead(producer))
  }
  return { boundary, nodes }
}
