import type { onnx } from 'onnx-proto'
import type { Attr, AttrKind, Unmodelled } from '../ir/attr.js'
import type { Graph } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import {
  type AttributeMessage,
  type GraphMessage,
  type SparseTensorMessage,
  type TensorMessage,
  textField,
  toBigInt,
} from './messages.js'
import { besidesData, type TensorReader } from './tensors.js'
import { readType, writeType } from './types.js'

/** AttributeProto.AttributeType, with the field of AttributeProto that holds the value. */
const KINDS: readonly {
  readonly kind: AttrKind
  readonly type: onnx.AttributeProto.AttributeType | number
  readonly field: keyof AttributeMessage
}[] = [
  { kind: 'float', type: 1, field: 'f' },
  { kind: 'int', type: 2, field: 'i' },
  { kind: 'string', type: 3, field: 's' },
  { kind: 'tensor', type: 4, field: 't' },
  { kind: 'graph', type: 5, field: 'g' },
  { kind: 'floats', type: 6, field: 'floats' },
  { kind: 'ints', type: 7, field: 'ints' },
  { kind: 'strings', type: 8, field: 'strings' },
  { kind: 'tensors', type: 9, field: 'tensors' },
  { kind: 'graphs', type: 10, field: 'graphs' },
  { kind: 'sparse-tensor', type: 11, field: 'sparseTensor' },
  { kind: 'sparse-tensors', type: 12, field: 'sparseTensors' },
  { kind: 'type', type: 13, field: 'tp' },
  { kind: 'types', type: 14, field: 'typeProtos' },
]

/** Attributes whose value the file left out, as proto3 writers do with zero: written back without. */
const valueless = new WeakSet<Attr>()

/** @param body  reads a graph attribute */
export function readAttr(
  message: AttributeMessage,
  node: string,
  tensors: TensorReader,
  body: (g: GraphMessage) => Graph,
): Attr {
  if (message.refAttrName) return { kind: 'ref', value: message.refAttrName, extra: { ...message } }
  // Files of IR 1 and some exporters leave the type out: then the field that is there tells.
  const entry = KINDS.find((k) => k.type === message.type) ?? KINDS.find((k) => message[k.field] !== undefined)
  if (entry === undefined) return unknown(message)
  const { [entry.field]: value, ...extra } = message
  const a = readValue(entry.kind, message, extra, `${node}.${message.name ?? ''}`, tensors, body)
  if (value === undefined) valueless.add(a)
  return a
}

function readValue(
  kind: AttrKind,
  message: AttributeMessage,
  extra: Unmodelled,
  label: string,
  tensors: TensorReader,
  body: (g: GraphMessage) => Graph,
): Attr {
  switch (kind) {
    case 'float':
      return { kind, value: message.f ?? 0, extra }
    case 'int':
      return { kind, value: toBigInt(message.i ?? 0), extra }
    case 'string':
      return { kind, value: message.s ?? new Uint8Array(0), extra }
    case 'floats':
      return { kind, value: message.floats ?? [], extra }
    case 'ints':
      return { kind, value: (message.ints ?? []).map(toBigInt), extra }
    case 'strings':
      return { kind, value: message.strings ?? [], extra }
    case 'tensor':
      if (message.t === undefined) return unknown(message)
      return { kind, value: tensors.tensor(message.t, label), extra: { ...extra, tensorExtra: besidesData(message.t) } }
    case 'tensors':
      return { kind, value: (message.tensors ?? []).map((t) => tensors.tensor(t, label)), extra }
    case 'sparse-tensor':
      return message.sparseTensor
        ? { kind, value: tensors.sparse(message.sparseTensor, label), extra }
        : unknown(message)
    case 'sparse-tensors':
      return { kind, value: (message.sparseTensors ?? []).map((t) => tensors.sparse(t, label)), extra }
    case 'graph':
      return message.g ? { kind, value: body(message.g), extra } : unknown(message)
    case 'graphs':
      return { kind, value: (message.graphs ?? []).map(body), extra }
    case 'type': {
      const type = readType(message.tp)
      return type === null ? unknown(message) : { kind, value: type, extra }
    }
    case 'types': {
      const types = (message.typeProtos ?? []).map(readType)
      return types.some((t) => t === null) ? unknown(message) : { kind, value: types.filter((t) => t !== null), extra }
    }
    default:
      return unknown(message)
  }
}

function unknown(message: AttributeMessage): Attr {
  return { kind: 'unknown', value: null, extra: { ...message } }
}

export interface AttrWriter {
  tensor(tensor: Tensor, where: string): TensorMessage
  sparse(tensor: Tensor, where: string): SparseTensorMessage
  graph(graph: Graph): GraphMessage
}

export function writeAttr(name: string, a: Attr, node: string, write: AttrWriter): AttributeMessage {
  const label = `${node}.${name}`
  const head = { ...a.extra, ...textField('name', name, a.extra?.name) }
  if (a.kind === 'unknown') return head
  if (a.kind === 'ref') return { ...head, refAttrName: a.value }
  const entry = KINDS.find((k) => k.kind === a.kind)
  if (!entry) throw new Error(`Attribute "${label}" has no written form.`)
  if (valueless.has(a)) return head
  // A file that left the type out gets it back without.
  return { ...(a.extra === undefined ? { type: entry.type } : {}), ...head, [entry.field]: writeValue(a, label, write) }
}

function writeValue(a: Exclude<Attr, { kind: 'unknown' | 'ref' }>, label: string, write: AttrWriter): unknown {
  switch (a.kind) {
    case 'tensor':
      return { ...(a.extra?.tensorExtra as Partial<TensorMessage> | undefined), ...write.tensor(a.value, label) } // set by the reader
    case 'tensors':
      return a.value.map((t) => write.tensor(t, label))
    case 'sparse-tensor':
      return write.sparse(a.value, label)
    case 'sparse-tensors':
      return a.value.map((t) => write.sparse(t, label))
    case 'graph':
      return write.graph(a.value)
    case 'graphs':
      return a.value.map((g) => write.graph(g))
    case 'type':
      return writeType(a.value)
    case 'types':
      return a.value.map(writeType)
    default:
      return a.value
  }
}
