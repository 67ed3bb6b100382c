import { hides } from './elements.js'
import type { Graph, Model, Node, OutputSlot, Value } from './graph.js'
import { graphs } from './walk.js'

/** A broken invariant: a bug in a reader or a pass, never the user's mistake. */
export class BrokenModelError extends Error {
  override readonly name = 'BrokenModelError'
}

/**
 * Checks the invariants that every rewrite must keep: uses agree both ways, the order is topological,
 * a value is defined where it is read, names are unique in their graph. One look at everything, linear in it.
 *
 * @param after  what ran last, for the message: a pass, `read`
 * @throws BrokenModelError that names `after`, the node and the rule
 */
export function verify(model: Model, after: string): void {
  const check = new Check(after)
  check.graph(model.main)
  for (const f of model.functions.values()) check.graph(f.graph)
  check.interface(model.main)
  for (const graph of graphs(model)) check.uses(graph)
}

class Check {
  readonly #after: string
  /** What each graph has defined up to the node that is looked at. */
  readonly #defined = new Map<Graph, Set<Value>>()
  /** How many places read a value. */
  readonly #reads = new Map<Value, number>()
  readonly #nodes = new Set<Node>()
  readonly #slots = new Set<OutputSlot>()

  constructor(after: string) {
    this.#after = after
  }

  graph(graph: Graph): void {
    this.#defined.set(graph, new Set())
    const names = new Set<string>()
    const define = (value: Value) => this.#define(graph, names, value)
    for (const value of graph.inputs) define(value)
    for (const value of graph.initializers) {
      if (value.constant === null) this.#fail(`initializer "${value.name}" has no value`)
      if (!this.#sees(graph, value)) define(value)
    }
    for (const node of graph.nodes) {
      this.#nodes.add(node)
      this.#inputs(node)
      for (const body of node.graphs()) {
        if (body.owner !== node) this.#fail(`a body of node "${node.label}" belongs to another node`)
        this.graph(body)
      }
      for (const value of node.outputs) {
        if (value === null) continue
        if (value.producer !== node) this.#fail(`"${value.name}" does not name node "${node.label}" as its producer`)
        define(value)
      }
    }
    for (const slot of graph.outputs) {
      this.#slots.add(slot)
      if (!this.#sees(graph, slot.value))
        this.#fail(`output "${slot.name}" of graph "${graph.name}" is not defined there`)
      this.#count(slot.value)
    }
  }

  /** Inputs and outputs of a model go by their names: two of one name are the same value. */
  interface(main: Graph): void {
    const known = new Map(main.inputs.map((value) => [value.name, value]))
    for (const { name, value } of main.outputs) {
      const other = known.get(name)
      if (other !== undefined && other !== value) this.#fail(`the name "${name}" of an output stands for two values`)
      known.set(name, value)
    }
  }

  /** Every use is a place of the model that reads the value, and there are as many as places were counted. */
  uses(graph: Graph): void {
    for (const value of this.#defined.get(graph) ?? []) {
      const places = new Set<string | OutputSlot>()
      for (const use of value.uses) {
        if ('slot' in use) {
          const { slot } = use
          if (!this.#slots.has(slot) || slot.value !== value)
            this.#fail(`"${value.name}" lists output "${slot.name}" as a use, which does not read it`)
          places.add(slot)
        } else {
          const { node, index } = use
          if (!this.#nodes.has(node) || node.inputs[index] !== value)
            this.#fail(`"${value.name}" lists input ${index} of node "${node.label}" as a use, which does not read it`)
          places.add(`${node.id}/${index}`)
        }
      }
      const reads = this.#reads.get(value) ?? 0
      if (value.uses.size !== reads) this.#fail(`"${value.name}" lists ${value.uses.size} uses, the graph has ${reads}`)
      if (places.size !== reads) this.#fail(`"${value.name}" lists a use twice and lacks another`)
    }
  }

  #inputs(node: Node): void {
    for (const value of node.inputs) {
      if (value === null) continue
      if (!this.#sees(node.graph, value))
        this.#fail(`node "${node.label}" reads "${value.name}" where it is not defined`)
      this.#count(value)
    }
  }

  #define(graph: Graph, names: Set<string>, value: Value): void {
    if (value.graph !== graph) this.#fail(`"${value.name}" belongs to another graph than "${graph.name}"`)
    if (names.has(value.name)) this.#fail(`the name "${value.name}" is given twice in graph "${graph.name}"`)
    names.add(value.name)
    this.#defined.get(graph)?.add(value)
  }

  #sees(graph: Graph, value: Value): boolean {
    for (let g: Graph | null = graph; g !== null; g = g.outer) {
      if (g === value.graph) return this.#defined.get(g)?.has(value) ?? false
      if (hides(g, value)) this.#fail(`graph "${g.name}" reads the outer "${value.name}" and has one of its own`)
    }
    return false
  }

  #count(value: Value): void {
    this.#reads.set(value, (this.#reads.get(value) ?? 0) + 1)
  }

  #fail(rule: string): never {
    throw new BrokenModelError(`After ${this.#after}: ${rule}.`)
  }
}
