import assert from 'node:assert/strict'
import { type Attrs, sketch } from '../../fixtures/sketch.js'
import type { Value } from '../../src/ir/graph.js'
import { elementCount, tensorType } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { type Capture, capture, type Statistic, type View } from '../../src/rewrites/capture.js'
import type { NdArray } from '../../src/runtime/array.js'
import { closeTo } from '../passes/prune/dense-algebra.js'
import { randomArray, runModel } from '../support/ort.js'
import { places, read, type Window, windowsOf } from './windows.js'

/** [g, K] or [g, K, K] of rows [g][T][K] */
function statisticOf(groups: readonly number[][][], statistic: Statistic): number[] {
  return groups.flatMap((rows) => {
    const width = rows[0]?.length ?? 0
    const sum = (i: number, j: number) => rows.reduce((s, row) => s + (row[i] ?? 0) * (row[j] ?? 0), 0)
    const columns = Array.from({ length: width }, (_, i) => i)
    return statistic === 'squares'
      ? columns.map((i) => sum(i, i))
      : columns.flatMap((i) => columns.map((j) => sum(i, j)))
  })
}

async function captured(captures: (x: Value) => readonly Capture[], x: NdArray, opset = 17): Promise<NdArray[]> {
  const s = sketch('captured', opset)
  const input = s.input(
    'x',
    x.shape.map(() => null),
  )
  s.output('y', s.node('Relu', 'relu', [input]), null)
  const { model, outputs } = capture(s.model, captures(input))
  verify(model, 'capture')
  const found = await runModel(skeleton(model), { x })
  return outputs.map((name) => found[name] ?? assert.fail(name))
}

function viewOf(x: Value, window: Window): View {
  const s = sketch('conv')
  const { kernel, groups = 1, strides, dilations, pads, autoPad } = window
  const attrs: Attrs = {
    ...(strides && { strides }),
    ...(dilations && { dilations }),
    ...(pads && { pads }),
    ...(autoPad && { auto_pad: autoPad }),
  }
  const conv = s.nodeOf('Conv', 'conv', [s.input('x', [null])], ['y'], attrs)
  return { kind: 'patches', value: x, conv, groups, channels: (window.shape[1] ?? 0) / groups, kernel }
}

const WINDOWS: Readonly<Record<string, Window>> = {
  'a plain kernel': { shape: [2, 3, 6, 7], kernel: [3, 2] },
  'strides and padding that differ by axis and side': {
    shape: [2, 2, 7, 6],
    kernel: [3, 3],
    strides: [2, 3],
    pads: [1, 0, 2, 1],
  },
  dilation: { shape: [1, 2, 9, 9], kernel: [3, 2], dilations: [2, 3], pads: [2, 1, 2, 1] },
  groups: { shape: [2, 6, 5, 5], kernel: [2, 2], groups: 3 },
  'a depthwise kernel': { shape: [2, 4, 5, 5], kernel: [3, 3], groups: 4, pads: [1, 1, 1, 1] },
  'a kernel of one place': { shape: [2, 5, 3, 4], kernel: [1, 1] },
  'a kernel of one place with strides': { shape: [2, 5, 5, 4], kernel: [1, 1], strides: [2, 2] },
  'a kernel of one place with padding': { shape: [2, 3, 3, 3], kernel: [1, 1], pads: [1, 0, 0, 1] },
  SAME_UPPER: { shape: [1, 2, 7, 6], kernel: [4, 3], strides: [2, 2], autoPad: 'SAME_UPPER' },
  SAME_LOWER: { shape: [1, 2, 7, 6], kernel: [4, 3], strides: [2, 2], autoPad: 'SAME_LOWER' },
  VALID: { shape: [1, 2, 7, 6], kernel: [3, 3], autoPad: 'VALID' },
  'one dimension': { shape: [3, 2, 11], kernel: [4], strides: [3], pads: [2, 1] },
  'three dimensions': { shape: [1, 2, 4, 3, 5], kernel: [2, 2, 3], pads: [1, 0, 1, 0, 1, 1] },
}

describe('Captured statistics of a convolution', () => {
  for (const [title, window] of Object.entries(WINDOWS)) {
    it(`are those of its windows, read one by one: ${title}`, async () => {
      const x = randomArray('float32', window.shape, 7)
      const view = (value: Value) => viewOf(value, window)

      const [squares, gram] = await captured(
        (value) => [
          { view: view(value), statistic: 'squares' },
          { view: view(value), statistic: 'gram' },
        ],
        x,
      )

      const rows = windowsOf(x, window)
      const [g, k] = [window.groups ?? 1, rows[0]?.[0]?.length ?? 0]
      assert.deepEqual(
        [squares?.shape, gram?.shape],
        [
          [g, k],
          [g, k, k],
        ],
      )
      assert.equal(closeTo(squares?.data as Float32Array, statisticOf(rows, 'squares'), 1e-5), null) // made of floats
      assert.equal(closeTo(gram?.data as Float32Array, statisticOf(rows, 'gram'), 1e-5), null) // likewise
    })
  }
})

describe('Captured statistics of a matrix product', () => {
  /** The slices along an axis as columns. */
  function rowsOf(x: NdArray, axis: number): number[][] {
    const others = x.shape.filter((_, a) => a !== axis)
    return [...places(others)].map((place) =>
      Array.from({ length: x.shape[axis] ?? 0 }, (_, i) => read(x, [...place.slice(0, axis), i, ...place.slice(axis)])),
    )
  }

  for (const [shape, axis] of [
    [[4, 5], 1],
    [[4, 5], 0],
    [[2, 3, 4], 2],
    [[2, 3, 4], 1],
    [[6], 0],
    [[2, 2, 3, 4], 2],
  ] as const) {
    for (const opset of [9, 13, 18, 21]) {
      it(`are those of the slices along axis ${axis} of [${shape}], at opset ${opset}`, async () => {
        const x = randomArray('float32', shape, 3)
        const width = shape[axis] ?? 0
        const capturesOf = (value: Value) =>
          (['squares', 'gram'] as const).map(
            (statistic): Capture => ({ view: { kind: 'axis', value, axis, rank: shape.length, width }, statistic }),
          )

        const [squares, gram] = await captured(capturesOf, x, opset)

        const rows = [rowsOf(x, axis)]
        assert.deepEqual(
          [squares?.shape, gram?.shape],
          [
            [1, width],
            [1, width, width],
          ],
        )
        assert.equal(closeTo(squares?.data as Float32Array, statisticOf(rows, 'squares'), 1e-5), null) // made of floats
        assert.equal(closeTo(gram?.data as Float32Array, statisticOf(rows, 'gram'), 1e-5), null) // likewise
      })
    }
  }
})

describe('A capturing model', () => {
  const chain = () => {
    const s = sketch('chain')
    const x = s.input('x', ['N', 4])
    const a = s.node('MatMul', 'a', [x, s.weight('a.weight', [4, 4])])
    const b = s.node('MatMul', 'b', [s.node('Relu', 'relu', [a]), s.weight('b.weight', [4, 4])])
    s.output('y', s.node('Softmax', 'softmax', [b]), tensorType('float32', ['N', 4]))
    return { s, x, a, b }
  }
  const rowsOf = (value: Value): View => ({ kind: 'axis', value, axis: 1, rank: 2, width: 4 })

  it('computes nothing that its statistics do not need, and leaves the original as it is', () => {
    const { s, a } = chain()
    const { model, outputs } = capture(s.model, [{ view: rowsOf(a), statistic: 'squares' }])

    const ops = [...model.main.nodes].map((node) => node.op)
    assert.deepEqual(ops, ['MatMul', 'Cast', 'Reshape', 'ReduceSumSquare', 'Reshape'])
    const names = [...model.main.initializers].map((value) => value.name)
    assert.ok(names.includes('a.weight') && !names.includes('b.weight'))
    assert.deepEqual(
      model.main.outputs.map((slot) => slot.name),
      outputs,
    )
    assert.deepEqual(
      [...s.model.main.nodes].map((node) => node.name),
      ['a', 'relu', 'b', 'softmax'],
    )
  })

  it('computes a statistic once, however many weights ask for it', () => {
    const { s, x, a } = chain()
    const gram = (value: Value): Capture => ({ view: rowsOf(value), statistic: 'gram' })
    const { outputs, model } = capture(s.model, [gram(x), gram(a), gram(x), { view: rowsOf(x), statistic: 'squares' }])

    assert.equal(outputs[0], outputs[2])
    assert.equal(new Set(outputs).size, 3)
    assert.equal(model.main.outputs.length, 3)
  })

  it('keeps all inputs, so that it is fed as the original is', () => {
    const s = sketch('two inputs')
    const [x, unused] = [s.input('x', ['N', 4]), s.input('z', ['N', 4])]
    s.output('y', s.node('Add', 'add', [x, unused]), null)
    const { model } = capture(s.model, [{ view: rowsOf(x), statistic: 'squares' }])

    assert.deepEqual(
      model.main.inputs.map((value) => value.name),
      ['x', 'z'],
    )
  })

  it('takes float16 for float32', async () => {
    const s = sketch('half')
    const x = s.input('x', ['N', 2], 'float16')
    s.output('y', s.node('Relu', 'relu', [x]), null)
    const { model, outputs } = capture(s.model, [
      { view: { kind: 'axis', value: x, axis: 1, rank: 2, width: 2 }, statistic: 'squares' },
    ])
    const half = { dtype: 'float16', shape: [2, 2], data: Uint16Array.of(0x7800, 0x3c00, 0x7800, 0x4000) } as const // 32768, 1, 32768, 2

    const found = await runModel(skeleton(model), { x: half })

    assert.deepEqual(found[outputs[0] ?? '']?.data, Float32Array.of(2 ** 31, 5)) // beyond float16
    assert.equal(elementCount(found[outputs[0] ?? '']?.shape ?? []), 2)
  })
})
