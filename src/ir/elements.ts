import { type Attr, graphsOf, type Unmodelled } from './attr.js'
import { NodeList } from './node-list.js'
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
  /** @internal For each input its entry among the value's uses, so that nobody has to search for it. */
  readonly inputUses: readonly (Use | null)[] = []

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
  readonly nodes: Iterable<Node> & { readonly size: number; after(node: Node): Node | null }
  /** @internal What is defined here, by name: for the reader and the writer, to which names are all. */
  readonly definitions: ReadonlyMap<string, Value> = new Map()
  /** @internal The outputs by name; of several with one name the last. */
  readonly outputNames: ReadonlyMap<string, OutputSlot> = new Map()

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

export interface NewNode {
  readonly op: string
  readonly domain?: string
  readonly overload?: string
  readonly name?: string
  readonly inputs: readonly (Value | null)[]
  /** A name for each output; '' leaves an optional output out. */
  readonly outputs: readonly string[]
  /** Without bodies, which need the node: `newBody`, then `setAttr`. */
  readonly attrs?: Readonly<Record<string, Attr>>
  readonly extra?: Unmodelled
}

export interface FunctionBody {
  readonly domain: string
  readonly name: string
  readonly overload: string
  readonly graph: Graph
  readonly opsets: ReadonlyMap<string, number>
  /** Values of attributes that a call may leave out. */
  readonly defaults?: ReadonlyMap<string, Attr>
  readonly extra: Unmodelled
}

/** The key of `Model.functions`. */
export function functionKey(f: { domain: string; overload: string } & ({ name: string } | { op: string })): string {
  return `${f.domain}:${'op' in f ? f.op : f.name}:${f.overload}`
}

/** @internal Whether a body gives the name of an outer value to something else: in a file it could not be read there. */
export function hides(body: Graph, value: Value): boolean {
  const output = body.outputNames.get(value.name)
  return body.definitions.has(value.name) || (output !== undefined && output.value !== value)
}

/** @internal What the verbs of Model see. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** @internal Lets an input read a value: the one place where uses by nodes come and go. */
export function connect(node: Node, index: number, value: Value | null): void {
  const use = node.inputUses[index]
  if (use) node.inputs[index]?.mutableUses.delete(use)
  const now = value === null ? null : { node, index }
  ;(node.inputs as (Value | null)[])[index] = value
  ;(node.inputUses as (Use | null)[])[index] = now
  if (now !== null) value?.mutableUses.add(now)
}

/** @internal Makes a value known in its graph. */
export function define(value: Value): void {
  ;(value.graph.definitions as Map<string, Value>).set(value.name, value)
}

/** @internal Puts an output behind those that the graph has. */
export function append(slot: OutputSlot): void {
  ;(slot.graph.outputs as OutputSlot[]).push(slot)
  ;(slot.graph.outputNames as Map<string, OutputSlot>).set(slot.name, slot)
  slot.value.mutableUses.add({ slot })
}

/** @internal Lets a graph forget a value. */
export function undefine(value: Value): void {
  ;(value.graph.definitions as Map<string, Value>).delete(value.name)
}

/** @internal Leaves an output of a node out. */
export function detach(node: Node, index: number): void {
  const outputs = node.outputs.map((output, i) => (i === index ? null : output))
  while (outputs.length > 0 && outputs.at(-1) === null) outputs.pop()
  ;(node as Mutable<Node>).outputs = outputs
}

/** @internal Lets a node, its bodies included, read nothing any more. */
export function dropInputs(node: Node): void {
  for (const index of node.inputs.keys()) connect(node, index, null)
  for (const body of node.graphs()) dropGraph(body)
}

/** @internal Lets what is in a body read nothing any more. */
export function dropGraph(body: Graph): void {
  for (const node of body.nodes) dropInputs(node)
  for (const slot of body.outputs) {
    for (const use of slot.value.uses) if ('slot' in use && use.slot === slot) slot.value.mutableUses.delete(use)
  }
}
