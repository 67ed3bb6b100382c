import type { Graph, Model, Node, Value } from '../../ir/graph.js'

/** The nodes that something of the model's outputs, or of a function's, depends on; a node with bodies takes them along. */
export function liveNodes(model: Model): ReadonlySet<Node> {
  const live = new Set<Node>()
  const pending: Value[] = []
  const reach = (graph: Graph) => {
    for (const { value } of graph.outputs) pending.push(value)
  }
  reach(model.main)
  for (const { graph } of model.functions.values()) reach(graph)
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const node = value.producer
    if (node === null || live.has(node)) continue
    live.add(node)
    for (const input of node.inputs) if (input !== null) pending.push(input)
    for (const body of node.graphs()) reach(body)
  }
  return live
}
