import type { Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import type { Edit } from './edit.js'
import { floatsOf } from './floats.js'
import type { Side } from './linear.js'

/** y = scale[c] * x + shift[c], in float64. */
export interface Affine {
  readonly scale: Float64Array
  readonly shift: Float64Array
}

export function unchanged(channels: number): Affine {
  return { scale: new Float64Array(channels).fill(1), shift: new Float64Array(channels) }
}

/** The second after the first: s2 (s1 x + t1) + t2. */
export function after(first: Affine, second: Affine): Affine {
  return {
    scale: first.scale.map((s, c) => s * at(second.scale, c)),
    shift: first.shift.map((t, c) => t * at(second.scale, c) + at(second.shift, c)),
  }
}

export function at(numbers: ArrayLike<number>, index: number): number {
  const number = numbers[index]
  if (number === undefined) throw new RangeError(`There is no channel ${index}.`)
  return number
}

/** What a node does to a value that it reads, with the value and the result. */
export interface Step extends Affine {
  readonly node: Node
  readonly from: Value
  readonly to: Value
}

/**
 * A node that multiplies, divides or shifts by constants, one number per channel at most, or normalizes by them.
 *
 * @param side  where the channels are in its input
 * @returns     null for any other node, and where it changes the shape
 */
export function stepOf(edit: Edit, node: Node, side: Side): Step | null {
  const [to] = node.outputs
  if (!to || node.domain !== '' || node.outputs.filter((value) => value !== null).length !== 1) return null
  if (node.op === 'BatchNormalization') return batchNorm(edit, node, to, side)
  if (!ELEMENTWISE.has(node.op)) return null
  for (const [input, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const tensor = edit.constant(node, other)
    const from = node.inputs[input]
    const numbers = tensor && from ? perChannel(tensor, side) : null
    if (!numbers || !from || edit.constant(node, input) !== null) continue
    const affine = elementwise(node.op, input, numbers)
    if (affine) return { node, from, to, ...affine }
  }
  return null
}

const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div'])

/** @param input  the place of the value that is no constant */
function elementwise(op: string, input: 0 | 1, c: Float64Array): Affine | null {
  const { scale, shift } = unchanged(c.length)
  switch (op) {
    case 'Add':
      return { scale, shift: c }
    case 'Sub':
      return input === 0 ? { scale, shift: c.map((x) => -x) } : { scale: scale.map(() => -1), shift: c }
    case 'Mul':
      return { scale: c, shift }
    case 'Div':
      return input === 0 ? { scale: c.map((x) => 1 / x), shift } : null
    default:
      return null
  }
}

/**
 * y = (x - mean) / sqrt(var + epsilon) * scale + B
 *
 * @see ONNX BatchNormalization; Ioffe and Szegedy 2015, arXiv:1502.03167
 */
function batchNorm(edit: Edit, node: Node, to: Value, side: Side): Step | null {
  const [from] = node.inputs
  const opset = edit.opsetOf(node)
  const isTraining = opset < 7 ? node.int('is_test', 0) !== 1 : node.int('training_mode', 0) !== 0
  if (!from || isTraining || node.int('spatial', 1) !== 1) return null
  // Its channels are those of axis 1.
  if (side.rank === null || (side.axis + side.rank) % side.rank !== 1 % side.rank) return null
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((input) => {
    const tensor = edit.constant(node, input)
    const numbers = tensor && floatsOf(tensor)
    return numbers?.length === side.channels ? Float64Array.from(numbers) : null
  })
  if (!gamma || !beta || !mean || !variance) return null
  const epsilon = node.float('epsilon', 1e-5)
  const scale = gamma.map((g, c) => g / Math.sqrt(at(variance, c) + epsilon))
  return { node, from, to, scale, shift: beta.map((b, c) => b - at(mean, c) * at(scale, c)) }
}

/** A constant as one number per channel; null where it says more, or broadcasts the value. */
export function perChannel(tensor: Tensor, { axis, rank, channels }: Side): Float64Array | null {
  const { shape } = tensor
  if (shape.length > (rank ?? 1)) return null
  const fromEnd = axis < 0 ? -axis : (rank ?? 0) - axis
  const isPerChannel = shape.every((d, i) => d === 1 || (shape.length - i === fromEnd && d === channels))
  const numbers = isPerChannel ? floatsOf(tensor) : null
  if (numbers === null) return null
  return numbers.length === 1 ? new Float64Array(channels).fill(at(numbers, 0)) : Float64Array.from(numbers)
}
