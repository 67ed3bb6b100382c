import assert from 'node:assert/strict'
import { float32, int64, type Sketch, sketch, strings } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import type { Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { bytesOf } from '../../src/ir/walk.js'
import { numbersOf, type Param, param } from '../../src/ops/param.js'

/** The parameter of the node that is drawn. */
function read(name: string, draw: (s: Sketch, x: Value) => Value, opset = 17): Param {
  const s = sketch('parameter', opset)
  const { producer } = draw(s, s.input('x', ['N', 3]))
  assert.ok(producer)
  return param(producer, name)
}

describe('param', () => {
  it('reads axes from the attribute of old opsets and from the input of new ones', () => {
    const old = read('axes', (s, x) => s.node('Squeeze', 'op', [x], { axes: [1, -1] }), 11)
    const now = read('axes', (s, x) => s.node('Squeeze', 'op', [x, s.constant('axes', int64([2], [1, -1]))]), 13)
    assert.deepEqual(
      [old, now],
      [
        [1, -1],
        [1, -1],
      ],
    )
  })

  it('reads scalars of either kind as lists of one', () => {
    assert.deepEqual(
      read('min', (s, x) => s.node('Clip', 'op', [x], { min: attr.float(-0.5) }), 6),
      [-0.5],
    )
    assert.deepEqual(
      read('max', (s, x) => s.node('Clip', 'op', [x, null, s.constant('six', float32([], [6]))])),
      [6],
    )
    assert.deepEqual(
      read('axis', (s, x) => s.node('Softmax', 'op', [x], { axis: -1 })),
      [-1],
    )
  })

  it('looks into Constant nodes, and rounds the end of a Slice that has none', () => {
    const shape = read('shape', (s, x) =>
      s.node('Reshape', 'op', [x, s.node('Constant', 'c', [], { value_ints: [0, -1] })]),
    )
    assert.deepEqual(shape, [0, -1])
    const most = new MemoryTensor('int64', [1], bytesOf(BigInt64Array.of(2n ** 63n - 1n)))
    const ends = read('ends', (s, x) =>
      s.node('Slice', 'op', [x, s.constant('a', int64([1], [0])), s.constant('b', most)]),
    )
    assert.deepEqual(ends, [2 ** 63])
  })

  it('tells what is absent from what is computed', () => {
    assert.equal(
      read('axes', (s, x) => s.node('Squeeze', 'op', [x])),
      'absent',
    )
    assert.equal(
      read('pads', (s, x) => s.node('Relu', 'op', [x])),
      'absent',
    )
    assert.equal(
      read('shape', (s, x) => s.node('Reshape', 'op', [x, s.node('Shape', 'shape', [x])])),
      'computed',
    )
    const ref = { kind: 'ref', value: 'outer' } as const
    assert.equal(
      read('axis', (s, x) => s.node('Softmax', 'op', [x], { axis: ref })),
      'computed',
    )
  })

  it('asks the caller what a constant is', () => {
    const s = sketch('parameter')
    const node = s.node('Reshape', 'op', [s.input('x', ['N', 3]), s.constant('shape', int64([1], [-1]))]).producer
    assert.ok(node)
    assert.equal(
      param(node, 'shape', () => null),
      'computed',
    )
  })

  it('takes an op of another domain for none of its own', () => {
    const domain = { domain: 'com.example' }
    const draw = (s: Sketch, x: Value) => s.node('Reshape', 'op', [x, s.constant('shape', int64([1], [3]))], {}, domain)
    assert.equal(read('shape', draw), 'absent')
  })
})

describe('numbersOf', () => {
  it('reads whole numbers, floats and booleans, and nothing else', () => {
    const bytes = (array: NodeJS.TypedArray) => bytesOf(array)
    assert.deepEqual(numbersOf(int64([2], [-3, 4])), [-3, 4])
    assert.deepEqual(numbersOf(new MemoryTensor('int32', [2], bytes(Int32Array.of(-3, 4)))), [-3, 4])
    assert.deepEqual(numbersOf(new MemoryTensor('float64', [1], bytes(Float64Array.of(0.1)))), [0.1])
    assert.deepEqual(numbersOf(new MemoryTensor('bool', [2], Uint8Array.of(0, 1))), [0, 1])
    assert.equal(numbersOf(new MemoryTensor('float16', [1], new Uint8Array(2))), null)
    assert.equal(numbersOf(strings([1], ['a'])), null)
  })
})
