import type { Model, Node, Value } from '../../../ir/graph.js'
import { MemoryTensor, type Tensor } from '../../../ir/tensor.js'
import { elementCount } from '../../../ir/type.js'
import { bytesOf, constantOf } from '../../../ir/walk.js'
import { decoded, encoded, type FloatType, isFloatType } from './floats.js'
import { type Layer, madeBy } from './layer.js'

/** Ops with a bias of their own. */
const BIAS_INPUT: Readonly<Record<string, number>> = { Conv: 2, ConvTranspose: 2, Gemm: 2 }

/**
 * What a layer adds by itself to each of its outputs [R].
 *
 * @returns null where that is no constant, or another one for each row of the output
 */
export function biasOf(layer: Layer): Float64Array | null {
  const { node, rows } = layer
  const input = BIAS_INPUT[node.type]
  const value = input === undefined ? null : (node.inputs[input] ?? null)
  if (value === null) return new Float64Array(rows)
  const numbers = perRow(constantOf(value), layer, node.type === 'Gemm' ? axisFromEnd(layer) : 1)
  const factor = factorOf(node)
  return numbers?.map((b) => b * factor) ?? null
}

/** Adds a constant to each output of a layer [R]: to its bias, to the constant of an Add that follows, or by a new Add. */
export function addToBias(model: Model, layer: Layer, delta: Float64Array, dtype: FloatType): void {
  if (!addWithin(model, layer, delta, dtype) && !addToFollowing(model, layer, delta))
    addBehind(model, layer, delta, dtype)
}

function factorOf(node: Node): number {
  return node.type === 'Gemm' ? node.float('beta', 1) : 1
}

function addWithin(model: Model, layer: Layer, delta: Float64Array, dtype: FloatType): boolean {
  const { node, outAxis, rank } = layer
  const input = BIAS_INPUT[node.type]
  const factor = factorOf(node)
  const old = biasOf(layer)
  if (input === undefined || old === null || factor === 0) return false
  const known = node.inputs[input] ?? null
  const type = known === null ? dtype : constantOf(known)?.dtype
  if (type === undefined || !isFloatType(type)) return false
  const sum = encoded(
    old.map((b, row) => (b + at(delta, row)) / factor),
    type,
  )
  if (sum === null) return false
  const shape = outAxis === rank - 1 || node.type !== 'Gemm' ? [sum.length] : [sum.length, 1]
  put(model, node, input, new MemoryTensor(type, shape, bytesOf(sum)), `${node.name || node.op}_bias`)
  return true
}

/** An Add is the only reader, and adds a constant for each row. */
function addToFollowing(model: Model, layer: Layer, delta: Float64Array): boolean {
  const output = madeBy(layer.node)
  const [use, ...others] = output.uses
  if (use === undefined || others.length > 0 || 'slot' in use || use.node.type !== 'Add') return false
  const add = use.node
  const index = 1 - use.index
  const value = add.inputs[index] ?? null
  const tensor = value && constantOf(value)
  const numbers = perRow(tensor, layer, axisFromEnd(layer))
  if (!tensor || numbers === null || !isFloatType(tensor.dtype)) return false
  const sum = encoded(
    numbers.map((b, row) => b + at(delta, row)),
    tensor.dtype,
  )
  if (sum === null) return false
  put(model, add, index, new MemoryTensor(tensor.dtype, shapeAlong(layer), bytesOf(sum)), 'bias')
  return true
}

function addBehind(model: Model, layer: Layer, delta: Float64Array, dtype: FloatType): void {
  const output = madeBy(layer.node)
  const { graph } = output
  const numbers = encoded(delta, dtype)
  if (numbers === null) return
  const tensor = new MemoryTensor(dtype, shapeAlong(layer), bytesOf(numbers))
  const constant = model.addConstant(graph, model.names.fresh(`${output.name}_bias`), tensor)
  const nodes = [...graph.nodes]
  const next = nodes[nodes.indexOf(layer.node) + 1] ?? null
  const outputs = [model.names.fresh(`${output.name}_absorbed`)]
  const add = model.addNode(graph, { op: 'Add', inputs: [output, constant], outputs }, next)
  model.replaceUses(output, madeBy(add), { except: add })
}

function axisFromEnd({ outAxis, rank }: Layer): number {
  return rank - outAxis
}

/**
 * A constant that is broadcast to the output of a layer, as one number for each row; null where it says more.
 *
 * @param fromEnd  1 where the rows lie along its last axis
 */
function perRow(tensor: Tensor | null, { rank, rows }: Layer, fromEnd: number): Float64Array | null {
  if (tensor === null || !isFloatType(tensor.dtype) || tensor.shape.length > rank) return null
  const { shape } = tensor
  if (!shape.every((size, i) => size === 1 || (shape.length - i === fromEnd && size === rows))) return null
  const numbers = decoded(tensor.read(), tensor.dtype)
  return elementCount(shape) === 1 ? new Float64Array(rows).fill(at(numbers, 0)) : numbers
}

/** [R], or [R, 1, ...] where other axes come behind. */
function shapeAlong({ rows, outAxis, rank }: Layer): number[] {
  return [rows, ...Array<number>(rank - 1 - outAxis).fill(1)]
}

/** Readers that share a constant keep it. */
export function put(model: Model, node: Node, index: number, tensor: Tensor, name: string): void {
  const old: Value | null = node.inputs[index] ?? null
  if (old !== null && old.uses.size === 1 && old.constant !== null && !old.graph.inputs.includes(old)) {
    model.setConstant(old, tensor)
    return
  }
  const value = model.addConstant(node.graph, model.names.fresh(old?.name ?? name), tensor)
  model.setInput(node, index, value)
}

function at(numbers: Float64Array, index: number): number {
  return numbers[index] as number // one for each row
}
