import type { GraphMessage, NodeMessage } from './messages.js'
import type { Scope } from './scope.js'

/**
 * The nodes of a graph in topological order: as in the file wherever that is one already, which the
 * specification demands and not every exporter keeps.
 *
 * @throws InvalidModelError that names a node of a cycle
 */
export function nodeOrder(graph: GraphMessage, scope: Scope): readonly NodeMessage[] {
  const nodes = graph.node ?? []
  const producer = new Map<string, NodeMessage>()
  for (const node of nodes) for (const name of node.output ?? []) if (name !== '') producer.set(name, node)
  const free = new Map<NodeMessage, readonly string[]>()
  const needs = (node: NodeMessage): readonly string[] => {
    const known = free.get(node)
    if (known) return known
    const names = [...(node.input ?? []), ...freeNames(node)]
    free.set(node, names)
    return names
  }
  const seen = new Set<string>()
  const inOrder = nodes.every((node) => {
    const ready = needs(node).every((name) => seen.has(name) || !producer.has(name))
    for (const name of node.output ?? []) seen.add(name)
    return ready
  })
  return inOrder ? nodes : sort(nodes, (node) => needs(node).flatMap((name) => producer.get(name) ?? []), scope)
}

/** Depth first with a stack of our own: a chain may be longer than the call stack is deep. */
function sort(
  nodes: readonly NodeMessage[],
  dependencies: (node: NodeMessage) => readonly NodeMessage[],
  scope: Scope,
): readonly NodeMessage[] {
  const order: NodeMessage[] = []
  const state = new Map<NodeMessage, 'open' | 'done'>()
  const stack: { readonly node: NodeMessage; readonly waiting: Iterator<NodeMessage> }[] = []
  const open = (node: NodeMessage) => {
    state.set(node, 'open')
    stack.push({ node, waiting: dependencies(node).values() })
  }
  for (const root of nodes) {
    if (!state.has(root)) open(root)
    // What is open is exactly the path from the root: to come back to it is a cycle.
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.waiting.next()
      if (next.done) {
        state.set(top.node, 'done')
        order.push(top.node)
        stack.pop()
      } else if (state.get(next.value) === 'open') throw scope.cycle(next.value)
      else if (!state.has(next.value)) open(next.value)
    }
  }
  return order
}

/** The names that the bodies of a node take from outside. */
function freeNames(node: NodeMessage): readonly string[] {
  const names = new Set<string>()
  for (const a of node.attribute ?? []) {
    for (const graph of [...(a.g ? [a.g] : []), ...(a.graphs ?? [])]) {
      const inside = new Set<string>()
      for (const v of graph.input ?? []) inside.add(v.name ?? '')
      for (const t of graph.initializer ?? []) inside.add(t.name ?? '')
      for (const t of graph.sparseInitializer ?? []) inside.add(t.values?.name ?? '')
      for (const n of graph.node ?? []) for (const name of n.output ?? []) inside.add(name)
      const read = (graph.node ?? []).flatMap((n) => [...(n.input ?? []), ...freeNames(n)])
      for (const name of [...read, ...(graph.output ?? []).map((v) => v.name ?? '')])
        if (!inside.has(name)) names.add(name)
    }
  }
  return [...names]
}
