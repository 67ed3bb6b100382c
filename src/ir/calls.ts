import type { Attr } from './attr.js'
import { type FunctionBody, functionKey, type Graph, type Model, Node, type Value } from './graph.js'

/** One way in which the nodes of a function come to run: who calls it, and where the caller itself runs. */
export interface Call {
  readonly node: Node
  readonly body: FunctionBody
  readonly within: Call | null
  /** The ids of the calling nodes, outermost first: equal for the same call of the same model. */
  readonly path: string
}

/** A node as it runs; `call` is null outside of functions. */
export interface Site {
  readonly node: Node
  readonly call: Call | null
}

/** Tells apart what a node, or a value, is in each call. */
export function siteKey(x: Node | Value, call: Call | null): string {
  return `${call?.path ?? ''}${x.id}`
}

/** The function that a node calls, or undefined for an operator. A model's own function hides an operator of its name. */
export function calledBy(model: Model, node: Node): FunctionBody | undefined {
  return model.functions.size === 0 ? undefined : model.functions.get(functionKey(node))
}

/** @returns null for a recursion, which ONNX forbids */
export function enter(node: Node, body: FunctionBody, within: Call | null): Call | null {
  for (let call = within; call !== null; call = call.within) if (call.body === body) return null
  return { node, body, within, path: `${within?.path ?? ''}${node.id}/` }
}

/**
 * Every node that runs, in the order of the graph: bodies follow their node, the nodes of a function follow each
 * node that calls it. Functions that nothing calls do not occur.
 */
export function sites(model: Model): Iterable<Site> {
  return sitesOf(model, model.main, null)
}

function* sitesOf(model: Model, graph: Graph, call: Call | null): Iterable<Site> {
  for (const node of graph.nodes) {
    yield { node, call }
    const body = calledBy(model, node)
    const inner = body && enter(node, body, call)
    if (inner) yield* sitesOf(model, inner.body.graph, inner)
    for (const g of node.graphs()) yield* sitesOf(model, g, call)
  }
}

/** What a function's input stands for in a call; null for any other value. */
export function argumentOf(value: Value, call: Call | null): { value: Value | null; call: Call | null } | null {
  if (call === null || value.graph !== call.body.graph) return null
  const index = value.graph.inputs.indexOf(value)
  return index < 0 ? null : { value: call.node.inputs[index] ?? null, call: call.within }
}

/** The node as a call runs it: attributes that refer to those of the call have their values. */
export function bound(node: Node, call: Call | null): Node {
  if (call === null || ![...node.attrs.values()].some((a) => a.kind === 'ref')) return node
  const attrs = new Map<string, Attr>()
  for (const [name, a] of node.attrs) {
    const value = a.kind === 'ref' ? referred(a.value, call) : a
    if (value !== undefined) attrs.set(name, value)
  }
  const { inputs, outputs } = node
  return Object.assign(new Node(node), { inputs, outputs, attrs })
}

function referred(name: string, call: Call): Attr | undefined {
  return bound(call.node, call.within).attrs.get(name) ?? call.body.defaults?.get(name)
}
