import assert from 'node:assert/strict'
import { float32, int64, outputOf, type Sketch, sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import { sites } from '../../src/ir/calls.js'
import type { Node, Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { type WeightSource, weightOf } from '../../src/ops/weight-of.js'

/** A MatMul whose second input is what `draw` makes of a weight [2, 3, 4]. */
function behind(draw: (s: Sketch, w: Value) => Value, opset = 17): WeightSource | { readonly none: string } {
  const s = sketch('behind', opset)
  const x = s.input('x', [4, 2])
  const w = s.weight('w', [2, 3, 4])
  const node = s.nodeOf('MatMul', 'product', [x, draw(s, w)], ['y'])
  return weightOf(node, 1)
}

function axesBehind(draw: (s: Sketch, w: Value) => Value, opset?: number): readonly (number | null)[] {
  const found = behind(draw, opset)
  assert.ok('value' in found, 'none' in found ? found.none : '')
  assert.equal(found.value.name, 'w')
  return found.axes
}

const constantNode = (s: Sketch) =>
  outputOf(s.nodeOf('Constant', 'constant', [], ['c'], { value: attr.tensor(float32([1, 2], [1, 2])) }))

describe('weightOf', () => {
  it('finds an initializer, with its axes as they are', () => {
    assert.deepEqual(
      axesBehind((_, w) => w),
      [0, 1, 2],
    )
  })

  it('finds the output of a Constant node, whose value holds the tensor', () => {
    const found = behind(constantNode)

    assert.ok('value' in found)
    assert.equal(found.value.name, 'c')
    assert.deepEqual(found.tensor.shape, [1, 2])
  })

  it('looks through Transpose, and through two of them', () => {
    const once = (s: Sketch, w: Value) => s.node('Transpose', 't', [w], { perm: [2, 0, 1] })

    assert.deepEqual(axesBehind(once), [2, 0, 1])
    assert.deepEqual(
      axesBehind((s, w) => s.node('Transpose', 'u', [once(s, w)], { perm: [0, 2, 1] })),
      [2, 1, 0],
    )
    assert.deepEqual(
      axesBehind((s, w) => s.node('Transpose', 't', [w])),
      [2, 1, 0],
    )
  })

  it('looks through Reshape, and knows the axes that it left alone', () => {
    const reshaped = (sizes: readonly number[]) =>
      axesBehind((s, w) => s.node('Reshape', 'r', [w, s.constant('sizes', int64([sizes.length], sizes))]))

    assert.deepEqual(reshaped([2, 3, 4]), [0, 1, 2])
    assert.deepEqual(reshaped([2, 1, 3, 4]), [0, null, 1, 2])
    assert.deepEqual(reshaped([2, -1]), [0, null])
    assert.deepEqual(reshaped([0, 12]), [0, null])
    assert.deepEqual(reshaped([6, 4]), [null, 2])
    assert.deepEqual(reshaped([4, 6]), [null, null])
    assert.deepEqual(reshaped([2, 3, 2, 2]), [0, 1, null, null])
  })

  it('looks through Unsqueeze, Squeeze and Flatten, attributes or inputs', () => {
    const axes = (s: Sketch, ...numbers: number[]) => s.constant('axes', int64([numbers.length], numbers))
    const four = (s: Sketch, w: Value) => s.node('Unsqueeze', 'u', [w], { axes: [1] })

    assert.deepEqual(axesBehind(four, 11), [0, null, 1, 2])
    assert.deepEqual(
      axesBehind((s, w) => s.node('Unsqueeze', 'u', [w, axes(s, -1)])),
      [0, 1, 2, null],
    )
    assert.deepEqual(
      axesBehind((s, w) => s.node('Squeeze', 's', [four(s, w)], { axes: [-3] }), 11),
      [0, 1, 2],
    )
    assert.deepEqual(
      axesBehind((s, w) => s.node('Squeeze', 's', [four(s, w)]), 11),
      [0, 1, 2],
    )
    assert.deepEqual(
      axesBehind((s, w) => s.node('Flatten', 'f', [w], { axis: 2 })),
      [null, 2],
    )
  })

  it('looks through casts and quantizers of floats: zeros stay zeros', () => {
    const found = behind((s, w) => {
      const scale = s.constant('scale', float32([], [0.1]))
      const codes = s.node('QuantizeLinear', 'q', [s.node('Cast', 'cast', [w], { to: 1 }), scale])
      return s.node('Identity', 'same', [s.node('DequantizeLinear', 'd', [codes, scale])])
    })

    assert.ok('value' in found)
    assert.equal(found.value.name, 'w')
    assert.equal(found.quantized, null)
  })

  it('says what stores codes in the place of weights', () => {
    const found = behind((s) => {
      const codes = s.constant('codes', new MemoryTensor('int8', [2, 3], new Uint8Array(6)))
      return s.node('DequantizeLinear', 'decode', [codes, s.constant('scale', float32([], [0.1]))])
    })

    assert.ok('value' in found)
    assert.equal(found.value.name, 'codes')
    assert.equal(found.quantized, 'its weights are stored as int8 behind "decode"')
  })

  it('says why there is none', () => {
    const reason = (draw: (s: Sketch, w: Value) => Value) => {
      const found = behind(draw)
      assert.ok('none' in found)
      return found.none
    }

    assert.equal(
      reason((s) => s.input('other', [2, 3])),
      '"other" is an input of the model',
    )
    assert.equal(
      reason((s, w) => s.node('Relu', 'relu', [w])),
      'it is computed by "relu" (Relu)',
    )
    assert.equal(
      reason((s, w) => s.node('Reshape', 'r', [w, s.input('sizes', [2], 'int64')])),
      'it is computed by "r" (Reshape)',
    )
    assert.equal(
      reason((s, w) => s.node('Reshape', 'r', [w, s.constant('sizes', int64([1], [5]))])),
      '"w" is reshaped in a way that does not fit its shape',
    )
  })

  it('says that an optional input is left out', () => {
    const s = sketch('left-out')
    const node = s.nodeOf('LSTM', 'lstm', [s.input('x', [5, 1, 3]), null, s.weight('r', [1, 16, 4])], ['y'])

    assert.deepEqual(weightOf(node, 1), { none: 'it is left out' })
    assert.deepEqual(weightOf(node, 7), { none: 'it is left out' })
  })

  it('sees the values of outer graphs', () => {
    const s = sketch('outer')
    const w = s.weight('w', [4, 4])
    const x = s.input('x', [1, 4])
    const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
    let inner: Node | undefined
    s.body(choice, 'then_branch', (body) => {
      inner = body.nodeOf('MatMul', 'product', [x, body.node('Transpose', 'turned', [w])], ['then.y'])
      body.output('then.y', outputOf(inner), null)
    })
    assert.ok(inner)

    const found = weightOf(inner, 1)

    assert.ok('value' in found)
    assert.equal(found.value, w)
    assert.deepEqual(found.axes, [1, 0])
  })

  it('stops at what enters the body of a Loop', () => {
    const s = sketch('loop')
    const loop = s.nodeOf('Loop', 'loop', [null, null, s.weight('w', [4, 4])], ['y'])
    let inner: Node | undefined
    s.body(loop, 'body', (body) => {
      const state = body.input('state', [4, 4])
      inner = body.nodeOf('MatMul', 'product', [state, state], ['out'])
    })
    assert.ok(inner)

    assert.deepEqual(weightOf(inner, 1), { none: '"state" is an input of a body of "loop" (Loop)' })
  })

  it('goes from the input of a function to the argument of the call, with its attributes', () => {
    const s = sketch('call', 17, { local: 1 })
    const f = s.model.addFunction({
      domain: 'local',
      name: 'Dense',
      overload: '',
      opsets: new Map([['', 17]]),
      defaults: new Map([['order', attr.ints([1, 0])]]),
      extra: {},
    })
    const inside = f.graph
    const [x, w] = [s.model.addInput(inside, 'x', null), s.model.addInput(inside, 'w', null)]
    const turned = s.model.addNode(inside, {
      op: 'Transpose',
      inputs: [w],
      outputs: ['turned'],
      attrs: { perm: { kind: 'ref', value: 'order' } },
    })
    const product = s.model.addNode(inside, { op: 'MatMul', inputs: [x, outputOf(turned)], outputs: ['y'] })
    s.model.addOutput(inside, outputOf(product))
    const left = s.weight('left', [3, 4])
    const input = s.input('input', [1, 4])
    const first = s.node('Dense', 'first', [input, left], {}, { domain: 'local' })
    s.node('Dense', 'second', [first, s.weight('right', [3, 5])], { order: [0, 1] }, { domain: 'local' })

    const found = [...sites(s.model)]
      .filter(({ node }) => node === product)
      .map(({ call }) => weightOf(product, 1, call))

    assert.deepEqual(
      found.map((f) => ('value' in f ? [f.value.name, f.axes] : f.none)),
      [
        ['left', [1, 0]],
        ['right', [0, 1]],
      ],
    )
  })
})
