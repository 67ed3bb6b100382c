import { type Attr, attr } from '../ir/attr.js'
import { calledBy } from '../ir/calls.js'
import { numberToBfloat16, numberToFloat16 } from '../ir/float16.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { MemoryTensor } from '../ir/tensor.js'
import type { DType, Shape, Type } from '../ir/type.js'
import { bytesOf, walk } from '../ir/walk.js'
import type { Upgrade } from '../ops/op.js'

/** Why a node cannot be said in a later opset; the sentence goes on after its name. */
export class Refusal extends Error {}

/** What all upgrades of one model share. */
export interface UpgradeScope {
  readonly model: Model
  /** Extents are numbers only where they hold for every input of the model. */
  readonly typeOf: (value: Value) => Type | null
  /** Constants that were added, by graph and content. */
  readonly constants: Map<Graph, Map<string, Value>>
}

/** From here on the op Constant has an attribute for numbers, which in a function may be that of a call. */
const CONSTANT_OF_NUMBERS = 12

/** @see ops/op.ts, Upgrade */
export class NodeUpgrade implements Upgrade {
  readonly node: Node
  readonly #scope: UpgradeScope
  readonly #version: number

  /** @param version  the one that the node is to be written for */
  constructor(node: Node, version: number, scope: UpgradeScope) {
    this.node = node
    this.#version = version
    this.#scope = scope
  }

  int(name: string, otherwise: number): number {
    const a = this.#attr(name)
    return a?.kind === 'int' ? Number(a.value) : otherwise
  }

  float(name: string, otherwise: number): number {
    const a = this.#attr(name)
    return a?.kind === 'float' ? a.value : otherwise
  }

  string(name: string, otherwise: string): string {
    return this.#attr(name) === undefined ? otherwise : (this.node.string(name) ?? otherwise)
  }

  ints(name: string): readonly number[] | null {
    const a = this.node.attrs.get(name)
    return a?.kind === 'ints' ? a.value.map(Number) : null
  }

  floats(name: string): readonly number[] | null {
    const a = this.#attr(name)
    return a?.kind === 'floats' ? a.value : null
  }

  input(index: number): Value | null {
    return this.node.inputs[index] ?? null
  }

  rank(value: Value | null): number | null {
    return this.shape(value)?.length ?? null
  }

  shape(value: Value | null): Shape | null {
    const type = value === null ? null : this.#scope.typeOf(value)
    return type?.kind === 'tensor' ? type.shape : null
  }

  int64(name: string, values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#constant(name, 'int64', shape, values, bytesOf(BigInt64Array.from(values, BigInt)))
  }

  float32(name: string, values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#constant(name, 'float32', shape, values, bytesOf(Float32Array.from(values)))
  }

  floatsLike(input: number, name: string, values: readonly number[], shape: readonly number[] = []): Value {
    const like = this.input(input)
    const type = like === null ? null : this.#scope.typeOf(like)
    const dtype = type?.kind === 'tensor' ? type.dtype : null
    if (dtype === null) this.refuse(`the element type of its input "${like?.name ?? ''}" is not known`)
    const bytes = FLOATS[dtype]?.(values)
    if (bytes === undefined) this.refuse(`its input is of type ${dtype}, which it never took before`)
    return this.#constant(name, dtype, shape, values, bytes)
  }

  add(op: string, inputs: readonly (Value | null)[], attrs: Readonly<Record<string, Attr>> = {}): Value {
    const { model } = this.#scope
    const name = model.names.fresh(`${this.node.label}.${op}`)
    const node = model.addNode(this.node.graph, { op, name, inputs, outputs: [name], attrs }, this.node)
    const [output] = node.outputs
    if (!output) throw new Error(`Node "${name}" has no output.`)
    return output
  }

  setInput(index: number, value: Value | null): void {
    const before = this.input(index)
    this.#scope.model.setInput(this.node, index, value)
    this.#dropUnused(before)
  }

  setAttr(name: string, a: Attr | null): void {
    if (a === null && !this.node.attrs.has(name)) return
    this.#scope.model.setAttr(this.node, name, a)
  }

  moveToInput(attribute: string, index: number, { scalar = false }: { readonly scalar?: boolean } = {}): void {
    const a = this.node.attrs.get(attribute)
    if (a === undefined) return
    this.setInput(index, this.#valueOf(a, attribute, scalar))
    this.setAttr(attribute, null)
  }

  become(op: string, inputs: readonly (Value | null)[], attrs: Readonly<Record<string, Attr>>): void {
    const { model } = this.#scope
    this.keepOutputs(1, `${op} has one output`)
    for (const name of [...this.node.attrs.keys()]) if (!Object.hasOwn(attrs, name)) this.setAttr(name, null)
    for (const [name, a] of Object.entries(attrs)) this.setAttr(name, a)
    model.setInputs(this.node, inputs)
    model.setOp(this.node, op)
  }

  keepOutputs(count: number, why: string): void {
    const dropped = [...this.node.outputs.entries()].slice(count).filter(([, output]) => output !== null)
    if (dropped.some(([, output]) => output !== null && output.uses.size > 0)) this.refuse(why)
    for (const [index] of dropped) this.#scope.model.dropOutput(this.node, index)
  }

  refuse(why: string): never {
    throw new Refusal(why)
  }

  /** An initializer that was there for this node alone: an empty tensor in the place of an optional input. */
  #dropUnused(value: Value | null): void {
    if (value === null || value.uses.size > 0 || value.constant === null || value.graph.inputs.includes(value)) return
    this.#scope.model.removeConstant(value)
  }

  #attr(name: string): Attr | undefined {
    const a = this.node.attrs.get(name)
    if (a?.kind === 'ref') this.refuse(`its ${name} is that of each call of a function`)
    return a
  }

  #valueOf(a: Attr, name: string, scalar: boolean): Value {
    if (a.kind === 'ints') return this.int64(name, a.value.map(Number))
    if (a.kind === 'int') return this.int64(name, [Number(a.value)], scalar ? [] : [1])
    if (a.kind !== 'ref' || this.#version < CONSTANT_OF_NUMBERS) {
      return this.refuse(
        `its ${name} is ${a.kind === 'ref' ? 'that of each call of a function' : 'no list of integers'}`,
      )
    }
    if (!this.#isAlwaysGiven(a.value)) this.refuse(`its ${name} is that of each call of a function, and some give none`)
    return this.add('Constant', [], { [scalar ? 'value_int' : 'value_ints']: a })
  }

  /** Whether every call of the function that the node stands in gives the attribute, or its default is there. */
  #isAlwaysGiven(attribute: string): boolean {
    const { model } = this.#scope
    const f = [...model.functions.values()].find(({ graph }) => graph === rootOf(this.node.graph))
    const isCall = (node: Node) => f !== undefined && calledBy(model, node) === f
    return f?.defaults?.has(attribute) || [...walk(model)].every((node) => !isCall(node) || node.attrs.has(attribute))
  }

  #constant(name: string, dtype: DType, shape: readonly number[], values: readonly number[], bytes: Uint8Array): Value {
    const { model, constants } = this.#scope
    const { graph } = this.node
    const tensor = new MemoryTensor(dtype, shape, bytes)
    // A function has no initializers.
    if (rootOf(graph) !== model.main) return this.add('Constant', [], { value: attr.tensor(tensor) })
    const known = constants.get(graph) ?? new Map<string, Value>()
    constants.set(graph, known)
    const key = `${dtype}[${shape}] ${values}`
    const shared = known.get(key)
    if (shared !== undefined && graph.initializers.has(shared)) return shared
    const value = model.addConstant(graph, model.names.fresh(name), tensor)
    known.set(key, value)
    return value
  }
}

const FLOATS: Partial<Record<DType, (values: readonly number[]) => Uint8Array>> = {
  float32: (values) => bytesOf(Float32Array.from(values)),
  float64: (values) => bytesOf(Float64Array.from(values)),
  float16: (values) => bytesOf(Uint16Array.from(values, numberToFloat16)),
  bfloat16: (values) => bytesOf(Uint16Array.from(values, numberToBfloat16)),
}

/** The main graph, or that of the function that a graph stands in. */
export function rootOf(graph: Graph): Graph {
  let root = graph
  while (root.outer !== null) root = root.outer
  return root
}
