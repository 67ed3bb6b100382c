import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { type Attrs, int64, outputOf, sketch } from '../../fixtures/sketch.js'
import { Constants } from '../../src/encodings/constants.js'
import { kernels } from '../../src/encodings/kernels/index.js'
import type { Model } from '../../src/ir/graph.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { type DType, elementCount } from '../../src/ir/type.js'
import { decoded, evaluated, tensor } from './models.js'

/** One op on constants, whose result is the output `y`. */
function opOn(
  op: string,
  inputs: readonly (Tensor | null)[],
  attrs: Attrs = {},
  { opset = 13, dtype = 'float32' as DType } = {},
): Model {
  const s = sketch('constants', opset)
  const constants = inputs.map((input, i) => (input === null ? null : s.constant(`c${i}`, input)))
  const w = outputOf(s.nodeOf(op, 'op', constants, ['w'], attrs))
  s.output('y', dtype === 'bfloat16' ? s.node('Cast', 'read', [w], { to: 1 }) : s.node('Identity', 'read', [w]), null)
  return s.model
}

/** As ONNX Runtime does it, at each level: folding has kernels of its own for some. */
async function assertAlike(model: Model, what: string): Promise<void> {
  const own = Buffer.from(evaluated(model))
  for (const level of ['disabled', 'basic'] as const) {
    const theirs = Buffer.from(await decoded(model, level))
    assert.ok(own.equals(theirs), `${what}, ${level}: ${own.toString('hex')}, not ${theirs.toString('hex')}`)
  }
}

const f32 = (shape: readonly number[], values: readonly number[]) => tensor('float32', shape, values)
/** 0.5, 1.5, ... */
const counted = (shape: readonly number[], dtype: DType = 'float32') =>
  tensor(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => (dtype.startsWith('f') ? i + 0.5 : i)),
  )

interface Case {
  readonly op: string
  readonly inputs: readonly (Tensor | null)[]
  readonly attrs?: Attrs
  readonly opset?: number
}

const CASES: readonly Case[] = [
  { op: 'Transpose', inputs: [counted([2, 3, 4])] },
  { op: 'Transpose', inputs: [counted([2, 3, 4], 'int64')], attrs: { perm: [1, 2, 0] } },
  { op: 'Transpose', inputs: [counted([5], 'uint8')], attrs: { perm: [0] } },
  { op: 'Slice', inputs: [counted([4, 5]), int64([2], [1, -3]), int64([2], [9, -1])] },
  { op: 'Slice', inputs: [counted([4, 5]), int64([1], [-1]), int64([1], [-9]), int64([1], [-1]), int64([1], [-2])] },
  { op: 'Slice', inputs: [counted([4, 5]), int64([1], [3]), int64([1], [1]), int64([1], [0])] },
  {
    op: 'Slice',
    inputs: [counted([2, 6], 'int64'), int64([1], [1]), int64([1], [6]), int64([1], [1]), int64([1], [2])],
  },
  { op: 'Slice', inputs: [counted([4, 5])], attrs: { starts: [1, 0], ends: [3, -1], axes: [1, 0] }, opset: 9 },
  { op: 'Expand', inputs: [counted([3, 1]), int64([3], [2, 1, 4])] },
  { op: 'Expand', inputs: [counted([1], 'uint8'), int64([2], [2, 3])] },
  { op: 'Expand', inputs: [counted([], 'float64'), int64([1], [3])] },
  { op: 'Tile', inputs: [counted([2, 3]), int64([2], [2, 3])] },
  { op: 'Tile', inputs: [counted([2, 1], 'uint8'), int64([2], [1, 5])] },
  { op: 'Concat', inputs: [counted([2, 2]), counted([2, 3]), counted([2, 1])], attrs: { axis: -1 } },
  { op: 'Concat', inputs: [counted([1, 2], 'int32'), counted([3, 2], 'int32')], attrs: { axis: 0 } },
  { op: 'Reshape', inputs: [counted([2, 6]), int64([3], [0, -1, 3])] },
  { op: 'Reshape', inputs: [counted([4], 'uint8'), int64([2], [2, 2])] },
  { op: 'Reshape', inputs: [counted([1]), int64([0], [])] },
  { op: 'Squeeze', inputs: [counted([1, 2, 1, 3])] },
  { op: 'Squeeze', inputs: [counted([1, 2, 1, 3]), int64([1], [-2])] },
  { op: 'Squeeze', inputs: [counted([1, 2, 1])], attrs: { axes: [0] }, opset: 11 },
  { op: 'Unsqueeze', inputs: [counted([2, 3]), int64([2], [0, -1])] },
  { op: 'Unsqueeze', inputs: [counted([2, 3])], attrs: { axes: [1, 3] }, opset: 11 },
  { op: 'Flatten', inputs: [counted([2, 3, 4])], attrs: { axis: 2 } },
  { op: 'Flatten', inputs: [counted([2, 3, 4])], attrs: { axis: -2 } },
  { op: 'Flatten', inputs: [counted([2, 3])], attrs: { axis: 0 } },
  { op: 'Identity', inputs: [counted([2])] },
  { op: 'Gather', inputs: [counted([3, 4]), tensor('int32', [2, 2], [2, -1, 0, 3])], attrs: { axis: 1 } },
  { op: 'Gather', inputs: [counted([3, 4]), int64([], [-2])] },
  { op: 'Gather', inputs: [counted([3, 2, 9]), int64([4], [2, 0, 0, 1])] },
  { op: 'Gather', inputs: [counted([3, 3], 'uint8'), int64([2], [2, 1])] },
  { op: 'Gather', inputs: [counted([3, 20]), int64([2], [2, 1])] },
  { op: 'Gather', inputs: [counted([3], 'float64'), int64([2], [2, 1])] },
  { op: 'CumSum', inputs: [counted([2, 3, 2]), int64([], [1])] },
  { op: 'CumSum', inputs: [counted([2, 3], 'int64'), int64([], [-1])], attrs: { exclusive: 1 } },
  { op: 'CumSum', inputs: [counted([2, 3], 'int32'), int64([], [0])], attrs: { reverse: 1 } },
  { op: 'CumSum', inputs: [counted([2, 3], 'float64'), int64([], [1])], attrs: { reverse: 1, exclusive: 1 } },
  { op: 'CumSum', inputs: [tensor('int64', [3], [2 ** 40, 2 ** 40, -5]), int64([], [0])] },
  { op: 'CumSum', inputs: [tensor('int64', [3], [-1, -(2 ** 31), 7]), int64([], [0])] },
  { op: 'CumSum', inputs: [f32([4], [1e8, 1, 1, -1e8]), int64([], [0])] },
  { op: 'CumSum', inputs: [tensor('int32', [2], [2 ** 31 - 1, 5]), int64([], [0])] },
  { op: 'ScatterElements', inputs: [counted([2, 3]), int64([1, 2], [2, -3]), f32([1, 2], [9, 8])], attrs: { axis: 1 } },
  { op: 'ScatterElements', inputs: [counted([3, 2]), int64([2, 2], [2, 0, 2, 1]), f32([2, 2], [9, 8, 7, 6])] },
  { op: 'ScatterElements', inputs: [counted([4], 'float64'), int64([2], [3, 3]), tensor('float64', [2], [8, 9])] },
  { op: 'Scatter', inputs: [counted([3]), int64([1], [1]), f32([1], [9])], opset: 10 },
  { op: 'MaxUnpool', inputs: [f32([1, 1, 2], [5, 6]), int64([1, 1, 2], [1, 3])], attrs: { kernel_shape: [4] } },
  {
    op: 'MaxUnpool',
    inputs: [f32([1, 1, 2, 2], [1, 2, 3, 4]), int64([1, 1, 2, 2], [5, 7, 13, 15])],
    attrs: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  { op: 'ConstantOfShape', inputs: [int64([2], [2, 3])] },
  { op: 'ConstantOfShape', inputs: [int64([0], [])] },
  { op: 'BitShift', inputs: [counted([4], 'uint8'), tensor('uint8', [2, 1], [1, 7])], attrs: { direction: 'LEFT' } },
  {
    op: 'BitShift',
    inputs: [tensor('uint8', [2], [255, 129]), tensor('uint8', [1], [4])],
    attrs: { direction: 'RIGHT' },
  },
  { op: 'Div', inputs: [tensor('int32', [4], [7, -7, 7, -7]), tensor('int32', [4], [2, 2, -2, -2])] },
  { op: 'Div', inputs: [tensor('int64', [2], [7, -7]), tensor('int64', [1], [2])] },
  { op: 'Mod', inputs: [tensor('int32', [4], [7, -7, 7, -7]), tensor('int32', [4], [3, 3, -3, -3])] },
  { op: 'Mod', inputs: [tensor('int64', [4], [7, -7, 7, -7]), tensor('int64', [4], [3, 3, -3, -3])] },
  {
    op: 'Mod',
    inputs: [tensor('int32', [4], [7, -7, 7, -7]), tensor('int32', [4], [3, 3, -3, -3])],
    attrs: { fmod: 1 },
  },
  { op: 'Mod', inputs: [f32([2], [5.5, -5.5]), f32([1], [2])], attrs: { fmod: 1 } },
  { op: 'Mul', inputs: [tensor('int32', [2], [2 ** 30 + 1, -3]), tensor('int32', [1], [5])] },
  { op: 'Mul', inputs: [tensor('int64', [2], [2 ** 40 + 1, -3]), tensor('int64', [1], [2 ** 30])] },
  { op: 'Mul', inputs: [f32([3], [1e-30, -0, Infinity]), f32([1], [1e-15])] },
  { op: 'Add', inputs: [counted([2, 1, 3]), counted([4, 1])] },
  { op: 'Sub', inputs: [counted([2, 3]), counted([3])] },
  { op: 'Sub', inputs: [counted([], 'int64'), counted([2, 2], 'int64')] },
  { op: 'Add', inputs: [tensor('float16', [3], [0x3c00, 0x7bff, 1]), tensor('float16', [1], [0x3c01])] },
  { op: 'Mul', inputs: [tensor('float16', [3], [0x3c00, 0x7bff, 1]), tensor('float16', [1], [0x3801])] },
  { op: 'Div', inputs: [tensor('float16', [3], [0x3c00, 0x7bff, 1]), tensor('float16', [1], [0x4200])] },
  { op: 'Cast', inputs: [tensor('float64', [4], [1 + 2 ** -11, 65519.9, 65520, 2 ** -25])], attrs: { to: 10 } },
  { op: 'Cast', inputs: [f32([5], [1 + 2 ** -11, 65519, 65520, 2 ** -25, -(2 ** -24) * 1.5])], attrs: { to: 10 } },
  { op: 'Cast', inputs: [f32([4], [-1.9, 1.9, 255.5, -0])], attrs: { to: 6 } },
  { op: 'Cast', inputs: [f32([3], [3e9, 1.5, 0])], attrs: { to: 12 } },
  { op: 'Cast', inputs: [f32([4], [2 ** 60, -(2 ** 54), 1.9, -1.9])], attrs: { to: 7 } },
  { op: 'Cast', inputs: [f32([4], [0, -0, 0.1, NaN])], attrs: { to: 9 } },
  { op: 'Cast', inputs: [tensor('int64', [2], [0, 2 ** 40])], attrs: { to: 9 } },
  { op: 'Cast', inputs: [tensor('int64', [3], [2 ** 40 + 7, -1, 300])], attrs: { to: 2 } },
  { op: 'Cast', inputs: [tensor('int32', [3], [-1, 300, 128])], attrs: { to: 3 } },
  { op: 'Cast', inputs: [tensor('bool', [2], [0, 1])], attrs: { to: 1 } },
  { op: 'Cast', inputs: [f32([2], [1 + 2 ** -8, 1 + 3 * 2 ** -8])], attrs: { to: 16 } },
]

describe('Kernels', () => {
  for (const { op, inputs, attrs = {}, opset = 13 } of CASES) {
    const types = inputs.map((input) => `${input?.dtype}[${input?.shape}]`)
    const options = Object.entries(attrs).map(([name, value]) => `${name}=${value}`)
    const title = [`compute ${op} ${opset} of ${types.join(', ')}`, ...options].join(' ')
    it(`${title} as ONNX Runtime does`, async () => {
      const model = opOn(op, inputs, attrs, { opset, dtype: op === 'Cast' && attrs.to === 16 ? 'bfloat16' : 'float32' })
      if (attrs.to === 16)
        assert.equal(Buffer.from(evaluated(model)).toString('hex'), '803f823f') // both ties to even
      else await assertAlike(model, title)
    })
  }

  it('fill any shape with any value', async () => {
    const values = [
      tensor('float64', [1], [0.1]),
      tensor('int64', [1], [-7]),
      tensor('float16', [1], [0x3c01]),
      tensor('uint8', [1], [9]),
      tensor('bool', [1], [1]),
    ]
    for (const value of values) {
      const attrs = { value: { kind: 'tensor', value } as const }
      await assertAlike(opOn('ConstantOfShape', [int64([2], [3, 1])], attrs), value.dtype)
    }
  })

  it('take two numbers of four bits out of a byte', async () => {
    for (const dtype of ['int4', 'uint4'] as const) {
      const packed = new MemoryTensor(dtype, [5], Uint8Array.of(0x8f, 0x71, 0x0a))
      await assertAlike(opOn('Cast', [packed], { to: 1 }, { opset: 21 }), dtype)
    }
  })

  it('round float64 and large integers to 16 and 32 bits once, or twice where ONNX Runtime does', async () => {
    const bits = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(bits, fc.constantFrom(1, 10, 11), async (values, to) => {
        const big = new MemoryTensor('int64', [values.length], new Uint8Array(BigInt64Array.from(values).buffer))
        await assertAlike(opOn('Cast', [big], { to }), `int64 to ${to}`)
        const [high, low] = [values[0] ?? 0n, BigInt.asUintN(62, values[0] ?? 0n)]
        const unsigned = new MemoryTensor(
          'uint64',
          [2],
          new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, high), low).buffer),
        )
        await assertAlike(opOn('Cast', [unsigned], { to }), `uint64 to ${to}`)
      }),
      { numRuns: 40, seed: 4 },
    )
  })

  it('round float32 to float16 and back as ONNX Runtime does, whatever the number', async () => {
    const words = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(words, async (bits) => {
        // A NaN that no number stands for: what its bits become depends on the processor.
        const floats = new Float32Array(Uint32Array.from(bits).buffer).map((x) => (Number.isNaN(x) ? 0 : x))
        const near = floats.map((x, i) =>
          i % 2 ? x : Math.sign(x) * 2 ** (-26 + (Math.abs(Math.log2(Math.abs(x)) || 0) % 44)),
        )
        await assertAlike(opOn('Cast', [f32([bits.length], [...near])], { to: 10 }), 'float32 to float16')
      }),
      { numRuns: 40, seed: 4 },
    )
  })

  it('broadcast any two shapes as ONNX Runtime does', async () => {
    const size = fc.integer({ min: 1, max: 3 })
    const axes = fc.array(fc.tuple(size, fc.boolean(), fc.boolean()), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(axes, fc.nat(4), fc.constantFrom('Add', 'Sub', 'Mul'), async (all, shorter, op) => {
        const a = counted(all.map(([n, isOne]) => (isOne ? 1 : n)))
        const b = counted(all.map(([n, , isOne]) => (isOne ? 1 : n)).slice(Math.min(shorter, all.length)))
        await assertAlike(opOn(op, [a, b]), `${op} ${a.shape} ${b.shape}`)
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('compute nothing in a form that they do not know', () => {
    const isComputed = (model: Model) => new Constants(model).steps.size > 0
    const square = counted([2, 2])
    const stacked = counted([2, 2, 2])
    const scatter = [counted([2]), int64([1], [1]), f32([1], [9])]
    assert.ok(!isComputed(opOn('ScatterElements', scatter, { reduction: 'add' }, { opset: 16 })))
    assert.ok(!isComputed(opOn('MatMul', [stacked, square])))
    assert.ok(!isComputed(opOn('Mod', [square, square])))
    assert.ok(!isComputed(opOn('Add', [square, counted([3])])))
    assert.ok(!isComputed(opOn('Add', [square, counted([2, 2], 'int32')])))
    assert.ok(!isComputed(opOn('Reshape', [square, int64([1], [3])])))
    assert.ok(!isComputed(opOn('Relu', [square])))
    assert.ok(!isComputed(opOn('Cast', [square], { to: 17 })))
    assert.ok(!isComputed(opOn('Transpose', [square], { perm: [0, 0] })))
    assert.ok(!isComputed(opOn('Slice', [square, int64([1], [0]), int64([1], [1]), int64([1], [0]), int64([1], [0])])))
  })

  it('are in the table, each file', () => {
    const inTable = readFileSync('src/encodings/kernels/index.ts', 'utf8')
    const members = readdirSync('src/encodings/kernels').filter((name) =>
      /^export const \w+: Kernel = /m.test(readFileSync(`src/encodings/kernels/${name}`, 'utf8')),
    )
    for (const name of members) assert.ok(inTable.includes(`'./${name.replace('.ts', '.js')}'`), name)
    const ops = kernels.flatMap((kernel) => kernel.ops)
    assert.equal(new Set(ops).size, ops.length)
    const tested = new Set([...CASES.map(({ op }) => op), 'MatMul'])
    assert.deepEqual(ops.toSorted(), [...tested].toSorted())
  })
})
