import type { Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { constantOf } from '../ir/walk.js'

/**
 * The parameters that moved from attributes to inputs as ai.onnx grew, with the input that holds each: Reshape's
 * shape at opset 5, Slice's bounds at 10, Pad, Clip and TopK at 10 and 11, the axes of Squeeze and Unsqueeze at 13,
 * those of the reductions at 18.
 */
const INPUTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Clip: { min: 1, max: 2 },
  ConstantOfShape: { shape: 0 },
  CumSum: { axis: 1 },
  Dropout: { ratio: 1, training_mode: 2 },
  Expand: { shape: 1 },
  Gather: { indices: 1 },
  OneHot: { depth: 1 },
  Pad: { pads: 1, value: 2, axes: 3 },
  Range: { start: 0, limit: 1, delta: 2 },
  Reshape: { shape: 1 },
  Slice: { starts: 1, ends: 2, axes: 3, steps: 4 },
  Split: { split: 1 },
  Squeeze: { axes: 1 },
  Tile: { repeats: 1 },
  TopK: { k: 1 },
  Unsqueeze: { axes: 1 },
  Upsample: { scales: 1 },
  ...Object.fromEntries(
    ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map((name) => [
      `Reduce${name}`,
      { axes: 1 },
    ]),
  ),
}

/** Numbers; or why there are none: the node does not state the parameter, or computes it. */
export type Param = readonly number[] | 'absent' | 'computed'

/**
 * A parameter of a node, whichever way its opset states it: an attribute, or an input that holds a constant.
 * A scalar is a list of one. Whole numbers past 2^53 (the INT64_MAX of a Slice without end) are rounded.
 *
 * @param name    as the attribute is called, which the input took over
 * @param tensor  what a value always holds, or null
 */
export function param(node: Node, name: string, tensor: (value: Value) => Tensor | null = constantOf): Param {
  const a = node.attrs.get(name)
  switch (a?.kind) {
    case 'int':
      return [Number(a.value)]
    case 'float':
      return [a.value]
    case 'ints':
      return a.value.map(Number)
    case 'floats':
      return a.value
    case 'ref':
      return 'computed'
    default:
  }
  const index = inputOfParam(node, name)
  const input = index === null ? null : (node.inputs[index] ?? null)
  if (input === null) return 'absent'
  const constant = tensor(input)
  return (constant && numbersOf(constant)) ?? 'computed'
}

/** The input that states a parameter in the opsets where no attribute does; null where there is none. */
export function inputOfParam(node: Node, name: string): number | null {
  return (node.domain === '' ? INPUTS[node.op]?.[name] : undefined) ?? null
}

/** The elements of a small tensor as numbers; null for types that have none here (float16, strings, packed types). */
export function numbersOf(tensor: Tensor): readonly number[] | null {
  const { buffer, byteOffset, byteLength } = tensor.read()
  switch (tensor.dtype) {
    case 'int64':
      return Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number)
    case 'int32':
      return Array.from(new Int32Array(buffer, byteOffset, byteLength / 4))
    case 'float32':
      return Array.from(new Float32Array(buffer, byteOffset, byteLength / 4))
    case 'float64':
      return Array.from(new Float64Array(buffer, byteOffset, byteLength / 8))
    case 'bool':
    case 'uint8':
      return Array.from(new Uint8Array(buffer, byteOffset, byteLength))
    default:
      return null
  }
}
