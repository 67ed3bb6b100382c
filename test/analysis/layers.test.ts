import assert from 'node:assert/strict'
import { float32, int64, outputOf, sketch } from '../../fixtures/sketch.js'
import { describeModel, layersOf } from '../../src/analysis/layers.js'
import { countMacs } from '../../src/analysis/macs.js'
import { inferShapes } from '../../src/analysis/shapes.js'
import type { Model } from '../../src/ir/graph.js'
import { tensorType } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'
import type { ModelReport } from '../../src/report/report.js'

async function layers(model: Model) {
  return layersOf(model, countMacs(model, await inferShapes(model)))
}

describe('layersOf', () => {
  it('says of each weight where it is used and what is in it', async () => {
    const s = sketch('layers')
    const w = s.constant('w', float32([4, 3], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, -0]))
    s.node('Gemm', 'fc', [s.input('x', ['N', 4]), w, s.weight('bias', [3], 1)])

    assert.deepEqual(await layers(s.model), [
      {
        weight: 'w',
        node: 'fc',
        op: 'Gemm',
        dtype: 'float32',
        shape: [4, 3],
        parameters: 12,
        nonZero: 5,
        bytes: 48,
        encoding: null,
        macs: 12,
        distribution: null,
      },
    ])
  })

  it('adds up the cost of all nodes that share a weight; looking up costs nothing', async () => {
    const s = sketch('shared')
    const table = s.weight('table', [10, 4])
    const x = s.node('Gather', 'look-up', [table, s.input('ids', [3], 'int64')])
    const turned = s.node('Transpose', 'turned', [table])
    s.node('MatMul', 'one', [x, turned])
    s.node('MatMul', 'two', [s.node('Relu', 'relu', [x]), turned])
    const other = s.node('Gather', 'positions', [s.weight('positions', [8, 4]), s.constant('p', int64([3], [0, 1, 2]))])
    s.node('Add', 'sum', [x, other])

    const found = await layers(s.model)

    assert.deepEqual(
      found.map(({ weight, node, macs }) => [weight, node, macs]),
      [
        ['table', 'one', 2 * 3 * 4 * 10],
        ['positions', 'positions', 0],
      ],
    )
  })

  it('shares the cost of an LSTM out among W and R', async () => {
    const s = sketch('lstm')
    s.nodeOf('LSTM', 'lstm', [s.input('x', [5, 1, 3]), s.weight('w', [1, 16, 3]), s.weight('r', [1, 16, 4])], ['y'], {
      hidden_size: 4,
    })

    const found = await layers(s.model)

    assert.deepEqual(
      found.map(({ weight, macs }) => [weight, macs]),
      [
        ['w', 5 * 16 * 3],
        ['r', 5 * 16 * 4],
      ],
    )
  })

  it('tells the calls of a function apart', async () => {
    const s = sketch('function', 17, { local: 1 })
    const f = s.model.addFunction({
      domain: 'local',
      name: 'Dense',
      overload: '',
      opsets: new Map([['', 17]]),
      extra: {},
    })
    const [a, w] = [s.model.addInput(f.graph, 'a', null), s.model.addInput(f.graph, 'w', null)]
    s.model.addOutput(f.graph, outputOf(s.model.addNode(f.graph, { op: 'MatMul', inputs: [a, w], outputs: ['p'] })))
    const first = s.node('Dense', 'first', [s.input('x', [1, 4]), s.weight('w1', [4, 5])], {}, { domain: 'local' })
    s.node('Dense', 'second', [first, s.weight('w2', [5, 3])], {}, { domain: 'local' })

    assert.deepEqual(
      (await layers(s.model)).map(({ weight, macs }) => [weight, macs]),
      [
        ['w1', 20],
        ['w2', 15],
      ],
    )
  })

  it('does not know the cost behind an unknown op', async () => {
    const s = sketch('custom', 17, { 'my.domain': 1 })
    const x = s.node('Mystery', 'mystery', [s.input('x', [1, 4])], {}, { domain: 'my.domain' })
    s.node('MatMul', 'fc', [x, s.weight('w', [4, 2])])

    assert.deepEqual(
      (await layers(s.model)).map(({ weight, macs }) => [weight, macs]),
      [['w', null]],
    )
  })
})

describe('describeModel', () => {
  it('says what a report says of a model', async () => {
    const { model } = readModel('fixtures/lenet-300-100.onnx')

    const described: Omit<ModelReport, 'path' | 'bytes' | 'files' | 'gzipBytes' | 'zstdBytes'> = // of the model, not of its files
      describeModel(model, await inferShapes(model))

    assert.deepEqual(
      { ...described, layers: described.layers.map((layer) => layer.shape) },
      {
        irVersion: 8,
        opsets: { '': 17 },
        producer: 'fixtures/train.py',
        inputs: [{ name: 'image', type: 'float32[N,1,28,28]' }],
        outputs: [{ name: 'logits', type: 'float32[N,10]' }],
        nodes: 6,
        ops: { Flatten: 1, Gemm: 3, Relu: 2 },
        parameters: 266_610,
        nonZeroParameters: 266_610,
        macs: { total: 784 * 300 + 300 * 100 + 100 * 10, assumed: { N: 1 }, unknown: [] },
        dtypes: [{ dtype: 'float32', tensors: 6, parameters: 266_610, bytes: 1_066_440 }],
        layers: [
          [300, 784],
          [100, 300],
          [10, 100],
        ],
      },
    )
  })

  it('counts the nodes of bodies and functions, by their full types', async () => {
    const { model } = readModel('fixtures/generated/contrib-ops.onnx')
    const { model: choice } = readModel('fixtures/generated/if.onnx')

    const described = describeModel(model, await inferShapes(model))
    const { nodes, ops } = describeModel(choice, await inferShapes(choice))

    assert.deepEqual(
      Object.keys(described.ops).filter((op) => op.startsWith('com.microsoft')),
      ['com.microsoft.FusedConv', 'com.microsoft.FusedMatMul'],
    )
    assert.equal(ops.MatMul, 4)
    assert.ok(nodes > choice.main.nodes.size)
  })

  it('infers the type of an output that declares none, and leaves defaults out of the inputs', async () => {
    const s = sketch('undeclared')
    const x = s.input('x', ['N', 4])
    const w = s.model.addInput(s.graph, 'w', tensorType('float32', [4, 2]))
    s.model.setDefault(w, float32([4, 2], new Array(8).fill(1)))
    s.output('y', s.node('MatMul', 'fc', [x, w]), null)

    const { inputs, outputs } = describeModel(s.model, await inferShapes(s.model))

    assert.deepEqual(inputs, [{ name: 'x', type: 'float32[N,4]' }])
    assert.deepEqual(outputs, [{ name: 'y', type: 'float32[1,2]' }])
  })
})
