import assert from 'node:assert/strict'
import { float32, int64, type Sketch, uniform } from '../../../fixtures/sketch.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { numbersOf } from '../../../src/ops/param.js'
import { drawn, fed, rewrite } from '../rewritten.js'

const only = ['fold-shapes', 'fold-constants', 'no-ops', 'unused'] as const
const ints = (s: Sketch, ...values: number[]) => s.constant(`i${s.nextSeed()}`, int64([values.length], values))
const index = (s: Sketch, value: number) => s.constant(`n${s.nextSeed()}`, int64([], [value]))

/** `Unsqueeze(Gather(Shape(x), axis))`: how exporters read one extent. */
function extent(s: Sketch, x: Value, axis: number): Value {
  const one = s.node('Gather', `gather${s.nextSeed()}`, [s.node('Shape', `shape${s.nextSeed()}`, [x]), index(s, axis)])
  return s.node('Unsqueeze', `unsqueeze${s.nextSeed()}`, [one, ints(s, 0)])
}

function targetOf(model: Model): readonly number[] | null {
  for (const node of model.main.nodes) {
    const tensor = node.type === 'Reshape' ? node.inputs[1]?.constant : null
    if (tensor) return numbersOf(tensor)
  }
  return null
}

describe('The rule fold-shapes', () => {
  it('computes extents that the interface fixes, whatever the open ones are', async () => {
    const model = drawn(['N', 6, 4], (s, x) => {
      const channels = s.node('Cast', 'cast', [extent(s, x, 1)], { to: 1 })
      return s.node('Mul', 'mul', [x, channels])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 6, 4]), fed([5, 6, 4])] })
    assert.deepEqual(result.ops, ['Mul'])
  })

  it('leaves what hangs on an open dimension', async () => {
    const model = drawn(['N', 6, 4], (s, x) => {
      const batch = s.node('Cast', 'cast', [extent(s, x, 0)], { to: 1 })
      return s.node('Mul', 'mul', [x, batch])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 6, 4]), fed([5, 6, 4])] })
    assert.deepEqual(result.ops, ['Shape', 'Gather', 'Unsqueeze', 'Cast', 'Mul'])
  })

  it('takes a number for no fact that only the usual extents have: the first 16 of an open axis may be fewer', async () => {
    const model = drawn(['N', 'T'], (s, x) => {
      const head = s.node('Slice', 'slice', [x, ints(s, 0), ints(s, 16), ints(s, 1)])
      return s.node('Mul', 'mul', [head, s.node('Cast', 'cast', [extent(s, head, 1)], { to: 1 })])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 20]), fed([2, 5])] })
    assert.equal(result.ops.length, 6)
  })

  it('writes the target of a Reshape as 0 and -1', async () => {
    const model = drawn(['N', 'T', 6, 4], (s, x) => {
      const target = s.node('Concat', 'target', [extent(s, x, 0), ints(s, 24), extent(s, x, 1)], { axis: 0 })
      return s.node('Reshape', 'reshape', [x, target])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 3, 6, 4]), fed([3, 1, 6, 4])] })
    assert.deepEqual(result.ops, ['Reshape'])
    assert.deepEqual(targetOf(result.model), [0, 24, -1])
  })

  it('computes with extents: products of known ones, and one times an open one', async () => {
    const model = drawn(['N', 6, 'T', 4], (s, x) => {
      const heads = s.node('Mul', 'mul', [extent(s, x, 1), extent(s, x, 3)])
      const same = s.node('Mul', 'mul2', [extent(s, x, 2), ints(s, 1)])
      const target = s.node('Concat', 'target', [extent(s, x, 0), heads, s.node('Div', 'div', [same, ints(s, 1)])], {
        axis: 0,
      })
      return s.node('Reshape', 'reshape', [s.node('Transpose', 'turn', [x], { perm: [0, 1, 3, 2] }), target])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 6, 3, 4])] })
    assert.deepEqual(result.ops, ['Transpose', 'Reshape'])
    assert.deepEqual(targetOf(result.model), [0, 24, -1])
  })

  it('leaves a target with two open numbers that are not where x has them', async () => {
    const model = drawn(['N', 'T', 4], (s, x) => {
      const target = s.node('Concat', 'target', [extent(s, x, 1), extent(s, x, 0), ints(s, 4)], { axis: 0 })
      return s.node('Reshape', 'reshape', [x, target])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 3, 4])] })
    assert.ok(result.ops.includes('Concat'))
  })

  it('keeps a target that one Reshape may read as 0 and -1, and another may not', async () => {
    const model = drawn(['N', 'T', 4], (s, x) => {
      const target = s.node('Concat', 'target', [extent(s, x, 0), extent(s, x, 1), ints(s, 4)], { axis: 0 })
      const turned = s.node('Transpose', 'turn', [x], { perm: [1, 0, 2] })
      const [a, b] = [x, turned].map((from, i) => s.node('Reshape', `reshape${i}`, [from, target]))
      return s.node('Add', 'add', [a ?? x, b ?? x])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 3, 4])] })
    assert.ok(result.ops.includes('Concat'))
  })

  it('finds the condition of an If about ranks, and Reshape, Slice and Size of old opsets', async () => {
    const model = drawn(
      [2, 6, 4],
      (s, x) => {
        const size = s.node('Unsqueeze', 'up', [s.node('Size', 'size', [x])], { axes: [0] })
        const tail = s.node('Slice', 'slice', [s.node('Shape', 'shape', [x])], { starts: [1], ends: [3], axes: [0] })
        const count = s.node('Cast', 'cast', [s.node('Concat', 'concat', [size, tail], { axis: 0 })], { to: 1 })
        const sum = s.node('ReduceSum', 'sum', [count], { axes: [0], keepdims: 1 })
        return s.node('Mul', 'mul', [x, sum])
      },
      9,
    )
    const result = await rewrite(model, { feeds: [fed([2, 6, 4])] })
    assert.deepEqual(result.ops, ['Mul'])
  })

  it('reads no extent inside of a Loop, where iterations may differ', async () => {
    const model = drawn([2], (s, x) => {
      const loop = s.nodeOf('Loop', 'loop', [index(s, 3), null, x], ['loop.out'])
      s.body(loop, 'body', (body) => {
        const [, condition] = [body.input('i', [], 'int64'), body.input('c', [], 'bool')]
        const v = body.input('v', [null])
        const longer = body.node('Concat', 'longer', [v, v], { axis: 0 })
        const length = body.node('Cast', 'length', [body.node('Shape', 'inner', [longer])], { to: 1 })
        body.output('go', body.node('Identity', 'go.id', [condition]), null)
        body.output('next', body.node('Add', 'add', [longer, length]), null)
      })
      const [out] = loop.outputs
      return out ?? x
    })
    const result = await rewrite(model, { feeds: [fed([2])] })
    assert.ok(result.ops.includes('Shape'))
  })

  it('makes a model of fixed extents free of shape arithmetic', async () => {
    const model = drawn([2, 8, 6], (s, x) => {
      const w = s.constant('w', float32([6, 6], uniform([6, 6], 1, 3)))
      const y = s.node('MatMul', 'fc', [x, w])
      const target = s.node('Concat', 'target', [extent(s, y, 0), ints(s, -1), ints(s, 3)], { axis: 0 })
      return s.node('Reshape', 'reshape', [y, target])
    })
    const result = await rewrite(model, { feeds: [fed([2, 8, 6])] })
    assert.deepEqual(result.ops, ['MatMul', 'Reshape'])
    assert.deepEqual(targetOf(result.model), [2, -1, 3])
  })
})
