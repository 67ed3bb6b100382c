import type { Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'
import type { Edit } from './edit.js'

/** One side of a layer: the axis of its channels in the activations, and the channel of each element of the weight. */
export interface Side {
  readonly channels: number
  /** Negative ones count from the end. */
  readonly axis: number
  /** The rank of the activations; null when it is not known. */
  readonly rank: number | null
  /** The channel that element `e` of the weight belongs to, row-major. */
  readonly channelOf: (e: number) => number
}

/** A layer whose output is linear in its input and in its weight: y = w * x + b. */
export interface Linear {
  readonly node: Node
  readonly weight: Value
  readonly tensor: Tensor
  readonly out: Side
  readonly in: Side
  /** The input that takes the bias; null where the op has none. */
  readonly biasInput: number | null
  /** What the bias is multiplied by before it is added. */
  readonly biasFactor: number
  /** What the product of input and weight is multiplied by. */
  readonly factor: number
  /** Whether zeros are put around the input: then nothing may be added to it beforehand. */
  readonly padded: boolean
}

/** @returns null for a node that is no such layer, or whose weight is not a constant of floats */
export function linearOf(edit: Edit, node: Node): Linear | null {
  const weight = node.inputs[1]
  const tensor = weight ? edit.facts.constantOf(weight) : null
  if (!weight || tensor === null || node.domain !== '') return null
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') return null
  const sides = SIDES[node.op]?.(node, tensor.shape, edit)
  return sides ? { node, weight, tensor, biasInput: 2, biasFactor: 1, factor: 1, padded: false, ...sides } : null
}

type Sides = Pick<Linear, 'out' | 'in'> & Partial<Pick<Linear, 'biasInput' | 'biasFactor' | 'factor' | 'padded'>>

const SIDES: Readonly<Record<string, (node: Node, shape: readonly number[], edit: Edit) => Sides | null>> = {
  /** W: [M, C/g, k...] */
  Conv: (node, shape) => {
    const [m, perGroup] = shape
    if (m === undefined || perGroup === undefined) return null
    const group = node.int('group', 1)
    const inner = elementCount(shape.slice(2))
    const row = perGroup * inner
    const outOf = (e: number) => Math.floor(e / row)
    const inOf = (e: number) => Math.floor(outOf(e) / (m / group)) * perGroup + (Math.floor(e / inner) % perGroup)
    const place = { axis: 1, rank: shape.length }
    return {
      out: { ...place, channels: m, channelOf: outOf },
      in: { ...place, channels: perGroup * group, channelOf: inOf },
      padded: isPadded(node),
    }
  },
  /** W: [C, M/g, k...] */
  ConvTranspose: (node, shape) => {
    const [c, perGroup] = shape
    if (c === undefined || perGroup === undefined) return null
    const group = node.int('group', 1)
    const inner = elementCount(shape.slice(2))
    const inOf = (e: number) => Math.floor(e / (perGroup * inner))
    const outOf = (e: number) => Math.floor(inOf(e) / (c / group)) * perGroup + (Math.floor(e / inner) % perGroup)
    const place = { axis: 1, rank: shape.length }
    return {
      out: { ...place, channels: perGroup * group, channelOf: outOf },
      in: { ...place, channels: c, channelOf: inOf },
      // Not every output is reached by as many inputs: what is added to the input is no constant in the output.
      padded: true,
    }
  },
  /** B: [K, N], or [N, K] */
  Gemm: (node, shape, edit) => {
    if (shape.length !== 2 || edit.opsetOf(node) < 7 || node.int('transA', 0) !== 0) return null
    const [rows, columns] = [shape[0] ?? 0, shape[1] ?? 0]
    const rowOf = (e: number) => Math.floor(e / columns)
    const columnOf = (e: number) => e % columns
    const place = { axis: 1, rank: 2 }
    const [byRow, byColumn] = [
      { ...place, channels: rows, channelOf: rowOf },
      { ...place, channels: columns, channelOf: columnOf },
    ]
    const factors = { factor: node.float('alpha', 1), biasFactor: node.float('beta', 1) }
    if (node.int('transB', 0) !== 0) return { out: byRow, in: byColumn, ...factors }
    return { out: byColumn, in: byRow, ...factors }
  },
  /** B: [K, N] */
  MatMul: (node, shape, edit) => {
    const [x] = node.inputs
    if (shape.length !== 2 || !x) return null
    const [rows, columns] = [shape[0] ?? 0, shape[1] ?? 0]
    const place = { axis: -1, rank: edit.facts.rankOf(x) }
    return {
      out: { ...place, channels: columns, channelOf: (e) => e % columns },
      in: { ...place, channels: rows, channelOf: (e) => Math.floor(e / columns) },
      biasInput: null,
    }
  },
}

function isPadded(node: Node): boolean {
  const auto = node.string('auto_pad') ?? 'NOTSET'
  if (auto === 'VALID') return false
  return auto !== 'NOTSET' || (node.ints('pads') ?? []).some((pad) => pad !== 0)
}
