import { type Attr, graphsOf, type Unmodelled } from './attr.js'
import { Copier } from './clone.js'
import {
  append,
  connect,
  define,
  detach,
  dropGraph,
  dropInputs,
  type FunctionBody,
  functionKey,
  Graph,
  type Mutable,
  type NewNode,
  Node,
  type OutputSlot,
  undefine,
  Value,
} from './elements.js'
import { NameScope } from './names.js'
import type { NodeList } from './node-list.js'
import type { Tensor } from './tensor.js'
import type { Type } from './type.js'
import { checkOutside, checkPresent, checkReadable, checkVisible } from './visibility.js'

export {
  type FunctionBody,
  functionKey,
  Graph,
  type NewNode,
  Node,
  type OutputSlot,
  type Use,
  Value,
} from './elements.js'

/**
 * A model in memory. All changes go through the methods below: each keeps every invariant of `verify`, or throws
 * and changes nothing; each raises `version`, the key of every cache. Only the order of the nodes is left to
 * `verify`: whether a value is made before it is read takes a look at the whole graph.
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

  /** @throws when the name is taken in that graph, as every verb that names a value */
  addInput(graph: Graph, name: string, declared: Type | null, extra: Unmodelled = {}): Value {
    this.#checkName(graph, name)
    if (graph === this.main && graph.outputNames.has(name)) throw new Error(`"${name}" is an output of the model.`)
    const value = this.#newValue(graph, name, { declared, extra })
    ;(graph.inputs as Value[]).push(value)
    return value
  }

  addOutput(
    graph: Graph,
    value: Value,
    init: { name?: string; declared?: Type | null; extra?: Unmodelled } = {},
  ): OutputSlot {
    const name = init.name ?? value.name
    checkVisible(graph, value)
    this.#checkSlot(graph, name, value)
    const known = graph.outputNames.get(name)
    if (known && known.value !== value) throw new Error(`Graph "${graph.name}" has an output "${name}" already.`)
    const slot = { name, graph, declared: init.declared ?? null, extra: init.extra ?? {}, value }
    this.names.add(name)
    append(slot)
    this.#version++
    return slot
  }

  /** For a part of a model that is only run: of a model that is written, the outputs are the interface. */
  removeOutput(slot: OutputSlot): void {
    const { graph, name, value } = slot
    const at = graph.outputs.indexOf(slot)
    if (at < 0) throw new Error(`Graph "${graph.name}" has no such output "${name}".`)
    ;(graph.outputs as OutputSlot[]).splice(at, 1)
    const other = graph.outputs.findLast((o) => o.name === name)
    const names = graph.outputNames as Map<string, OutputSlot>
    if (other === undefined) names.delete(name)
    else names.set(name, other)
    for (const use of value.uses) if ('slot' in use && use.slot === slot) value.mutableUses.delete(use)
    this.#version++
  }

  addConstant(
    graph: Graph,
    name: string,
    constant: Tensor,
    init: { declared?: Type | null; extra?: Unmodelled } = {},
  ): Value {
    this.#checkName(graph, name)
    const value = this.#newValue(graph, name, { ...init, constant })
    ;(graph.initializers as Set<Value>).add(value)
    return value
  }

  /** @param before  the node to stand before; the end of the graph without it */
  addNode(graph: Graph, init: NewNode, before: Node | null = null): Node {
    const list = graph.nodes as NodeList
    const attrs = Object.entries(init.attrs ?? {})
    const named = init.outputs.filter((name) => name !== '')
    if (before !== null && !list.has(before)) throw new Error(`Node "${before.label}" is not in this graph.`)
    if (new Set(named).size < named.length) throw new Error(`A ${init.op} has two outputs of one name: ${named}.`)
    if (attrs.some(([, a]) => graphsOf(a).length > 0))
      throw new Error('A body is set with setAttr, once it has an owner.')
    for (const name of named) this.#checkName(graph, name)
    for (const value of init.inputs) if (value !== null) checkVisible(graph, value)
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
    for (const [index, value] of init.inputs.entries()) connect(node, index, value)
    for (const [name, a] of attrs) (node.attrs as Map<string, Attr>).set(name, a)
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
    const key = functionKey(init)
    if (this.functions.has(key)) throw new Error(`The model has a function "${key}" already.`)
    const f = { ...rest, graph: new Graph(null, init.name, graphExtra ?? {}) }
    this.functions.set(key, f)
    this.#version++
    return f
  }

  /** @throws when an output is still used */
  removeNode(node: Node): void {
    checkPresent(node)
    for (const output of node.outputs) {
      if (output !== null && output.uses.size > 0) {
        throw new Error(`Cannot remove node "${node.label}": "${output.name}" is still used.`)
      }
    }
    dropInputs(node)
    for (const output of node.outputs) if (output !== null) undefine(output)
    ;(node.graph.nodes as NodeList).remove(node)
    this.#version++
  }

  /** Takes an unused initializer out of its graph; one that is also an input stays an input. */
  removeConstant(value: Value): void {
    if (value.uses.size > 0) throw new Error(`Cannot remove initializer "${value.name}": it is still used.`)
    if (!(value.graph.initializers as Set<Value>).delete(value)) throw new Error(`"${value.name}" is no initializer.`)
    ;(value as Mutable<Value>).constant = null
    if (!value.graph.inputs.includes(value)) undefine(value)
    this.#version++
  }

  /**
   * Everything that read `from` reads `to` afterwards; output slots keep their names.
   *
   * @param except  a node that goes on reading `from`: mostly the one that makes `to` of it
   * @throws when `to` cannot be seen where `from` is read, or a node would read its own output
   */
  replaceUses(from: Value, to: Value, { except }: { readonly except?: Node } = {}): void {
    if (from === to) return
    const uses = [...from.uses].filter((use) => 'slot' in use || use.node !== except)
    for (const use of uses) {
      if ('slot' in use) {
        checkVisible(use.slot.graph, to)
        this.#checkSlot(use.slot.graph, use.slot.name, to)
      } else checkReadable(use.node, to)
    }
    for (const use of uses) {
      if ('slot' in use) {
        from.mutableUses.delete(use)
        ;(use.slot as Mutable<OutputSlot>).value = to
        to.mutableUses.add(use)
      } else connect(use.node, use.index, to)
    }
    this.#version++
  }

  /** Leaves out an output that nothing reads; those that come after it keep their places. */
  dropOutput(node: Node, index: number): void {
    checkPresent(node)
    const output = node.outputs[index]
    if (!output) throw new RangeError(`Node "${node.label}" has no output ${index}.`)
    if (output.uses.size > 0) throw new Error(`Cannot leave out "${output.name}": it is still used.`)
    undefine(output)
    detach(node, index)
    this.#version++
  }

  /**
   * Makes an initializer of what a node computes. The value keeps its name and its uses; the node loses the output,
   * and goes when it has no other. What was declared of the value is forgotten: the tensor says it.
   */
  freeze(value: Value, constant: Tensor): void {
    const node = value.producer
    if (node === null) throw new Error(`"${value.name}" is made by no node.`)
    checkPresent(node)
    detach(node, node.outputs.indexOf(value))
    const frozen = value as Mutable<Value>
    frozen.producer = null
    frozen.constant = constant
    frozen.declared = null
    frozen.extra = {}
    ;(value.graph.initializers as Set<Value>).add(value)
    if (node.outputs.every((output) => output === null)) this.removeNode(node)
    this.#version++
  }

  /**
   * The reverse of `freeze`: an initializer is computed from now on. It keeps its name and its uses, and takes the place
   * of `made`, which nothing reads yet, as the output of its node. What was declared of it stays true. That the node
   * stands before all that read the value is up to the caller.
   *
   * @throws when `made` is read, or is made by no node of that graph, the node reads the initializer,
   *         or that is an input as well
   */
  compute(value: Value, made: Value): void {
    const { graph, producer } = made
    if (producer === null || graph !== value.graph) throw new Error(`"${made.name}" is made by no node of that graph.`)
    checkPresent(producer)
    if (made.uses.size > 0) throw new Error(`"${made.name}" is read already.`)
    if (graph.inputs.includes(value)) throw new Error(`"${value.name}" is an input: whoever runs the model may set it.`)
    for (const use of value.uses) if (!('slot' in use)) checkOutside(use.node, producer, value)
    if (!(graph.initializers as Set<Value>).delete(value)) throw new Error(`"${value.name}" is no initializer.`)
    const computed = value as Mutable<Value>
    computed.constant = null
    computed.producer = producer
    computed.extra = {}
    ;(producer.outputs as (Value | null)[])[producer.outputs.indexOf(made)] = value
    undefine(made)
    this.#version++
  }

  /** Takes a function away. Whether a node still calls it takes a look at the whole model, and is up to the caller. */
  removeFunction(key: string): void {
    if (!this.functions.delete(key)) throw new Error(`The model has no function "${key}".`)
    this.#version++
  }

  /** Gives an initializer, or the output of a Constant node, another value; its declared type follows. */
  setConstant(value: Value, constant: Tensor): void {
    if (value.producer?.type === 'Constant') {
      const attrs = value.producer.attrs as Map<string, Attr>
      const extra = attrs.get('value')?.extra
      attrs.clear() // whichever of its forms it had
      attrs.set('value', { kind: 'tensor', value: constant, ...(extra && { extra }) })
    } else if (value.constant === null) throw new Error(`"${value.name}" is no constant.`)
    else (value as Mutable<Value>).constant = constant
    if (value.declared?.kind === 'tensor') {
      ;(value as Mutable<Value>).declared = { kind: 'tensor', dtype: constant.dtype, shape: constant.shape }
    }
    this.#version++
  }

  /** @param index  may lie past the last input: what is between is left out */
  setInput(node: Node, index: number, value: Value | null): void {
    checkPresent(node)
    if (!Number.isInteger(index) || index < 0) throw new RangeError(`Node "${node.label}" has no input ${index}.`)
    if (value !== null) checkReadable(node, value)
    for (let i = node.inputs.length; i < index; i++) connect(node, i, null)
    connect(node, index, value)
    this.#version++
  }

  /** Lets a node read these values and no others. */
  setInputs(node: Node, inputs: readonly (Value | null)[]): void {
    checkPresent(node)
    const values = [...inputs] // they may be those of the node itself
    for (const value of values) if (value !== null) checkReadable(node, value)
    for (const index of node.inputs.keys()) connect(node, index, null)
    ;(node.inputs as unknown[]).length = (node.inputUses as unknown[]).length = values.length
    for (const [index, value] of values.entries()) connect(node, index, value)
    this.#version++
  }

  /** @param a  null takes the attribute away; a body that is replaced reads nothing any more */
  setAttr(node: Node, name: string, a: Attr | null): void {
    const attrs = node.attrs as Map<string, Attr>
    const bodies = a === null ? [] : graphsOf(a)
    if (bodies.some((body) => body.owner !== node))
      throw new Error(`A body of "${node.label}" belongs to another node.`)
    const old = attrs.get(name)
    for (const body of old ? graphsOf(old) : []) if (!bodies.includes(body)) dropGraph(body)
    if (a === null) attrs.delete(name)
    else attrs.set(name, a)
    this.#version++
  }

  /** Lets a node do something else with its inputs; its attributes stay. */
  setOp(node: Node, op: string): void {
    ;(node as Mutable<Node>).op = op
    this.#version++
  }

  /** Makes an input with a default a plain initializer, which nobody can feed any more. */
  fixInput(input: Value): void {
    const { inputs } = input.graph
    if (!inputs.includes(input) || input.constant === null) throw new Error(`"${input.name}" has no default.`)
    ;(inputs as Value[]).splice(inputs.indexOf(input), 1)
    this.#version++
  }

  /** @param of  the function that imports the domain; the model itself without it */
  setOpset(domain: string, opset: number, of?: FunctionBody): void {
    // Clones of a function share the map.
    if (of) (of as Mutable<FunctionBody>).opsets = new Map(of.opsets).set(domain, opset)
    else this.opsets.set(domain, opset)
    this.#version++
  }

  raiseIrVersion(least: number): void {
    ;(this as Mutable<Model>).irVersion = Math.max(this.irVersion, least)
    this.#version++
  }

  /** States the type of a value or of a graph's output, and what the file says of it besides. */
  declare(of: Value | OutputSlot, declared: Type | null, extra: Unmodelled = of.extra): void {
    ;(of as Mutable<Value | OutputSlot>).declared = declared
    ;(of as Mutable<Value | OutputSlot>).extra = extra
    this.#version++
  }

  /** Changes what the file says of a node or a graph besides what is modelled here: notes for people, say. */
  annotate(of: Node | Graph, extra: Unmodelled): void {
    ;(of as Mutable<Node | Graph>).extra = extra
    this.#version++
  }

  /** Gives an input a default: before IR 4 every initializer had to be an input as well. */
  setDefault(input: Value, constant: Tensor): void {
    const { graph, producer } = input
    if (graph.definitions.get(input.name) !== input || producer !== null)
      throw new Error(`"${input.name}" is no input.`)
    ;(input as Mutable<Value>).constant = constant
    ;(graph.initializers as Set<Value>).add(input)
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
    const copier = new Copier()
    copier.fill(model.main, this.main)
    for (const [key, f] of this.functions) model.functions.set(key, copier.function(f))
    return { model, of: (x) => copier.of(x) }
  }

  #checkName(graph: Graph, name: string): void {
    if (graph.definitions.has(name)) throw new Error(`Graph "${graph.name}" defines "${name}" already.`)
  }

  /** The names of the model's inputs and outputs are its interface, so a value can never take that of an input. */
  #checkSlot(graph: Graph, name: string, value: Value): void {
    const other = graph === this.main ? graph.definitions.get(name) : undefined
    if (other !== undefined && other !== value && graph.inputs.includes(other)) {
      throw new Error(`Output "${name}" is the input of that name: "${value.name}" cannot stand behind it.`)
    }
  }

  #newValue(
    graph: Graph,
    name: string,
    init: Partial<Pick<Value, 'declared' | 'constant' | 'producer' | 'extra'>>,
  ): Value {
    const value = new Value({
      id: this.#nextId++,
      graph,
      name,
      declared: init.declared ?? null,
      constant: init.constant ?? null,
      producer: init.producer ?? null,
      extra: init.extra ?? {},
    })
    this.names.add(name)
    define(value)
    this.#version++
    return value
  }
}
