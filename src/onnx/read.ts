import { InvalidModelError } from '../errors.js'
import type { Attr, Unmodelled } from '../ir/attr.js'
import { functionKey, type Graph, Model, type Value } from '../ir/graph.js'
import type { FileSource, Tensor } from '../ir/tensor.js'
import { verify } from '../ir/verify.js'
import { readAttr } from './attrs.js'
import { ExternalData } from './external-data.js'
import { type OpenSource, openSource } from './file-source.js'
import { invalid } from './invalid.js'
import type { KeptOfModel } from './message-of.js'
import {
  type FunctionMessage,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  toNumber,
  type ValueInfoMessage,
} from './messages.js'
import { nodeOrder } from './node-order.js'
import { readOpsets } from './opsets.js'
import { type Scan, scan } from './scan.js'
import { decodeMessage } from './schema.js'
import { labelOf, Scope } from './scope.js'
import { besidesData, TensorReader } from './tensors.js'
import { splitType } from './types.js'

/** A model and the files that it was read from. */
export interface ModelFile {
  readonly model: Model
  readonly source: FileSource
  /** Files of external data, in the order in which tensors first named them. */
  readonly external: readonly FileSource[]
  /** Bytes of all these files. */
  readonly bytes: number
  /**
   * Closes the files now, not when the garbage collector finds them: for whoever opens thousands of models. Tensors
   * that lie in them cannot be read afterwards.
   */
  close(): void
}

/**
 * Reads an ONNX model of any IR version up to 14. The data of tensors stays in the file.
 *
 * @throws IoError           the file, or one with external data, cannot be read
 * @throws InvalidModelError it is no valid ONNX model: says where
 */
export function readModel(path: string): ModelFile {
  const source = openSource(path)
  const external = new ExternalData(path)
  const close = () => {
    for (const file of [source, ...external.files]) file.close()
  }
  try {
    refuseOtherFormats(source)
    const scanned = scan(source)
    const reader = new ModelReader(new TensorReader(external, path), path)
    const model = reader.model(decode(scanned, path), { packedNumbers: scanned.packed })
    verify(model, `reading "${path}"`)
    const bytes = [source, ...external.files].reduce((n, file) => n + file.size, 0)
    return { model, source, external: external.files, bytes, close }
  } catch (error) {
    close()
    throw error
  }
}

function decode({ message, payloads }: Scan, path: string): ModelMessage {
  try {
    return decodeMessage('ModelProto', message, payloads) as ModelMessage // the schema is the one that the type describes
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw invalid(`"${path}" is no valid ONNX file: ${why}.`, { cause: error })
  }
}

/** What people really pass instead of a model, by the first bytes. */
function refuseOtherFormats(source: OpenSource): void {
  const refuse = (what: string, remedy: string): never => {
    throw new InvalidModelError(`"${source.path}" is no ONNX model: ${what}.`, { suggestions: [remedy] })
  }
  if (source.size === 0) refuse('the file is empty', 'Copy or download the file again.')
  const head = new Uint8Array(Math.min(source.size, 256))
  source.readSync(head, 0)
  const text = Buffer.from(head).toString('latin1')
  if (text.startsWith('version https://git-lfs'))
    refuse('it is a pointer of Git LFS', 'Fetch the real file: git lfs pull')
  if (text.startsWith('PK\x03\x04'))
    refuse('it is a zip archive (a PyTorch checkpoint?)', 'Unpack it, or export the model to ONNX first.')
  if (text.startsWith('\x1f\x8b')) refuse('it is compressed with gzip', 'Unpack it first: gunzip')
  if (text.slice(4, 8) === 'TFL3') refuse('it is a TensorFlow Lite model', 'Convert it to ONNX first: tf2onnx')
  if (text.slice(4, 8) === 'ORTM') refuse('it is in the ORT format', 'Use the .onnx file that it was made from.')
  if (text.startsWith('\x89HDF')) refuse('it is an HDF5 file (Keras?)', 'Convert it to ONNX first: tf2onnx')
  if (/^[\t\n\r\x20-\x7e]*$/.test(text))
    refuse(`it is a text file ("${text.slice(0, 24).replace(/\s+/g, ' ').trim()}...")`, 'Name an .onnx file.')
}

class ModelReader {
  readonly #tensors: TensorReader
  readonly #path: string

  constructor(tensors: TensorReader, path: string) {
    this.#tensors = tensors
    this.#path = path
  }

  model(message: ModelMessage, form: KeptOfModel): Model {
    const { graph, functions, ...extra } = message
    if (graph === undefined) {
      throw new InvalidModelError(`"${this.#path}" is no ONNX model: it has no graph.`, {
        suggestions: ['Name an .onnx file.'],
      })
    }
    const model = new Model({
      irVersion: toNumber(message.irVersion ?? 0),
      opsets: readOpsets(message.opsetImport ?? []),
      extra: { ...extra, ...form },
      graphName: graph.name ?? '',
      graphExtra: besidesElements(graph),
    })
    this.#graph(model, model.main, graph, null)
    for (const f of functions ?? []) this.#function(model, f)
    return model
  }

  #function(model: Model, message: FunctionMessage): void {
    const { node, input, output, valueInfo, ...extra } = message
    const init = {
      name: message.name ?? '',
      domain: message.domain ?? '',
      overload: message.overload ?? '',
      opsets: readOpsets(message.opsetImport ?? []),
      defaults: this.#defaults(message),
      extra,
      graphExtra: { valueInfoOrder: [] },
    }
    if (model.functions.has(functionKey(init))) {
      throw invalid(`"${this.#path}" defines function "${init.domain}.${init.name}" twice.`)
    }
    const f = model.addFunction(init)
    const graph: GraphMessage = {
      ...(node ? { node } : {}),
      ...(valueInfo ? { valueInfo } : {}),
      input: (input ?? []).map((name) => ({ name })),
      output: (output ?? []).map((name) => ({ name })),
    }
    this.#graph(model, f.graph, graph, null)
  }

  /** Bodies as defaults would need a node to belong to; no exporter writes them. */
  #defaults(message: FunctionMessage): Map<string, Attr> {
    const plain = (message.attributeProto ?? []).filter((a) => a.g === undefined && a.graphs === undefined)
    const refuse = (): never => {
      throw new Error('Attributes with bodies are left out above.')
    }
    return new Map(plain.map((a) => [a.name ?? '', readAttr(a, message.name ?? '', this.#tensors, refuse)]))
  }

  #graph(model: Model, graph: Graph, message: GraphMessage, outer: Scope | null): void {
    const scope = new Scope(graph, outer, this.#path)
    for (const info of message.input ?? []) {
      const { declared, extra } = splitType(info)
      const name = info.name ?? ''
      scope.refuseKnown([name])
      model.addInput(graph, name, declared, extra)
    }
    this.#initializers(model, graph, message, scope)
    for (const node of nodeOrder(message, scope)) this.#node(model, graph, node, scope)
    this.#valueInfo(model, graph, message.valueInfo ?? [], scope)
    for (const info of message.output ?? []) {
      const name = info.name ?? ''
      const value = scope.find(name)
      if (value === undefined)
        throw invalid(`Output "${name}" of graph "${graph.name}" in "${this.#path}" is made by no node.`)
      model.addOutput(graph, value, { name, ...splitType(info) })
    }
  }

  /** Of several initializers with one name the last counts, as in ONNX Runtime: some exporters write them. */
  #initializers(model: Model, graph: Graph, message: GraphMessage, scope: Scope): void {
    const add = (name: string, tensor: Tensor, tensorExtra: Partial<TensorMessage>) => {
      const known = scope.own(name)
      if (known === undefined) model.addConstant(graph, name, tensor, { extra: { tensorExtra } })
      else model.setDefault(known, tensor)
    }
    for (const m of message.initializer ?? []) add(m.name ?? '', this.#tensors.tensor(m, m.name ?? ''), besidesData(m))
    for (const m of message.sparseInitializer ?? [])
      add(m.values?.name ?? '', this.#tensors.sparse(m, m.values?.name ?? ''), {})
  }

  #node(model: Model, graph: Graph, message: NodeMessage, scope: Scope): void {
    const { input, output, attribute, ...extra } = message
    const outputs = output ?? []
    scope.refuseKnown(outputs.filter((name) => name !== ''))
    const node = model.addNode(graph, {
      op: message.opType ?? '',
      domain: message.domain === 'ai.onnx' ? '' : (message.domain ?? ''),
      overload: message.overload ?? '',
      name: message.name ?? '',
      inputs: (input ?? []).map((name) => (name === '' ? null : scope.need(name, message))),
      outputs,
      extra,
    })
    for (const a of attribute ?? []) {
      const name = a.name ?? ''
      if (node.attrs.has(name)) {
        throw invalid(`Node "${labelOf(message)}" in "${this.#path}" has the attribute "${name}" twice.`)
      }
      const body = (g: GraphMessage): Graph => {
        const inner = model.newBody(node, g.name ?? '', besidesElements(g))
        this.#graph(model, inner, g, scope)
        return inner
      }
      model.setAttr(node, name, readAttr(a, node.label, this.#tensors, body))
    }
  }

  /** Types of values go to the values; entries for inputs, which have their type already, and for nothing stay as they are. */
  #valueInfo(model: Model, graph: Graph, infos: readonly ValueInfoMessage[], scope: Scope): void {
    const order = graph.extra.valueInfoOrder as (string | ValueInfoMessage)[] // made with the graph, filled here
    const inputs = new Set(graph.inputs)
    const listed = new Set<Value>()
    for (const info of infos) {
      const value = info.name === undefined ? undefined : scope.own(info.name)
      if (value === undefined || inputs.has(value) || listed.has(value)) {
        order.push(info)
        continue
      }
      const { declared, extra } = splitType(info)
      listed.add(value)
      order.push(value.name)
      model.declare(value, declared, { ...value.extra, ...extra })
    }
  }
}

/** What the IR does not model of a graph. The order of value_info is kept by name. */
function besidesElements(graph: GraphMessage): Unmodelled {
  const { node, initializer, sparseInitializer, input, output, valueInfo, ...rest } = graph
  return { ...rest, valueInfoOrder: [] }
}
