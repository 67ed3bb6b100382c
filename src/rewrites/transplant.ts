import { type Attr, attr } from '../ir/attr.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { valuesOf, withBodies } from '../ir/walk.js'

/**
 * Puts copies of all that a graph holds into another graph, before a node that they are to replace. Names that are
 * taken there, or in what it lies in, get a number. Outputs are left to the caller.
 *
 * @param values  what stands for values of the source already: its inputs, null for one that is left out; filled with
 *                all others
 * @param bind    the attribute that stands for one that refers to another
 */
export function transplant(
  model: Model,
  from: Graph,
  to: Graph,
  before: Node,
  values: Map<Value, Value | null>,
  bind: (a: Attr) => Attr | undefined = (a) => a,
): void {
  new Transplant(model, to, before, values, bind).graph(from, to, before)
}

class Transplant {
  readonly #model: Model
  readonly #values: Map<Value, Value | null>
  readonly #bind: (a: Attr) => Attr | undefined
  /** Whatever a graph around or inside of the new place calls so. */
  readonly #taken = new Set<string>()
  /** ONNX Runtime refuses two nodes of one name in a graph. */
  readonly #nodeNames: Set<string>

  constructor(
    model: Model,
    to: Graph,
    before: Node,
    values: Map<Value, Value | null>,
    bind: (a: Attr) => Attr | undefined,
  ) {
    this.#bind = bind
    this.#model = model
    this.#values = values
    this.#nodeNames = new Set([...to.nodes].map((node) => node.name))
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
    const { op, domain, overload, extra } = node
    const name = before === null ? node.name : this.#nodeName(node.name)
    const bodies = [...node.attrs].filter(([, a]) => a.kind === 'graph' || a.kind === 'graphs')
    const plain = [...node.attrs].flatMap(([key, a]): [string, Attr][] => {
      const value = bodies.some(([other]) => other === key) ? undefined : this.#bind(a)
      return value === undefined ? [] : [[key, value]]
    })
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
      const result = this.#of(value)
      if (result === null) throw new Error(`"${name}" is the result of a body, and nothing stands for it.`)
      const given = name === value.name ? result.name : this.#name(name)
      this.#model.addOutput(body, result, { name: given, declared, extra })
    }
    return body
  }

  /** What was not copied lies around the source, and is seen from the new place as well. */
  #of(value: Value): Value | null {
    const known = this.#values.get(value)
    return known === undefined ? value : known
  }

  #nodeName(base: string): string {
    let name = base
    for (let i = 1; name !== '' && this.#nodeNames.has(name); i++) name = `${base}_${i}`
    this.#nodeNames.add(name)
    return name
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
