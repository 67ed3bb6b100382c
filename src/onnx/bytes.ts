import type { Attr } from '../ir/attr.js'
import type { Graph, Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'

/**
 * What parts of a model take in a file, near enough to compare two ways of saying the same: names, numbers and data
 * are counted as protobuf writes them, rarer fields are left out. Tags are one byte here, lengths are varints.
 */

/** As much of a node as takes bytes. */
export interface NodeParts extends Pick<Node, 'op' | 'name' | 'domain' | 'overload'> {
  readonly inputs: readonly (Pick<Value, 'name'> | null)[]
  readonly outputs: readonly (Pick<Value, 'name'> | null)[]
  readonly attrs: Iterable<readonly [string, Attr]>
}

/** A node, with its bodies. */
export function nodeBytes(node: NodeParts): number {
  const names = [...node.inputs, ...node.outputs].reduce((n, value) => n + textBytes(value?.name ?? ''), 0)
  const attrs = [...node.attrs].reduce((n, [name, a]) => n + attrBytes(name, a), 0)
  const own = [node.op, node.name, node.domain, node.overload].filter((text) => text !== '')
  return messageBytes(names + attrs + own.reduce((n, text) => n + textBytes(text), 0))
}

/** An initializer. */
export function initializerBytes(name: string, tensor: Pick<Tensor, 'shape' | 'byteLength'>): number {
  return messageBytes(textBytes(name) + tensorBytes(tensor))
}

/** A constant as it stands in a model: an initializer or a Constant node. */
export function constantBytes(value: Value): number {
  if (value.producer !== null) return nodeBytes(value.producer)
  return value.constant === null ? 0 : initializerBytes(value.name, value.constant)
}

/** What is inside of a TensorProto, its name aside. */
export function tensorBytes(tensor: Pick<Tensor, 'shape' | 'byteLength'>): number {
  const dims = tensor.shape.reduce((n, d) => n + 1 + varintBytes(d), 0)
  return dims + 2 + messageBytes(tensor.byteLength)
}

/** A text field. */
export function textBytes(text: string): number {
  return messageBytes(Buffer.byteLength(text))
}

function attrBytes(name: string, a: Attr): number {
  return messageBytes(textBytes(name) + 3 + contentBytes(a))
}

function contentBytes(a: Attr): number {
  switch (a.kind) {
    case 'float':
      return 5
    case 'int':
      return 1 + varintBytes(Number(a.value))
    case 'string':
      return messageBytes(a.value.byteLength)
    case 'floats':
      return 5 * a.value.length
    case 'ints':
      return a.value.reduce((n, i) => n + 1 + varintBytes(Number(i)), 0)
    case 'strings':
      return a.value.reduce((n, text) => n + messageBytes(text.byteLength), 0)
    case 'tensor':
    case 'sparse-tensor':
      return messageBytes(tensorBytes(a.value))
    case 'tensors':
    case 'sparse-tensors':
      return a.value.reduce((n, tensor) => n + messageBytes(tensorBytes(tensor)), 0)
    case 'graph':
      return messageBytes(graphBytes(a.value))
    case 'graphs':
      return a.value.reduce((n, graph) => n + messageBytes(graphBytes(graph)), 0)
    default:
      return 0
  }
}

function graphBytes(graph: Graph): number {
  let bytes = textBytes(graph.name)
  for (const node of graph.nodes) bytes += nodeBytes(node)
  for (const value of graph.initializers) bytes += constantBytes(value)
  for (const { name } of graph.outputs) bytes += messageBytes(textBytes(name))
  return bytes
}

/** A field with a length before its content. */
function messageBytes(content: number): number {
  return 1 + varintBytes(content) + content
}

function varintBytes(value: number): number {
  if (value < 0) return 10
  let bytes = 1
  for (let rest = value; rest >= 128; rest /= 128) bytes++
  return bytes
}
