import type { Unmodelled } from '../ir/attr.js'
import type { FunctionBody, Graph, Model, Node, OutputSlot, Value } from '../ir/graph.js'
import { StringTensor, type Tensor } from '../ir/tensor.js'
import { dtypeCode } from '../ir/type.js'
import { valuesOf } from '../ir/walk.js'
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
  textField,
  toNumber,
  type ValueInfoMessage,
} from './messages.js'
import { opsetDomain, readOpsets } from './opsets.js'
import type { Payload } from './scan.js'
import { DATA_FIELDS } from './schema.js'
import { SparseTensor } from './sparse-tensor.js'
import { storedForm } from './tensors.js'
import { writeType } from './types.js'
import { WrittenNames } from './written-names.js'

/** Where the data of a tensor goes that is not written into the message itself. */
export interface ExternalPlace {
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** What the reader keeps of a model for the writer, besides fields: whether repeated numbers shared one field. */
export interface KeptOfModel {
  readonly packedNumbers?: boolean
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
  const { irVersion: asRead } = extra as ModelMessage // kept by the reader
  const isAsRead = irVersion === toNumber(asRead ?? 0)
  return {
    ...extra,
    ...(isAsRead ? {} : { irVersion }),
    opsetImport: writeOpsets(model.opsets, extra),
    graph: writer.graph(model.main),
    ...(model.functions.size === 0 ? {} : { functions: [...model.functions.values()].map((f) => writer.function(f)) }),
  }
}

class MessageWriter implements AttrWriter {
  readonly #external: MessageOptions['external']
  readonly #names: WrittenNames

  constructor(model: Model, options: MessageOptions) {
    this.#external = options.external
    this.#names = new WrittenNames(model)
  }

  graph(graph: Graph): GraphMessage {
    const { extra } = graph
    const initializers = [...graph.initializers]
    const dense = initializers.filter((v) => !(v.constant instanceof SparseTensor))
    const sparse = initializers.filter((v) => v.constant instanceof SparseTensor)
    return {
      ...extra,
      ...textField('name', graph.name, extra.name),
      node: this.#nodes(graph),
      initializer: dense.map((v) => this.#initializer(v)),
      sparseInitializer: sparse.map((v) => this.#sparseInitializer(v)),
      input: graph.inputs.map((v) => ({ ...v.extra, ...this.#nameField(v), ...typeField(v) })),
      output: graph.outputs.map((s) => ({ ...s.extra, ...textField('name', s.name, s.extra.name), ...typeField(s) })),
      valueInfo: this.#valueInfo(graph),
      ...this.#annotations(graph),
    }
  }

  function(f: FunctionBody): FunctionMessage {
    const { extra, graph } = f
    return {
      ...extra,
      ...textField('name', f.name, extra.name),
      ...textField('domain', f.domain, extra.domain),
      ...textField('overload', f.overload, extra.overload),
      input: graph.inputs.map((v) => this.#names.of(v)),
      output: graph.outputs.map((s) => s.name),
      node: this.#nodes(graph),
      valueInfo: this.#valueInfo(graph),
      opsetImport: writeOpsets(f.opsets, extra),
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
    return { ...stored, values: this.tensor(tensor.values, where), indices: this.tensor(tensor.indices, where) }
  }

  #initializer(value: Value): TensorMessage {
    const { tensorExtra } = value.extra as { tensorExtra?: Partial<TensorMessage> } // set by the reader
    const message = { ...tensorExtra, ...this.tensor(tensorOf(value), value.name) }
    return { ...message, ...textField('name', this.#names.of(value), message.name) }
  }

  #sparseInitializer(value: Value): SparseTensorMessage {
    const message = this.sparse(tensorOf(value), value.name)
    return {
      ...message,
      values: { ...message.values, ...textField('name', this.#names.of(value), message.values?.name) },
    }
  }

  #nodes(graph: Graph): NodeMessage[] {
    const identities = this.#names.identities(graph).map((slot) => ({
      input: [this.#names.of(slot.value)],
      output: [slot.name],
      name: `${slot.name}/Identity`,
      opType: 'Identity',
    }))
    return [...[...graph.nodes].map((n) => this.#node(n)), ...identities]
  }

  #node(node: Node): NodeMessage {
    const { extra } = node
    return {
      ...extra,
      ...textField('name', node.name, extra.name),
      ...textField('opType', node.op, extra.opType),
      ...(extra.domain === 'ai.onnx' && node.domain === '' ? {} : textField('domain', node.domain, extra.domain)),
      ...textField('overload', node.overload, extra.overload),
      input: node.inputs.map((v) => (v === null ? '' : this.#names.of(v))),
      output: node.outputs.map((v) => (v === null ? '' : this.#names.of(v))),
      attribute: [...node.attrs].map(([key, a]) => writeAttr(key, a, node.label, this)),
    }
  }

  /** In the order of the file; what a pass declared comes last. */
  #valueInfo(graph: Graph): ValueInfoMessage[] {
    const entries = (graph.extra as KeptOfGraph).valueInfoOrder ?? [] // set by the reader
    const listed = new Set(entries.filter((e) => typeof e === 'string'))
    const outputs = new Set(graph.outputs.map((s) => s.name))
    const declared = new Map<string, Value>()
    for (const value of valuesOf(graph)) {
      const added = value.declared !== null && value.producer !== null && !outputs.has(this.#names.of(value))
      const isForgotten = value.declared === null && Object.keys(value.extra).length === 0
      if (added || (listed.has(value.name) && !isForgotten)) declared.set(value.name, value)
    }
    const added = [...declared.keys()].filter((name) => !listed.has(name))
    return [...entries, ...added].flatMap((entry) => {
      if (typeof entry !== 'string') return [entry]
      const value = declared.get(entry)
      return value ? [{ ...value.extra, ...this.#nameField(value), ...typeField(value) }] : []
    })
  }

  /** Quantization parameters follow the values that they are stated for. */
  #annotations(graph: Graph): Pick<GraphMessage, 'quantizationAnnotation'> {
    const { quantizationAnnotation } = graph.extra as GraphMessage // kept by the reader
    const changes = this.#names.changesIn(graph)
    if (quantizationAnnotation === undefined || changes.size === 0) return {}
    const now = (name: string | undefined) => (name === undefined ? undefined : (changes.get(name) ?? name))
    const renamed = quantizationAnnotation.map((a) => ({
      ...a,
      tensorName: now(a.tensorName),
      quantParameterTensorNames: a.quantParameterTensorNames?.map((e) => ({ ...e, value: now(e.value) })),
    }))
    return { quantizationAnnotation: renamed as GraphMessage['quantizationAnnotation'] & object } // undefined is not written
  }

  #nameField(value: Value): Readonly<Record<string, string>> {
    return textField('name', this.#names.of(value), value.extra.name)
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

/** Those that are as they were read keep their place and form. */
function writeOpsets(opsets: ReadonlyMap<string, number>, extra: Unmodelled): readonly OpsetMessage[] {
  const asRead = (extra.opsetImport as readonly OpsetMessage[] | undefined) ?? [] // kept by the reader
  const were = readOpsets(asRead)
  const kept = asRead.flatMap((o) => {
    const domain = opsetDomain(o)
    const version = opsets.get(domain)
    if (version === undefined) return []
    return version === were.get(domain) ? [o] : [{ ...o, version }]
  })
  const added = [...opsets].filter(([domain]) => !were.has(domain))
  return [...kept, ...added.map(([domain, version]) => ({ domain, version }))]
}
