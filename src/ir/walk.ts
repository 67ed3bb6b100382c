import type { Graph, Model, Node, Value } from './graph.js'
import { MemoryTensor, StringTensor, type Tensor } from './tensor.js'

/** Every graph of a model: the main graph, functions, and all bodies inside them, outer ones first. */
export function* graphs(model: Model): Iterable<Graph> {
  yield* withBodies(model.main)
  for (const f of model.functions.values()) yield* withBodies(f.graph)
}

/** A graph and all bodies inside it, outer ones first. */
export function* withBodies(graph: Graph): Iterable<Graph> {
  yield graph
  for (const node of graph.nodes) for (const body of node.graphs()) yield* withBodies(body)
}

/** Every node of every graph; a node with bodies comes before the nodes inside them. */
export function* walk(model: Model): Iterable<Node> {
  for (const graph of graphs(model)) yield* graph.nodes
}

/** Every value that a graph defines: inputs, initializers, node outputs, each once. */
export function* valuesOf(graph: Graph): Iterable<Value> {
  yield* graph.inputs
  const inputs = new Set(graph.inputs)
  for (const value of graph.initializers) if (!inputs.has(value)) yield value
  for (const node of graph.nodes) for (const value of node.outputs) if (value !== null) yield value
}

/** The tensor that a value always holds: of an initializer, or of a Constant node in any of its forms. */
export function constantOf(value: Value): Tensor | null {
  if (value.constant !== null) return value.constant
  const node = value.producer
  if (node?.type !== 'Constant') return null
  for (const [name, a] of node.attrs) {
    if ((name === 'value' && a.kind === 'tensor') || a.kind === 'sparse-tensor') return a.value
    if (a.kind === 'float') return new MemoryTensor('float32', [], bytesOf(Float32Array.of(a.value)))
    if (a.kind === 'floats') return new MemoryTensor('float32', [a.value.length], bytesOf(Float32Array.from(a.value)))
    if (a.kind === 'int') return new MemoryTensor('int64', [], bytesOf(BigInt64Array.of(a.value)))
    if (a.kind === 'ints') return new MemoryTensor('int64', [a.value.length], bytesOf(BigInt64Array.from(a.value)))
    if (a.kind === 'string') return new StringTensor([], [a.value])
    if (a.kind === 'strings') return new StringTensor([a.value.length], a.value)
  }
  return null
}

/** The bytes behind a typed array, without a copy. */
export function bytesOf(array: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}
