import { type Attr, graphsOf, type Unmodelled } from './attr.js'
import { NameScope } from './names.js'
import type { Tensor } from './tensor.js'
import type { Type } from './type.js'

/** A place that reads a value: a node's input, or an output of a graph. */
export type Use = { readonly node: Node; readonly index: number } | { readonly slot: OutputSlot }

/** An output of a graph. Its name is part of the interface and never changes; the value behind it may. */
export interface OutputSlot {
  readonly name: string
  readonly graph: Graph
  readonly declared: Type | null
  readonly extra: Unmodelled
  readonly value: Value
}

export class Value {
  readonly id: number
  readonly graph: Graph
  readonly name: string
  /** What the file says, or a pass states; not inferred. */
  readonly declared: Type | null
  /** The value of an initializer; null for everything else, a Constant node's output too (see `constantOf`). */
  readonly constant: Tensor | null
  readonly producer: Node | null
  readonly extra: Unmodelled
  readonly #uses = new Set<Use>()

  constructor(init: Pick<Value, 'id' | 'graph' | 'name' | 'declared' | 'constant' | 'producer' | 'extra'>) {
    this.id = init.id
    this.graph = init.graph
    this.name = init.name
    this.declared = init.declared
    this.constant = init.constant
    this.producer = init.producer
    this.extra = init.extra
  }

  get uses(): ReadonlySet<Use> {
    return this.#uses
  }

  /** @internal For the verbs of Model alone. */
  get mutableUses(): Set<Use> {
    return this.#uses
  }
}

export class Node {
  /** Kept by clone: joins what was before a pass with what is after it. */
  readonly id: number
  readonly graph: Graph
  readonly name: string
  readonly op: string
  readonly domain: string
  readonly overload: string
  readonly extra: Unmodelled
  readonly inputs: readonly (Value | null)[] = []
  readonly outputs: readonly (Value | null)[] = []
  readonly attrs: ReadonlyMap<string, Attr> = new Map()

  constructor(init: Pick<Node, 'id' | 'graph' | 'name' | 'op' | 'domain' | 'overload' | 'extra'>) {
    this.id = init.id
    this.graph = init.graph
    this.name = init.name
    this.op = init.op
    this.domain = init.domain
    this.overload = init.overload
    this.extra = init.extra
  }

  /** `Conv`, or `com.microsoft.FusedConv` outside the standard domain: the key of the op tables. */
  get type(): string {
    return this.domain === '' ? this.op : `${this.domain}.${this.op}`
  }

  /** For messages: the name, or the op and its first output where a node has none. */
  get label(): string {
    if (this.name !== '') return this.name
    const output = this.outputs.find((v) => v !== null)
    return output ? `${this.op} -> ${output.name}` : this.op
  }

  int(name: string, otherwise: number): number {
    const a = this.attrs.get(name)
    return a?.kind === 'int' ? Number(a.value) : otherwise
  }

  ints(name: string): readonly number[] | undefined {
    const a = this.attrs.get(name)
    return a?.kind === 'ints' ? a.value.map(Number) : undefined
  }

  float(name: string, otherwise: number): number {
    const a = this.attrs.get(name)
    return a?.kind === 'float' ? a.value : otherwise
  }

  string(name: string): string | undefined {
    const a = this.attrs.get(name)
    return a?.kind === 'string' ? new TextDecoder().decode(a.value) : undefined
  }

  /** The bodies of If, Loop and Scan. */
  *graphs(): Iterable<Graph> {
    for (const a of this.attrs.values()) yield* graphsOf(a)
  }
}

export class Graph {
  /** The node that this graph is a body of; null for the main graph and functions. */
  readonly owner: Node | null
  readonly name: string
  readonly extra: Unmodelled
  readonly inputs: readonly Value[] = []
  readonly outputs: readonly OutputSlot[] = []
  readonly initializers: ReadonlySet<Value> = new Set()
  /** In topological order. */
  readonly nodes: Iterable<Node> & { readonly size: number }

  constructor(owner: Node | null, name: string, extra: Unmodelled) {
    this.owner = owner
    this.name = name
    this.extra = extra
    this.nodes = new NodeList()
  }

  /** The graph in which this one's free names are looked up. */
  get outer(): Graph | null {
    return this.owner?.graph ?? null
  }
}

/** A linked list: nodes go in and out in the middle in constant time, also while somebody iterates. */
class NodeList implements Iterable<Node> {
  readonly #links = new Map<Node, { prev: Node | null; next: Node | null }>()
  #first: Node | null = null
  #last: Node | null = null

  get size(): number {
    return this.#links.size
  }

  has(node: Node): boolean {
    return this.#links.has(node)
  }

  insert(node: Node, before: Node | null): void {
    const prev = before === null ? this.#last : this.#link(before).prev
    this.#links.set(node, { prev, next: before })
    if (prev === null) this.#first = node
    else this.#link(prev).next = node
    if (before === null) this.#last = node
    else this.#link(before).prev = node
  }

  remove(node: Node): void {
    const { prev, next } = this.#link(node)
    if (prev === null) this.#first = next
    else this.#link(prev).next = next
    if (next === null) this.#last = prev
    else this.#link(next).prev = prev
    this.#links.delete(node)
  }

  *[Symbol.iterator](): Iterator<Node> {
    for (let node = this.#first; node !== null; ) {
      const next: Node | null = this.#link(node).next
      yield node
      node = this.#links.has(node) ? this.#link(node).next : next
    }
  }

  #link(node: Node): { prev: Node | null; next: Node | null } {
    const link = this.#links.get(node)
    if (!link) throw new Error(`Node "${node.label}" is not in this graph.`)
    return link
  }
}

export interface FunctionBody {
  readonly domain: string
  readonly name: string
  readonly overload: string
  readonly graph: Graph
  readonly opsets: ReadonlyMap<string, number>
  readonly extra: Unmodelled
}

/** The key of `Model.functions`. */
export function functionKey(f: { domain: string; overload: string } & ({ name: string } | { op: string })): string {
  return `${f.domain}:${'op' in f ? f.op : f.name}:${f.overload}`
}

export interface NewNode {
  readonly op: string
  readonly domain?: string
  readonly overload?: string
  readonly name?: string
  readonly inputs: readonly (Value | null)[]
  /** A name for each output; '' leaves an optional output out. */
  readonly outputs: readonly string[]
  readonly attrs?: Readonly<Record<string, Attr>>
  readonly extra?: Unmodelled
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * A model in memory. All changes go through the methods below: each keeps every invariant that `verify`
 * checks locally, or throws and changes nothing; each raises `version`, the key of every cache.
 */
export class Model {
  readonly main: Graph
  readonly functions = new Map<string, FunctionBody>()
  readonly opsets: Map<string, number>
  readonly irVersion: number
  readonly extra: Unmodelled
  readonly names: NameScope
  #version = 0
  #nextId: number

  constructor(init: {
    irVersion: number
    opsets: ReadonlyMap<string, number>
    extra?: Unmodelled
    graphName?: string
    graphExtra?: Unmodelled
    names?: NameScope
    nextId?: number
  }) {
    this.irVersion = init.irVersion
    this.opsets = new Map(init.opsets)
    this.extra = init.extra ?? {}
    this.names = init.names ?? new NameScope()
    this.#nextId = init.nextId ?? 0
    this.main = new Graph(null, init.graphName ?? 'main', init.graphExtra ?? {})
  }

  get version(): number {
    return this.#version
  }

  /** The version of ai.onnx that the main graph and its bodies use. */
  get opset(): number {
    return this.opsets.get('') ?? this.opsets.get('ai.onnx') ?? 0
  }

  addInput(graph: Graph, name: string, declared: Type | null, extra: Unmodelled = {}): Value {
    const value = this.#newValue(graph, name, { declared, extra })
    ;(graph.inputs as Value[]).push(value)
    return value
  }

  addOutput(
    graph: Graph,
    value: Value,
    init: { name?: string; declared?: Type | null; extra?: Unmodelled } = {},
  ): OutputSlot {
    const slot: OutputSlot = {
      name: init.name ?? value.name,
      graph,
      declared: init.declared ?? null,
      extra: init.extra ?? {},
      value,
    }
    this.names.add(slot.name)
    ;(graph.outputs as OutputSlot[]).push(slot)
    value.mutableUses.add({ slot })
    this.#version++
    return slot
  }

  addConstant(
    graph: Graph,
    name: string,
    constant: Tensor,
    init: { declared?: Type | null; extra?: Unmodelled } = {},
  ): Value {
    const value = this.#newValue(graph, name, { ...init, constant })
    ;(graph.initializers as Set<Value>).add(value)
    return value
  }

  /** @param before  the node to stand before; the end of the graph without it */
  addNode(graph: Graph, init: NewNode, before: Node | null = null): Node {
    const list = graph.nodes as NodeList
    if (before !== null && !list.has(before)) throw new Error(`Node "${before.label}" is not in this graph.`)
    const node = new Node({
      id: this.#nextId++,
      graph,
      name: init.name ?? '',
      op: init.op,
      domain: init.domain ?? '',
      overload: init.overload ?? '',
      extra: init.extra ?? {},
    })
    const outputs = init.outputs.map((name) => (name === '' ? null : this.#newValue(graph, name, { producer: node })))
    ;(node as Mutable<Node>).outputs = outputs
    ;(node as Mutable<Node>).inputs = init.inputs.map(() => null)
    for (const [index, value] of init.inputs.entries()) this.setInput(node, index, value)
    for (const [name, a] of Object.entries(init.attrs ?? {})) (node.attrs as Map<string, Attr>).set(name, a)
    list.insert(node, before)
    this.#version++
    return node
  }

  /** A body for an attribute of `owner`, which must be set with `setAttr` once it is filled. */
  newBody(owner: Node, name: string, extra: Unmodelled = {}): Graph {
    return new Graph(owner, name, extra)
  }

  addFunction(init: Omit<FunctionBody, 'graph'> & { graphExtra?: Unmodelled }): FunctionBody {
    const { graphExtra, ...rest } = init
    const f = { ...rest, graph: new Graph(null, init.name, graphExtra ?? {}) }
    this.functions.set(functionKey(f), f)
    this.#version++
    return f
  }

  /** @throws when an output is still used */
  removeNode(node: Node): void {
    for (const output of node.outputs) {
      if (output !== null && output.uses.size > 0) {
        throw new Error(`Cannot remove node "${node.label}": "${output.name}" is still used.`)
      }
    }
    for (const graph of node.graphs()) for (const inner of graph.nodes) this.#dropInputs(inner)
    this.#dropInputs(node)
    ;(node.graph.nodes as NodeList).remove(node)
    this.#version++
  }

  /** Takes an unused initializer out of its graph; one that is also an input stays an input. */
  removeConstant(value: Value): void {
    if (value.uses.size > 0) throw new Error(`Cannot remove initializer "${value.name}": it is still used.`)
    ;(value.graph.initializers as Set<Value>).delete(value)
    ;(value as Mutable<Value>).constant = null
    this.#version++
  }

  /** Everything that read `from` reads `to` afterwards; output slots keep their names. */
  replaceUses(from: Value, to: Value): void {
    for (const use of [...from.uses]) {
      if ('slot' in use) {
        from.mutableUses.delete(use)
        ;(use.slot as Mutable<OutputSlot>).value = to
        to.mutableUses.add(use)
      } else {
        this.setInput(use.node, use.index, to)
      }
    }
    this.#version++
  }

  /** Gives an initializer another value; its declared type follows. */
  setConstant(value: Value, constant: Tensor): void {
    if (value.constant === null) throw new Error(`"${value.name}" is no initializer.`)
    ;(value as Mutable<Value>).constant = constant
    if (value.declared?.kind === 'tensor') {
      ;(value as Mutable<Value>).declared = { kind: 'tensor', dtype: constant.dtype, shape: constant.shape }
    }
    this.#version++
  }

  setInput(node: Node, index: number, value: Value | null): void {
    const inputs = node.inputs as (Value | null)[]
    const old = inputs[index]
    if (old)
      for (const use of old.uses)
        if ('node' in use && use.node === node && use.index === index) old.mutableUses.delete(use)
    inputs[index] = value
    value?.mutableUses.add({ node, index })
    this.#version++
  }

  setAttr(node: Node, name: string, a: Attr | null): void {
    const attrs = node.attrs as Map<string, Attr>
    if (a === null) attrs.delete(name)
    else attrs.set(name, a)
    this.#version++
  }

  /** States the type of a value, and what the file says of it besides. */
  declare(value: Value, declared: Type | null, extra: Unmodelled = value.extra): void {
    ;(value as Mutable<Value>).declared = declared
    ;(value as Mutable<Value>).extra = extra
    this.#version++
  }

  /** Gives an input a default: before IR 4 every initializer had to be an input as well. */
  setDefault(input: Value, constant: Tensor): void {
    ;(input as Mutable<Value>).constant = constant
    ;(input.graph.initializers as Set<Value>).add(input)
    this.#version++
  }

  /** A copy that shares nothing but the (immutable) tensors; ids are kept. */
  clone(): { model: Model; of: <T extends Node | Value>(x: T) => T } {
    const model = new Model({
      irVersion: this.irVersion,
      opsets: this.opsets,
      extra: this.extra,
      graphName: this.main.name,
      graphExtra: this.main.extra,
      names: this.names.clone(),
      nextId: this.#nextId,
    })
    const copies = new Map<Node | Value, Node | Value>()
    cloneGraph(this.main, model.main, copies)
    for (const [key, f] of this.functions) {
      const graph = new Graph(null, f.graph.name, f.graph.extra)
      cloneGraph(f.graph, graph, copies)
      model.functions.set(key, { ...f, graph })
    }
    const of = <T extends Node | Value>(x: T): T => {
      const copy = copies.get(x)
      if (!copy) throw new Error('Not a part of the model that was cloned.')
      return copy as T // the map sends nodes to nodes and values to values
    }
    return { model, of }
  }

  #newValue(
    graph: Graph,
    name: string,
    init: Partial<Pick<Value, 'declared' | 'constant' | 'producer' | 'extra'>>,
  ): Value {
    this.names.add(name)
    this.#version++
    return new Value({
      id: this.#nextId++,
      graph,
      name,
      declared: init.declared ?? null,
      constant: init.constant ?? null,
      producer: init.producer ?? null,
      extra: init.extra ?? {},
    })
  }

  #dropInputs(node: Node): void {
    for (const index of node.inputs.keys()) this.setInput(node, index, null)
    for (const graph of node.graphs()) {
      for (const inner of graph.nodes) this.#dropInputs(inner)
      for (const slot of graph.outputs) {
        for (const use of slot.value.uses) if ('slot' in use && use.slot === slot) slot.value.mutableUses.delete(use)
      }
    }
  }
}

function cloneGraph(from: Graph, to: Graph, copies: Map<Node | Value, Node | Value>): void {
  const copyOf = (value: Value): Value => {
    const copy = copies.get(value)
    if (!copy) throw new Error(`Value "${value.name}" is used before it is defined.`)
    return copy as Value // values are only ever mapped to values
  }
  const copyValue = (value: Value, producer: Node | null): Value => {
    const copy = new Value({ ...fieldsOf(value), graph: to, producer })
    copies.set(value, copy)
    return copy
  }
  for (const input of from.inputs) (to.inputs as Value[]).push(copyValue(input, null))
  for (const value of from.initializers) {
    const known = copies.get(value) as Value | undefined // an initializer may be an input as well
    ;(to.initializers as Set<Value>).add(known ?? copyValue(value, null))
  }
  for (const node of from.nodes) {
    const copy = new Node({ ...node, graph: to })
    copies.set(node, copy)
    ;(copy as Mutable<Node>).inputs = node.inputs.map((value, index) => {
      if (value === null) return null
      const input = copyOf(value)
      input.mutableUses.add({ node: copy, index })
      return input
    })
    ;(copy as Mutable<Node>).outputs = node.outputs.map((value) => (value === null ? null : copyValue(value, copy)))
    const cloneBody = (body: Graph): Graph => {
      const inner = new Graph(copy, body.name, body.extra)
      cloneGraph(body, inner, copies)
      return inner
    }
    for (const [name, a] of node.attrs) {
      const b: Attr =
        a.kind === 'graph'
          ? { ...a, value: cloneBody(a.value) }
          : a.kind === 'graphs'
            ? { ...a, value: a.value.map(cloneBody) }
            : a
      ;(copy.attrs as Map<string, Attr>).set(name, b)
    }
    ;(to.nodes as NodeList).insert(copy, null)
  }
  for (const slot of from.outputs) {
    const value = copyOf(slot.value)
    const copy: OutputSlot = { ...slot, graph: to, value }
    ;(to.outputs as OutputSlot[]).push(copy)
    value.mutableUses.add({ slot: copy })
  }
}

function fieldsOf(value: Value): Pick<Value, 'id' | 'name' | 'declared' | 'constant' | 'extra'> {
  const { id, name, declared, constant, extra } = value
  return { id, name, declared, constant, extra }
}
