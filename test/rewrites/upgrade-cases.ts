import { type Attrs, float32, int64, type Sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import type { Value } from '../../src/ir/graph.js'
import type { Tensor } from '../../src/ir/tensor.js'
import type { DType, Shape } from '../../src/ir/type.js'

/** A model of one node, as it was written for its opset. */
export interface UpgradeCase {
  readonly op: string
  readonly what: string
  readonly opset: number
  readonly draw: (s: Sketch) => void
}

export type Given = readonly [shape: Shape, dtype?: DType] | Tensor | null

/** @param given  inputs by their type, or constants */
export function node(op: string, given: readonly Given[], attrs: Attrs = {}, outputs = 1): UpgradeCase['draw'] {
  return (s) => {
    const values = given.map((g, i): Value | null => {
      if (g === null) return null
      return 'dtype' in g ? s.constant(`c${i}`, g) : s.input(`x${i}`, g[0], g[1])
    })
    const names = Array.from({ length: outputs }, (_, i) => `y${i}`)
    for (const output of s.nodeOf(op, 'node', values, names, attrs).outputs) {
      if (output !== null) s.output(output.name, output, null)
    }
  }
}

/** @param name  what the input is called, by which upgrade.ts makes up its values */
function runTimeScales(op: string, name: 'scales' | 'enlarging'): UpgradeCase['draw'] {
  return (s) => s.output('y', s.node(op, 'node', [s.input('x', [1, 4, 6, 6]), s.input(name, [4])]), null)
}

/** Cases of one op, by what they are about. */
export function cases(op: string, opset: number, draws: Readonly<Record<string, UpgradeCase['draw']>>): UpgradeCase[] {
  return Object.entries(draws).map(([what, draw]) => ({ op, what, opset, draw }))
}

const image: Given = [[1, 4, 6, 6]]
const axes = (values: readonly number[]) => attr.ints(values)
const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare']

/** A case for each way that the rules of src/ops can go, at the oldest opset that has it. */
export const ruleCases: readonly UpgradeCase[] = [
  ...cases('Clip', 7, {
    'both bounds': node('Clip', [[[3, 4]]], { min: attr.float(-0.25), max: attr.float(0.5) }),
    'the upper bound alone': node('Clip', [[[3, 4]]], { max: attr.float(0.1) }),
    'the lower bound alone': node('Clip', [[[3, 4]]], { min: attr.float(0) }),
    'no bounds': node('Clip', [[[3, 4]]]),
    'the largest numbers as bounds': node('Clip', [[[3, 4]]], { min: attr.float(-3.4028234663852886e38) }),
  }),
  ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op) =>
    cases(op, 7, {
      'the last axis of a matrix, by default': node(op, [[[3, 4]]]),
      'the last axis': node(op, [[[2, 3, 4]]], { axis: 2 }),
      'two axes as one': node(op, [[[2, 3, 4]]], { axis: 1 }),
      'all axes as one': node(op, [[[2, 3, 4]]], { axis: 0 }),
      'one axis of some length': node(op, [[[2, 5, 1, 1]]], { axis: 1 }),
      'one axis of some length that is not the first': node(op, [[[2, 1, 5, 1]]], { axis: 1 }),
      'axes of unknown length': node(op, [[['N', 'C', 'H']]], { axis: 1 }),
      'one axis of unknown length': node(op, [[['N', 3, 4]]], { axis: 1 }),
    }),
  ),
  ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op) =>
    cases(op, 11, {
      'the last axis, counted from the end': node(op, [[[2, 3, 4]]], { axis: -1 }),
      'two axes, counted from the end': node(op, [[['N', 3, 4]]], { axis: -2 }),
    }),
  ),
  ...cases('BatchNormalization', 7, {
    'a scale a channel': node(
      'BatchNormalization',
      [
        [[2, 3, 4]],
        float32([3], [1, 2, 3]),
        float32([3], [0, 1, -1]),
        float32([3], [0.1, 0, 0.2]),
        float32([3], [1, 2, 0.5]),
      ],
      { spatial: 1, epsilon: attr.float(1e-3) },
    ),
    'a scale an element': node(
      'BatchNormalization',
      [
        [['N', 3, 2]],
        float32([3, 2], [1, 2, 3, 4, 5, 6]),
        float32([3, 2], [0, 1, -1, 2, 0, 1]),
        float32([3, 2], [0.1, 0, 0.2, 0.3, 0, 0]),
        float32([3, 2], [1, 2, 0.5, 1, 1, 3]),
      ],
      { spatial: 0 },
    ),
  }),
  ...cases('GroupNormalization', 18, {
    'known channels': node('GroupNormalization', [[[2, 6, 3]], float32([3], [1, 2, 3]), float32([3], [0, 1, -1])], {
      num_groups: 3,
    }),
    'channels known at run time': node(
      'GroupNormalization',
      [[['N', 'C', 4]], float32([2], [1, 2]), float32([2], [0, 1])],
      { num_groups: 2 },
    ),
  }),
  ...cases('MeanVarianceNormalization', 8, {
    'each channel': node('MeanVarianceNormalization', [image]),
    'all channels': node('MeanVarianceNormalization', [image], { across_channels: 1 }),
    'the mean alone': node('MeanVarianceNormalization', [image], { normalize_variance: 0 }),
  }),
  ...cases('Affine', 8, {
    'a factor and a summand': node('Affine', [image], { alpha: attr.float(2.5), beta: attr.float(-1) }),
  }),
  ...cases('Scale', 8, { 'a factor': node('Scale', [image], { scale: attr.float(0.5) }) }),
  ...cases('ImageScaler', 8, {
    'a bias a channel': node('ImageScaler', [image], { scale: attr.float(2), bias: attr.floats([1, -1, 0.5, 0]) }),
  }),
  ...['ParametricSoftplus', 'ScaledTanh'].flatMap((op) =>
    cases(op, 8, { 'two factors': node(op, [image], { alpha: attr.float(2), beta: attr.float(0.5) }) }),
  ),
  ...cases('Crop', 8, {
    borders: node('Crop', [image], { border: axes([1, 2, 1, 0]) }),
    'a window': node('Crop', [image], { border: axes([1, 2, 0, 0]), scale: axes([3, 4]) }),
  }),
  ...cases('DynamicSlice', 8, {
    'some axes': node('DynamicSlice', [image, int64([2], [1, 0]), int64([2], [3, -1]), int64([2], [1, 3])]),
  }),
  ...cases('Dropout', 7, {
    'with a ratio': node('Dropout', [[[3, 4]]], { ratio: attr.float(0.3) }),
    'without one': node('Dropout', [[[3, 4]]]),
  }),
  ...cases('Squeeze', 7, {
    'two axes': node('Squeeze', [[[1, 3, 1, 2]]], { axes: axes([0, 2]) }),
    'all axes of length 1': node('Squeeze', [[[1, 3, 1, 2]]]),
  }),
  ...cases('Unsqueeze', 7, { 'two axes': node('Unsqueeze', [[[3, 2]]], { axes: axes([0, 2]) }) }),
  ...REDUCTIONS.flatMap((name) =>
    cases(`Reduce${name}`, 7, {
      'one axis': node(`Reduce${name}`, [[[2, 3, 4]]], { axes: axes([1]), keepdims: 0 }),
      'all axes': node(`Reduce${name}`, [[[2, 3, 4]]]),
      'no axes, which are all': node(`Reduce${name}`, [[[2, 3, 4]]], { axes: { kind: 'ints', value: [] } }),
    }),
  ),
  ...cases('Slice', 7, {
    'some axes': node('Slice', [[[4, 5, 6]]], { starts: axes([1, -3]), ends: axes([3, 100]), axes: axes([0, 2]) }),
    'all axes': node('Slice', [[[4, 5]]], { starts: axes([1, 0]), ends: axes([3, -1]) }),
  }),
  ...cases('Pad', 7, {
    zeros: node('Pad', [[[2, 3]]], { pads: axes([0, 1, 2, 0]) }),
    'a value': node('Pad', [[[2, 3]]], { pads: axes([0, 1, 2, 0]), value: attr.float(1.5) }),
    'what is cut off': node('Pad', [[[4, 5]]], { pads: axes([0, -1, 2, 0]), value: attr.float(1.5) }),
    'mirrored values': node('Pad', [[[4, 5]]], { pads: axes([1, 1, 2, 0]), mode: 'reflect', value: attr.float(1) }),
  }),
  ...cases('Split', 7, {
    'parts of given sizes': node('Split', [[[2, 5]]], { axis: 1, split: axes([2, 3]) }, 2),
    'equal parts': node('Split', [[[6, 2]]], {}, 3),
  }),
  ...cases('TopK', 7, { 'the last axis': node('TopK', [[[3, 7]]], { k: 3 }, 2) }),
  ...cases('Scatter', 9, {
    'along an axis': node('Scatter', [[[3, 3]], int64([1, 2], [0, 2]), [[1, 2]]], { axis: 1 }),
  }),
  ...cases('Upsample', 7, {
    nearest: node('Upsample', [image], { scales: attr.floats([1, 1, 2, 3]) }),
    'by fractions': node('Upsample', [image], { scales: attr.floats([1, 1, 1.5, 1.3]) }),
    linear: node('Upsample', [image], { scales: attr.floats([1, 1, 2, 2]), mode: 'linear' }),
  }),
  ...cases('Upsample', 9, { 'scales at run time': runTimeScales('Upsample', 'enlarging') }),
  ...cases('Resize', 10, {
    'larger, nearest': node('Resize', [image, float32([4], [1, 1, 2, 1.7])]),
    'smaller, nearest': node('Resize', [image, float32([4], [1, 1, 0.6, 0.45])], { mode: 'nearest' }),
    'smaller and larger, nearest': node('Resize', [image, float32([4], [1, 1, 0.6, 1.7])]),
    'scales at run time, nearest': runTimeScales('Resize', 'scales'),
    'larger, linear': node('Resize', [image, float32([4], [1, 1, 2, 1.7])], { mode: 'linear' }),
    'smaller, linear': node('Resize', [image, float32([4], [1, 1, 0.6, 0.7])], { mode: 'linear' }),
  }),
  ...cases('Resize', 11, {
    'empty scales beside sizes': node('Resize', [image, float32([0], []), float32([0], []), int64([4], [1, 4, 9, 5])], {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
    }),
    'half pixels of TensorFlow': node('Resize', [image, float32([0], []), float32([4], [1, 1, 1.7, 0.6])], {
      mode: 'nearest',
      nearest_mode: 'floor',
      coordinate_transformation_mode: 'tf_half_pixel_for_nn',
    }),
    cubic: node('Resize', [image, float32([0], []), float32([4], [1, 1, 1.5, 2])], { mode: 'cubic' }),
  }),
  ...cases('RoiAlign', 10, {
    'the old half pixel': node('RoiAlign', [image, float32([2, 4], [0, 0, 4, 4, 1, 1, 5, 3]), int64([2], [0, 0])], {
      output_height: 2,
      output_width: 2,
      sampling_ratio: 2,
    }),
  }),
  ...cases('GridSample', 16, {
    'the default mode': node('GridSample', [image, [[1, 3, 3, 2]]]),
    bilinear: node('GridSample', [image, [[1, 3, 3, 2]]], { mode: 'bilinear', align_corners: 1 }),
    bicubic: node('GridSample', [image, [[1, 3, 3, 2]]], { mode: 'bicubic' }),
    nearest: node('GridSample', [image, [[1, 3, 3, 2]]], { mode: 'nearest' }),
  }),
  ...cases('DFT', 17, {
    'the default axis': node('DFT', [[[1, 8, 2]]]),
    'another axis, of a given length': node('DFT', [[[1, 4, 8, 1]], int64([], [6])], { axis: 2, onesided: 1 }),
  }),
  ...cases('AveragePool', 10, {
    'up to the last window, with padding': node('AveragePool', [image], {
      kernel_shape: axes([3, 3]),
      strides: axes([2, 2]),
      pads: axes([1, 1, 1, 1]),
      ceil_mode: 1,
      count_include_pad: 1,
    }),
    'up to the last window': node('AveragePool', [[[1, 4, 5, 7]]], {
      kernel_shape: axes([2, 3]),
      strides: axes([2, 3]),
      ceil_mode: 1,
      count_include_pad: 1,
    }),
    'up to the last window, without padding': node('AveragePool', [image], {
      kernel_shape: axes([3, 3]),
      strides: axes([2, 2]),
      pads: axes([1, 1, 1, 1]),
      ceil_mode: 1,
    }),
  }),
]

/** Ops whose later versions read old nodes as they are: what the table calls compatible, ONNX Runtime has to as well. */
export const compatibleCases: readonly UpgradeCase[] = [
  ...[
    'Abs',
    'Ceil',
    'Exp',
    'Floor',
    'LeakyRelu',
    'Neg',
    'Relu',
    'Sigmoid',
    'Tanh',
    'Identity',
    'Size',
    'Shape',
  ].flatMap((op) => cases(op, 7, { 'as it was': node(op, [[[3, 4]]]) })),
  ...['Add', 'Sub', 'Mul', 'Div', 'Greater', 'Less', 'Pow', 'PRelu'].flatMap((op) =>
    cases(op, 7, { 'with a row': node(op, [[[3, 4]], [[4]]]) }),
  ),
  ...['Max', 'Min', 'Sum', 'Mean'].flatMap((op) =>
    cases(op, 7, { 'three of one shape': node(op, [[[3]], [[3]], [[3]]]) }),
  ),
  ...cases('Equal', 7, {
    integers: node('Equal', [
      [[8], 'int64'],
      [[8], 'int64'],
    ]),
  }),
  ...['ArgMax', 'ArgMin'].flatMap((op) => cases(op, 7, { 'an axis': node(op, [[[3, 4]]], { axis: 1, keepdims: 0 }) })),
  ...cases('AveragePool', 7, {
    'with padding': node('AveragePool', [image], { kernel_shape: axes([3, 3]), pads: axes([1, 1, 1, 1]) }),
    'with padding that counts': node('AveragePool', [image], {
      kernel_shape: axes([3, 3]),
      strides: axes([2, 2]),
      pads: axes([1, 1, 1, 1]),
      count_include_pad: 1,
    }),
    'padded to the same': node('AveragePool', [image], {
      kernel_shape: axes([2, 2]),
      auto_pad: 'SAME_UPPER',
      strides: axes([2, 2]),
    }),
    'padded to the same, below': node('AveragePool', [image], {
      kernel_shape: axes([2, 2]),
      auto_pad: 'SAME_LOWER',
      count_include_pad: 1,
    }),
  }),
  ...cases('MaxPool', 7, {
    'with padding': node('MaxPool', [image], {
      kernel_shape: axes([3, 3]),
      pads: axes([1, 1, 1, 1]),
      strides: axes([2, 2]),
    }),
  }),
  ...cases('MaxPool', 8, {
    'with indices': node(
      'MaxPool',
      [image],
      { kernel_shape: axes([2, 2]), strides: axes([2, 2]), storage_order: 1 },
      2,
    ),
  }),
  ...cases('MaxPool', 10, {
    'up to the last window': node('MaxPool', [image], {
      kernel_shape: axes([3, 3]),
      strides: axes([2, 2]),
      ceil_mode: 1,
    }),
  }),
  ...cases('LpPool', 7, {
    'padded to the same': node('LpPool', [image], { kernel_shape: axes([2, 2]), auto_pad: 'SAME_UPPER' }),
    'with padding': node('LpPool', [image], { kernel_shape: axes([3, 3]), pads: axes([1, 1, 1, 1]), p: 1 }),
  }),
  ...cases('Conv', 7, {
    'padded to the same, below': node('Conv', [image, [[2, 4, 2, 2]]], { auto_pad: 'SAME_LOWER' }),
  }),
  ...cases('ConvTranspose', 7, {
    'padded to the same': node('ConvTranspose', [image, [[4, 2, 2, 2]]], {
      auto_pad: 'SAME_UPPER',
      strides: axes([2, 2]),
    }),
    'an odd pad': node('ConvTranspose', [image, [[4, 2, 3, 3]]], { auto_pad: 'SAME_LOWER', strides: axes([2, 2]) }),
    'of a given size': node('ConvTranspose', [image, [[4, 2, 3, 3]]], {
      output_shape: axes([12, 12]),
      strides: axes([2, 2]),
    }),
  }),
  ...cases('Gemm', 7, { 'with a bias': node('Gemm', [[[2, 3]], [[4, 3]], [[4]]], { transB: 1 }) }),
  ...cases('LRN', 7, { channels: node('LRN', [image], { size: 3 }) }),
  ...cases('DepthToSpace', 7, { blocks: node('DepthToSpace', [image], { blocksize: 2 }) }),
  ...cases('SpaceToDepth', 7, { blocks: node('SpaceToDepth', [image], { blocksize: 2 }) }),
  ...cases('Concat', 7, { 'two of them': node('Concat', [[[2, 3]], [[2, 2]]], { axis: 1 }) }),
  ...cases('Flatten', 7, { 'in the middle': node('Flatten', [[[2, 3, 4]]], { axis: 2 }) }),
  ...cases('Gather', 7, { 'along an axis': node('Gather', [[[3, 4]], int64([2], [0, 2])], { axis: 1 }) }),
  ...cases('Reshape', 7, { 'with a zero': node('Reshape', [[[2, 3, 4]], int64([2], [0, -1])]) }),
  ...cases('Tile', 7, { twice: node('Tile', [[[2, 3]], int64([2], [1, 2])]) }),
  ...cases('Transpose', 7, { reversed: node('Transpose', [[[2, 3, 4]]]) }),
  ...cases('Cast', 7, { 'to integers': node('Cast', [[[8]]], { to: 6 }) }),
  ...cases('Cast', 9, { 'to strings': node('Cast', [[[8], 'int64']], { to: 8 }) }),
  ...['LSTM', 'GRU', 'RNN'].flatMap((op, i) => {
    const gates = [4, 3, 1][i] ?? 1
    const weights = [[[1, gates * 2, 3]], [[1, gates * 2, 2]]] as const
    return cases(op, 7, { forward: node(op, [[[5, 2, 3]], ...weights], { hidden_size: 2 }, 2) })
  }),
  ...cases('Expand', 8, { rows: node('Expand', [[[1, 3]], int64([2], [4, 3])]) }),
  ...cases('OneHot', 9, {
    'negative indices': node('OneHot', [int64([4], [0, 2, -1, 5]), int64([], [3]), [[2]]]),
  }),
  ...cases('Compress', 9, { 'some rows': node('Compress', [[[3, 2]], [[3], 'bool']], { axis: 0 }) }),
  ...cases('ConstantOfShape', 9, { zeros: node('ConstantOfShape', [int64([2], [2, 3])]) }),
  ...cases('MeanVarianceNormalization', 9, { 'default axes': node('MeanVarianceNormalization', [image]) }),
  ...cases('NonZero', 9, { some: node('NonZero', [[[8], 'int64']]) }),
  ...cases('Where', 9, { either: node('Where', [[[3], 'bool'], [[3]], [[3]]]) }),
  ...cases('IsNaN', 9, { none: node('IsNaN', [[[3]]]) }),
  ...cases('Sign', 9, { signs: node('Sign', [[[3]]]) }),
  ...cases('Erf', 9, { values: node('Erf', [[[3]]]) }),
  ...cases('MaxUnpool', 9, {
    back: node('MaxUnpool', [[[1, 1, 2, 2]], int64([1, 1, 2, 2], [0, 3, 9, 15])], {
      kernel_shape: axes([2, 2]),
      strides: axes([2, 2]),
    }),
  }),
  ...cases('IsInf', 10, { none: node('IsInf', [[[3]]]) }),
  ...cases('Mod', 10, { floats: node('Mod', [[[8]], float32([1], [0.3])], { fmod: 1 }) }),
  ...cases('NonMaxSuppression', 10, {
    boxes: node('NonMaxSuppression', [
      float32([1, 3, 4], [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11]),
      float32([1, 1, 3], [0.9, 0.75, 0.6]),
      int64([1], [3]),
      float32([1], [0.5]),
    ]),
  }),
  ...cases('QuantizeLinear', 10, { 'to bytes': node('QuantizeLinear', [[[3, 4]], float32([], [0.01])]) }),
  ...cases('CumSum', 11, { 'an axis': node('CumSum', [[[3, 4]], int64([], [1])]) }),
  ...cases('GatherElements', 11, { rows: node('GatherElements', [[[3, 2]], int64([1, 2], [0, 2])]) }),
  ...cases('GatherND', 11, { elements: node('GatherND', [[[3, 2]], int64([2, 2], [0, 1, 2, 0])]) }),
  ...cases('ScatterElements', 11, { rows: node('ScatterElements', [[[3, 2]], int64([1, 2], [0, 2]), [[1, 2]]]) }),
  ...cases('ScatterND', 11, { elements: node('ScatterND', [[[3, 2]], int64([1, 2], [0, 1]), [[1]]]) }),
  ...cases('TopK', 11, { smallest: node('TopK', [[[3, 7]], int64([1], [2])], { largest: 0 }, 2) }),
  ...cases('Unique', 11, { sorted: node('Unique', [[[8], 'int64']], {}, 2) }),
  ...cases('Celu', 12, { default: node('Celu', [[[3]]]) }),
  ...cases('Einsum', 12, { product: node('Einsum', [[[2, 3]], [[3, 4]]], { equation: 'ij,jk->ik' }) }),
  ...cases('GreaterOrEqual', 12, { pairs: node('GreaterOrEqual', [[[3]], [[3]]]) }),
  ...cases('NegativeLogLikelihoodLoss', 12, {
    mean: node('NegativeLogLikelihoodLoss', [[[3, 4]], int64([3], [0, 1, 2])]),
  }),
  ...cases('SoftmaxCrossEntropyLoss', 12, {
    mean: node('SoftmaxCrossEntropyLoss', [[[3, 4]], int64([3], [0, 1, 2])]),
  }),
  ...cases('Trilu', 14, { lower: node('Trilu', [[[3, 4]]], { upper: 0 }) }),
]
