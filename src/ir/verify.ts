import type { Graph, Model, Node, Value } from './graph.js'
import { graphs } from './walk.js'

/** A broken invariant: a bug in a reader or a pass, never the user's mistake. */
export class BrokenModelError extends Error {
  override readonly name = 'BrokenModelError'
}

/**
 * Checks the invariants that every rewrite must keep: uses agree both ways, the order is topological,
 * a value is defined where it is read, names are unique in their graph.
 *
 * @param after  what ran last, for the message: a pass, `read`
 * @throws BrokenModelError that names `after`, the node and the rule
 */
export function verify(model: Model, after: string): void {
  const fail = (rule: string): never => {
    throw new BrokenModelError(`After ${after}: ${rule}.`)
  }
  const usesSeen = new Map<Value, number>()
  const count = (value: Value) => usesSeen.set(value, (usesSeen.get(value) ?? 0) + 1)
  for (const graph of graphs(model)) {
    if (graph.owner !== null) continue // checked from its owner, with what is visible there
    checkGraph(graph, new Set(), count, fail)
  }
  for (const graph of graphs(model)) {
    for (const value of [...graph.inputs, ...graph.initializers, ...outputsOf(graph)]) {
      if (value.uses.size !== (usesSeen.get(value) ?? 0)) {
        fail(`"${value.name}" lists ${value.uses.size} uses, the graph has ${usesSeen.get(value) ?? 0}`)
      }
    }
  }
}

function* outputsOf(graph: Graph): Iterable<Value> {
  for (const node of graph.nodes) for (const value of node.outputs) if (value !== null) yield value
}

function checkGraph(
  graph: Graph,
  outside: ReadonlySet<Value>,
  count: (value: Value) => void,
  fail: (rule: string) => never,
): void {
  const visible = new Set(outside)
  const names = new Set<string>()
  const define = (value: Value) => {
    if (visible.has(value)) fail(`"${value.name}" is defined twice in graph "${graph.name}"`)
    if (names.has(value.name)) fail(`the name "${value.name}" is given twice in graph "${graph.name}"`)
    if (value.graph !== graph) fail(`"${value.name}" belongs to another graph than "${graph.name}"`)
    names.add(value.name)
    visible.add(value)
  }
  for (const value of graph.inputs) define(value)
  for (const value of graph.initializers) {
    if (value.constant === null) fail(`initializer "${value.name}" has no value`)
    if (!visible.has(value)) define(value)
  }
  for (const node of graph.nodes) {
    checkInputs(node, visible, count, fail)
    for (const body of node.graphs()) {
      if (body.owner !== node) fail(`a body of node "${node.label}" belongs to another node`)
      checkGraph(body, visible, count, fail)
    }
    for (const value of node.outputs) {
      if (value === null) continue
      if (value.producer !== node) fail(`"${value.name}" does not name node "${node.label}" as its producer`)
      define(value)
    }
  }
  for (const slot of graph.outputs) {
    if (!visible.has(slot.value)) fail(`output "${slot.name}" of graph "${graph.name}" is not defined there`)
    if (![...slot.value.uses].some((use) => 'slot' in use && use.slot === slot)) {
      fail(`output "${slot.name}" is missing among the uses of "${slot.value.name}"`)
    }
    count(slot.value)
  }
}

function checkInputs(
  node: Node,
  visible: ReadonlySet<Value>,
  count: (value: Value) => void,
  fail: (rule: string) => never,
): void {
  for (const [index, value] of node.inputs.entries()) {
    if (value === null) continue
    if (!visible.has(value)) fail(`node "${node.label}" reads "${value.name}" before it is defined`)
    if (![...value.uses].some((use) => 'node' in use && use.node === node && use.index === index)) {
      fail(`input ${index} of node "${node.label}" is missing among the uses of "${value.name}"`)
    }
    count(value)
  }
}
