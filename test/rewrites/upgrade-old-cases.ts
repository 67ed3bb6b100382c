import { type Attrs, float32, int64 } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import { cases, type Given, node, type UpgradeCase } from './upgrade-cases.js'

/** A node from before opset 7, which ONNX Runtime does not run, and the same in opset 7. */
export interface OldCase extends UpgradeCase {
  readonly same: UpgradeCase['draw']
}

const consumed = { consumed_inputs: attr.ints([0]) }
const image: Given = [[1, 4, 6, 6]]

function old(op: string, opset: number, what: string, draw: UpgradeCase['draw'], same: UpgradeCase['draw']): OldCase[] {
  return cases(op, opset, { [what]: draw }).map((c) => ({ ...c, same }))
}

/** Of ops whose attribute `consumed_inputs` went with opset 6. */
function consuming(op: string, given: readonly Given[], attrs: Attrs = {}, now: Attrs = attrs): OldCase[] {
  const what = 'naming what it may overwrite'
  return old(op, 1, what, node(op, given, { ...attrs, ...consumed }), node(op, given, now))
}

const statistics = [1, 2, 3, 4].map((i) => float32([4], [i, 1, 2, 0.5]))
const stretched = { broadcast: 1, axis: 1 }
const column = (dtype: 'float32' | 'bool' | 'int64' = 'float32'): Given => [[4, 1, 1], dtype]
const UNARY = ['Abs', 'Ceil', 'Exp', 'Floor', 'Log', 'Neg', 'Reciprocal', 'Sqrt']
const ACTIVATIONS = ['Elu', 'HardSigmoid', 'LeakyRelu', 'Relu', 'Sigmoid', 'Tanh']

export const oldCases: readonly OldCase[] = [
  ...[...UNARY, ...ACTIVATIONS, 'Clip'].flatMap((op) => consuming(op, [[[3, 4]]])),
  ...consuming('Dropout', [[[3, 4]]], { is_test: 1 }, {}),
  ...['Max', 'Mean', 'Min', 'Sum'].flatMap((op) => consuming(op, [[[3]], [[3]]])),
  ...consuming('InstanceNormalization', [image, ...statistics.slice(0, 2)]),
  ...consuming('BatchNormalization', [image, ...statistics], { spatial: 1, is_test: 1 }, { spatial: 1 }),
  ...consuming('Selu', [[[8]]], {}, { alpha: attr.float(1.6732), gamma: attr.float(1.0507) }),
  ...['Add', 'Sub', 'Mul', 'Div'].flatMap((op) => [
    ...old(op, 1, 'channels', node(op, [image, [[4]]], { ...stretched, ...consumed }), node(op, [image, column()])),
    ...old(op, 6, 'the last axes', node(op, [image, [[6, 6]]], { broadcast: 1 }), node(op, [image, [[6, 6]]])),
    ...old(op, 6, 'equal shapes', node(op, [image, image]), node(op, [image, image])),
  ]),
  ...['And', 'Or', 'Xor'].flatMap((op) => {
    const a: Given = [[1, 4, 2, 3], 'bool']
    return old(op, 1, 'channels', node(op, [a, [[4], 'bool']], stretched), node(op, [a, column('bool')]))
  }),
  ...['Greater', 'Less', 'Pow'].flatMap((op) =>
    old(op, 1, 'channels', node(op, [image, [[4]]], stretched), node(op, [image, column()])),
  ),
  ...old(
    'Equal',
    1,
    'channels',
    node(
      'Equal',
      [
        [[1, 4, 2, 3], 'int64'],
        [[4], 'int64'],
      ],
      stretched,
    ),
    node('Equal', [[[1, 4, 2, 3], 'int64'], column('int64')]),
  ),
  ...old('PRelu', 1, 'a slope a channel', node('PRelu', [image, [[4]]], consumed), node('PRelu', [image, column()])),
  ...old('PRelu', 6, 'one slope', node('PRelu', [image, [[1]]]), node('PRelu', [image, [[1]]])),
  ...old('Cast', 1, 'to a type by name', node('Cast', [[[8]]], { to: 'INT32' }), node('Cast', [[[8]]], { to: 6 })),
  ...old(
    'Gemm',
    6,
    'a bias that is stretched',
    node('Gemm', [[[2, 3]], [[3, 4]], [[4]]], { broadcast: 1 }),
    node('Gemm', [[[2, 3]], [[3, 4]], [[4]]]),
  ),
  ...['LSTM', 'GRU', 'RNN'].flatMap((op, i) => {
    const gates = [4, 3, 1][i] ?? 1
    const given: Given[] = [[[5, 2, 3]], [[1, gates * 2, 3]], [[1, gates * 2, 2]]]
    const attrs = { hidden_size: 2 }
    return old(
      op,
      1,
      'the whole sequence',
      node(op, given, { ...attrs, output_sequence: 1 }, 2),
      node(op, given, attrs, 2),
    )
  }),
  ...old(
    'Concat',
    1,
    'the default axis',
    node('Concat', [[[2, 3]], [[2, 1]]]),
    node('Concat', [[[2, 3]], [[2, 1]]], { axis: 1 }),
  ),
  ...old(
    'Reshape',
    1,
    'a shape',
    node('Reshape', [[[2, 6]]], { shape: [3, 4] }),
    node('Reshape', [[[2, 6]], int64([2], [3, 4])]),
  ),
  ...old(
    'Pad',
    1,
    'paddings',
    node('Pad', [[[2, 3]]], { paddings: [0, 1, 1, 0] }),
    node('Pad', [[[2, 3]]], { pads: [0, 1, 1, 0] }),
  ),
  ...old(
    'Split',
    1,
    'sizes',
    node('Split', [[[2, 5]]], { axis: 1, split: [2, 3] }, 2),
    node('Split', [[[2, 5]]], { axis: 1, split: [2, 3] }, 2),
  ),
  ...old(
    'LpPool',
    1,
    'a norm',
    node('LpPool', [image], { kernel_shape: [2, 2], p: attr.float(1) }),
    node('LpPool', [image], { kernel_shape: [2, 2], p: 1 }),
  ),
  ...old(
    'GlobalLpPool',
    1,
    'a norm',
    node('GlobalLpPool', [image], { p: attr.float(1) }),
    node('GlobalLpPool', [image], { p: 1 }),
  ),
  ...old('GlobalLpPool', 1, 'the default norm', node('GlobalLpPool', [image]), node('GlobalLpPool', [image], { p: 2 })),
  ...old(
    'Upsample',
    1,
    'a scale each for height and width',
    node('Upsample', [image], { height_scale: attr.float(2), width_scale: attr.float(3), mode: 'bilinear' }),
    node('Upsample', [image], { scales: attr.floats([1, 1, 2, 3]), mode: 'linear' }),
  ),
]
