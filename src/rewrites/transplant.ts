import { type Attr, attr } from '../ir/attr.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { valuesOf, withBodies } from '../ir/walk.js'

/**
 * Puts copies of all that a graph holds into another graph, before a node that they are to replace. Names that are
 * taken there, or in what it lies in, get a number. Outputs are left to the caller.
 *
 * @param values  what stands for values of the source already: its inputs; filled with all others
 */
export function transplant(model: Model, from: Graph, to: Graph, before: Node, values: Map<Value, Value>): void {
  new Transplant(model, to, before, values).graph(from, to, before)
}

class Transplant {
  readonly #model: Model
  readonly #values: Map<Value, Value>
  /** Whatever a graph around or inside of the new place calls so. */
  readonly #taken = new Set<string>()

  constructor(model: Model, to: Graph, before: Node, values: Map<Value, Value>) {
    this.#model = model
    this.#values = values
    for (let graph: Graph | null = to; graph !== null; graph = graph.outer) this.#take(graph)
    // The bodies of the node before which the copies stand go with it.
    for (const node of to.nodes) {
      if (node !== before) for (const body of node.graphs()) for (const inner of withBodies(body)) this.#take(inner)
    }
  }

  graph(from: Graph, to: Graph, before: Node | null): void {
    for (const value of from.initializers) {
      if (value.constant === null || this.#values.has(value)) continue
      const { constant, declared, extra } = value
      this.#values.set(value, this.#model.addConstant(to, this.#name(value.name), constant, { declared, extra }))
    }
    for (const node of from.nodes) this.#node(node, to, before)
  }

  #node(node: Node, to: Graph, before: Node | null): void {
    const { op, domain, overload, name, extra } = node
    const bodies = [...node.attrs].filter(([, a]) => a.kind === 'graph' || a.kind === 'graphs')
    const plain = [...node.attrs].filter(([key]) => !bodies.some(([other]) => other === key))
    const copy = this.#model.addNode(
      to,
      {
        ...{ op, domain, overload, name, extra },
        inputs: node.inputs.map((value) => value && this.#of(value)),
        outputs: node.outputs.map((value) => (value === null ? '' : this.#name(value.name))),
        attrs: Object.fromEntries(plain),
      },
      before,
    )
    for (const [i, value] of node.outputs.entries()) {
      const made = copy.outputs[i]
      if (value === null || !made) continue
      this.#values.set(value, made)
      this.#model.declare(made, value.declared, value.extra)
    }
    for (const [key, a] of bodies) this.#model.setAttr(copy, key, this.#attr(a, copy))
  }

  #attr(a: Attr, owner: Node): Attr {
    if (a.kind === 'graph') return attr.graph(this.#body(a.value, owner))
    if (a.kind === 'graphs') return { ...a, value: a.value.map((body) => this.#body(body, owner)) }
    return a
  }

  #body(from: Graph, owner: Node): Graph {
    const body = this.#model.newBody(owner, from.name, from.extra)
    for (const input of from.inputs) {
      this.#values.set(input, this.#model.addInput(body, this.#name(input.name), input.declared, input.extra))
    }
    this.graph(from, body, null)
    for (const { name, value, declared, extra } of from.outputs) {
      this.#model.addOutput(body, this.#of(value), { name: this.#outputName(name, value), declared, extra })
    }
    return body
  }

  /** An output goes by the name of its value where it did. */
  #outputName(name: string, value: Value): string {
    return name === value.name ? this.#of(value).name : this.#name(name)
  }

  /** What was not copied lies around the source, and is seen from the new place as well. */
  #of(value: Value): Value {
    return this.#values.get(value) ?? value
  }

  #name(base: string): string {
    const name = this.#taken.has(base) ? this.#model.names.fresh(base) : base
    this.#taken.add(name)
    return name
  }

  #take(graph: Graph): void {
    for (const value of valuesOf(graph)) this.#taken.add(value.name)
    for (const { name } of graph.outputs) this.#taken.add(name)
  }
}
