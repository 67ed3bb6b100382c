import type { Attr } from './attr.js'
import {
  append,
  connect,
  define,
  type FunctionBody,
  Graph,
  type Mutable,
  Node,
  type OutputSlot,
  Value,
} from './elements.js'
import type { NodeList } from './node-list.js'

/** Copies of the elements of one model, and which is whose. Captured values need their graph to be copied first. */
export class Copier {
  readonly #copies = new Map<Node | Value, Node | Value>()

  /** @throws for what was not copied */
  of<T extends Node | Value>(x: T): T {
    const copy = this.#copies.get(x)
    if (!copy) throw new Error('Not a part of the model that was cloned.')
    return copy as T // the map sends nodes to nodes and values to values
  }

  function(f: FunctionBody): FunctionBody {
    const graph = new Graph(null, f.graph.name, f.graph.extra)
    this.fill(graph, f.graph)
    return { ...f, graph }
  }

  /** Puts copies of everything in one graph into another, empty one. */
  fill(to: Graph, from: Graph): void {
    for (const input of from.inputs) (to.inputs as Value[]).push(this.#value(input, to, null))
    for (const value of from.initializers) {
      // An initializer may be an input as well.
      const copy = (this.#copies.get(value) as Value | undefined) ?? this.#value(value, to, null)
      ;(to.initializers as Set<Value>).add(copy)
    }
    for (const node of from.nodes) this.#node(node, to)
    for (const slot of from.outputs) {
      const copy: OutputSlot = { ...slot, graph: to, value: this.of(slot.value) }
      append(copy)
    }
  }

  #node(node: Node, graph: Graph): void {
    const copy = new Node({ ...node, graph })
    this.#copies.set(node, copy)
    for (const [index, value] of node.inputs.entries()) connect(copy, index, value === null ? null : this.of(value))
    for (const [name, a] of node.attrs) (copy.attrs as Map<string, Attr>).set(name, this.#attr(a, copy))
    const outputs = node.outputs.map((value) => (value === null ? null : this.#value(value, graph, copy)))
    ;(copy as Mutable<Node>).outputs = outputs
    ;(graph.nodes as NodeList).insert(copy, null)
  }

  #attr(a: Attr, owner: Node): Attr {
    if (a.kind === 'graph') return { ...a, value: this.#body(a.value, owner) }
    if (a.kind === 'graphs') return { ...a, value: a.value.map((body) => this.#body(body, owner)) }
    return a
  }

  #body(body: Graph, owner: Node): Graph {
    const copy = new Graph(owner, body.name, body.extra)
    this.fill(copy, body)
    return copy
  }

  #value(value: Value, graph: Graph, producer: Node | null): Value {
    const { id, name, declared, constant, extra } = value
    const copy = new Value({ id, name, declared, constant, extra, graph, producer })
    this.#copies.set(value, copy)
    define(copy)
    return copy
  }
}
