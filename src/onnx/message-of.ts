import type { FunctionBody, Graph, Model, Node, OutputSlot, Value } from '../ir/graph.js'
import { StringTensor, type Tensor } from '../ir/tensor.js'
import { dtypeCode } from '../ir/type.js'
import { graphs, valuesOf } from '../ir/walk.js'
import { type AttrWriter, writeAttr } from './attrs.js'
import type { TensorPayload } from './encode.js'
import {
  type FunctionMessage,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  type OpsetMessage,
  type SparseTensorMessage,
  type TensorMessage,
  toNumber,
  type ValueInfoMessage,
} from './messages.js'
import type { Payload } from './scan.js'
import { DATA_FIELDS } from './schema.js'
import { SparseTensor } from './sparse-tensor.js'
import { storedForm } from './tensors.js'
import { writeType } from './types.js'

/** Where the data of a tensor goes that is not written into the message itself. */
export interface ExternalPlace {
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** What the reader keeps of a graph for the writer: the order of value_info by name, and entries that name no value. */
export interface KeptOfGraph {
  readonly valueInfoOrder?: readonly (string | ValueInfoMessage)[]
}

export interface MessageOptions {
  /** Asked for every dense tensor; null keeps its data inside. */
  readonly external: (tensor: Tensor) => ExternalPlace | null
}

/** The ModelProto of a model. Whatever came from a file and was not changed is as it was there. */
export function modelMessage(model: Model, options: MessageOptions): ModelMessage {
  const writer = new MessageWriter(model, options)
  const { irVersion, extra } = model
  return {
    ...extra,
    ...(irVersion === 0 ? {} : { irVersion }),
    opsetImport: writeOpsets(model.opsets, extra.opsetImport as readonly OpsetMessage[] | undefined), // as read
    graph: writer.graph(model.main),
    ...(model.functions.size === 0 ? {} : { functions: [...model.functions.values()].map((f) => writer.function(f)) }),
  }
}

class MessageWriter implements AttrWriter {
  readonly #external: MessageOptions['external']
  /** Names that differ from those in the IR: a value behind an output takes the output's name where it can. */
  readonly #renamed = new Map<Value, string>()

  constructor(model: Model, options: MessageOptions) {
    this.#external = options.external
    for (const graph of graphs(model)) this.#nameOutputs(graph)
  }

  graph(graph: Graph): GraphMessage {
    const { extra } = graph
    const initializers = [...graph.initializers]
    const dense = initializers.filter((v) => !(v.constant instanceof SparseTensor))
    const sparse = initializers.filter((v) => v.constant instanceof SparseTensor)
    const node = [...[...graph.nodes].map((n) => this.#node(n)), ...this.#identities(graph)]
    return {
      ...extra,
      ...(graph.name === '' && extra.name === undefined ? {} : { name: graph.name }),
      node,
      initializer: dense.map((v) => this.#initializer(v)),
      sparseInitializer: sparse.map((v) => this.sparse(tensorOf(v), v.name)),
      input: graph.inputs.map((v) => ({ ...v.extra, name: v.name, ...typeField(v) })),
      output: graph.outputs.map((s) => ({ ...s.extra, name: s.name, ...typeField(s) })),
      valueInfo: this.#valueInfo(graph),
    }
  }

  function(f: FunctionBody): FunctionMessage {
    return {
      ...f.extra,
      name: f.name,
      domain: f.domain,
      ...(f.overload === '' && f.extra.overload === undefined ? {} : { overload: f.overload }),
      input: f.graph.inputs.map((v) => v.name),
      output: f.graph.outputs.map((s) => s.name),
      node: [...[...f.graph.nodes].map((n) => this.#node(n)), ...this.#identities(f.graph)],
      valueInfo: this.#valueInfo(f.graph),
      opsetImport: writeOpsets(f.opsets, f.extra.opsetImport as readonly OpsetMessage[] | undefined), // as read
    }
  }

  tensor(tensor: Tensor, where: string): TensorMessage {
    if (tensor instanceof SparseTensor) throw new Error(`"${where}" holds a sparse tensor where a dense one is due.`)
    const stored = storedForm(tensor) as TensorMessage | undefined // sparse ones are excluded above
    const place = tensor.dtype === 'string' ? null : this.#external(tensor)
    if (place !== null) {
      const { payloads, dataLocation, externalData, ...kept } = stored ?? {}
      return { ...kept, ...typeOfTensor(tensor), dataLocation: 1, externalData: entriesOf(place) }
    }
    if (stored && stored.dataLocation !== 1) return stored
    const { dataLocation, externalData, ...kept } = stored ?? {}
    if (tensor instanceof StringTensor) return { ...kept, ...typeOfTensor(tensor), stringData: tensor.strings }
    const payload: TensorPayload = { field: DATA_FIELDS.rawData, length: tensor.byteLength, tensor }
    return { ...kept, ...typeOfTensor(tensor), payloads: [payload as unknown as Payload] } // both are what encode takes
  }

  sparse(tensor: Tensor, where: string): SparseTensorMessage {
    const stored = storedForm(tensor) as SparseTensorMessage | undefined // only ever set so for sparse ones
    if (!(tensor instanceof SparseTensor) || stored === undefined) throw new Error(`"${where}" holds no sparse tensor.`)
    return stored
  }

  #initializer(value: Value): TensorMessage {
    const { tensorExtra } = value.extra as { tensorExtra?: Partial<TensorMessage> } // set by the reader
    return { ...tensorExtra, ...this.tensor(tensorOf(value), value.name), name: value.name }
  }

  #node(node: Node): NodeMessage {
    const { name, domain, overload } = node.extra as NodeMessage // set by the reader
    const modelled = (key: string, value: string, was: string | undefined) =>
      value === '' && was === undefined ? {} : { [key]: value }
    return {
      ...node.extra,
      ...modelled('name', node.name, name),
      opType: node.op,
      ...(domain === 'ai.onnx' && node.domain === '' ? {} : modelled('domain', node.domain, domain)),
      ...modelled('overload', node.overload, overload),
      input: node.inputs.map((v) => (v === null ? '' : this.#nameOf(v))),
      output: node.outputs.map((v) => (v === null ? '' : this.#nameOf(v))),
      attribute: [...node.attrs].map(([key, a]) => writeAttr(key, a, node.label, this)),
    }
  }

  #nameOf(value: Value): string {
    return this.#renamed.get(value) ?? value.name
  }

  /**
   * A value takes an output's name when a node of the same graph makes it and no other output has named it;
   * whatever had that name before gives it up.
   */
  #nameOutputs(graph: Graph): void {
    for (const slot of graph.outputs) {
      const { value } = slot
      if (slot.name === value.name) continue
      for (const other of valuesOf(graph)) {
        if (other.name === slot.name && other !== value) this.#renamed.set(other, `${slot.name}/replaced`)
      }
      const isOutput = this.#renamed.has(value) || graph.outputs.some((s) => s.value === value && s.name === value.name)
      if (value.producer !== null && value.graph === graph && !isOutput) this.#renamed.set(value, slot.name)
    }
  }

  /** For outputs whose value cannot take their name: inputs, constants, values that are two outputs. */
  #identities(graph: Graph): NodeMessage[] {
    return graph.outputs
      .filter((slot) => this.#nameOf(slot.value) !== slot.name)
      .map((slot) => ({
        input: [this.#nameOf(slot.value)],
        output: [slot.name],
        name: `${slot.name}/Identity`,
        opType: 'Identity',
      }))
  }

  /** In the order of the file; what a pass declared comes last. */
  #valueInfo(graph: Graph): ValueInfoMessage[] {
    const entries = (graph.extra as KeptOfGraph).valueInfoOrder ?? [] // set by the reader
    const listed = new Set(entries.filter((e) => typeof e === 'string'))
    const outputs = new Set(graph.outputs.map((s) => s.name))
    const declared = new Map<string, Value>()
    for (const value of valuesOf(graph)) {
      const added = value.declared !== null && value.producer !== null && !outputs.has(this.#nameOf(value))
      if (added || listed.has(value.name)) declared.set(value.name, value)
    }
    const added = [...declared.keys()].filter((name) => !listed.has(name))
    return [...entries, ...added].flatMap((entry) => {
      if (typeof entry !== 'string') return [entry]
      const value = declared.get(entry)
      return value ? [{ ...value.extra, name: this.#nameOf(value), ...typeField(value) }] : []
    })
  }
}

function tensorOf(value: Value): Tensor {
  if (value.constant === null) throw new Error(`Initializer "${value.name}" has no value.`)
  return value.constant
}

function typeField(x: Value | OutputSlot): Pick<ValueInfoMessage, 'type'> {
  return x.declared === null ? {} : { type: writeType(x.declared) }
}

function typeOfTensor(tensor: Tensor): Pick<TensorMessage, 'dims' | 'dataType'> {
  return { dims: tensor.shape, dataType: dtypeCode(tensor.dtype) }
}

function entriesOf(place: ExternalPlace): { key: string; value: string }[] {
  return [
    { key: 'location', value: place.location },
    { key: 'offset', value: String(place.offset) },
    { key: 'length', value: String(place.length) },
  ]
}

function writeOpsets(
  opsets: ReadonlyMap<string, number>,
  asRead: readonly OpsetMessage[] | undefined,
): readonly OpsetMessage[] {
  const domainOf = (o: OpsetMessage) => (o.domain === 'ai.onnx' ? '' : (o.domain ?? ''))
  const known = asRead ?? []
  const kept = known.flatMap((o) => {
    const version = opsets.get(domainOf(o))
    if (version === undefined) return []
    return version === toNumber(o.version ?? 0) ? [o] : [{ ...o, version }]
  })
  const added = [...opsets].filter(([domain]) => !known.some((o) => domainOf(o) === domain))
  return [...kept, ...added.map(([domain, version]) => ({ domain, version }))]
}
