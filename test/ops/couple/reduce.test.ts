import assert from 'node:assert/strict'
import { float32, int64 } from '../../../fixtures/sketch.js'
import { tensorType } from '../../../src/ir/type.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const axes = (...values: number[]) => int64([values.length], values)

describe('the axes around reductions', () => {
  it('are sums where zeros add nothing', async () => {
    for (const opset of [9, 11]) {
      assert.equal(
        await unitsOf('ReduceSum', [[2, 3, 4]], { axes: [-1, 0] }, { opset }),
        'ab cde fghi -> . cde . [sum of 0.2] [sum of 0.0]',
      )
    }
    for (const opset of [13, 17, 21]) {
      assert.equal(
        await unitsOf('ReduceSum', [[2, 3, 4], axes(1)], { keepdims: 0 }, { opset }),
        'ab cde fghi | . -> ab fghi [sum of 0.1]',
      )
    }
    for (const op of ['ReduceL1', 'ReduceL2', 'ReduceSumSquare']) {
      assert.equal(await unitsOf(op, [[2, 3]], { axes: [1] }), 'ab cde -> ab . [sum of 0.1]', op)
      assert.equal(await unitsOf(op, [[2, 3], axes(1)], {}, { opset: 21 }), 'ab cde | . -> ab . [sum of 0.1]', op)
    }
  })

  it('stay where every element counts', async () => {
    for (const op of ['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceLogSum', 'ReduceLogSumExp']) {
      assert.equal(await unitsOf(op, [[2, 3]], { axes: [1] }), 'ab ... -> ab .', op)
      assert.equal(await unitsOf(op, [[2, 3], axes(0)], { keepdims: 0 }, { opset: 18 }), '.. abc | . -> abc', op)
    }
  })

  it('are all of them without axes, or none on request', async () => {
    assert.equal(await unitsOf('ReduceMean', [[2, 3]]), '.. ... -> . .')
    assert.equal(await unitsOf('ReduceMax', [[2, 3]], {}, { opset: 18 }), '.. ... -> . .')
    assert.equal(await unitsOf('ReduceMax', [[2, 3]], { noop_with_empty_axes: 1 }, { opset: 18 }), 'ab cde -> ab cde')
    assert.equal(
      await unitsOf('ReduceSum', [[2, 3], axes()], { noop_with_empty_axes: 1 }, { opset: 13 }),
      'ab cde |  -> ab cde',
    )
  })

  it('stay where places are counted, and where one element follows from those before', async () => {
    for (const op of ['ArgMax', 'ArgMin']) {
      assert.equal(await unitsOf(op, [[2, 3]], { axis: -1, keepdims: 0 }), 'ab ... -> ab', op)
      assert.equal(await unitsOf(op, [[2, 3]]), '.. abc -> . abc', op)
    }
    assert.equal(await unitsOf('CumSum', [[2, 3], int64([], [1])]), 'ab ... |  -> ab ...')
  })

  it('have to be known', async () => {
    assert.equal(
      await unitsOf('ReduceSum', [[2, 3], tensorType('int64', [1])]),
      'refused: its axes is computed at run time',
    )
  })
})

describe('the cut of reductions', () => {
  it('leaves sums over what stays', async () => {
    const model = drawn([2, 5, 4], (s, x) => {
      const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 6])])
      const norm = s.node('ReduceL2', 'norm', [made], { axes: [-1] })
      const unit = s.node('Div', 'unit', [made, s.node('Add', 'safe', [norm, s.constant('e', float32([], [0.1]))])])
      const sum = s.node('ReduceSum', 'sum', [unit, s.constant('axes', axes(2))])
      return s.node('Mul', 'out', [sum, s.node('MatMul', 'back', [unit, s.weight('v', [6, 3])])])
    })

    assert.equal(await assertCutHolds(model), 6)
  })

  it('leaves the mean over positions that a gate is made of', async () => {
    const model = drawn([1, 3, 6, 6], (s, x) => {
      const trunk = s.node('Conv', 'trunk', [x, s.weight('w', [8, 3, 3, 3])])
      const mean = s.node('ReduceMean', 'mean', [trunk], { axes: [2, 3] })
      const squeezed = s.node('Relu', 'relu', [s.node('Conv', 'squeeze', [mean, s.weight('w1', [3, 8, 1, 1])])])
      const gate = s.node('Sigmoid', 'gate', [s.node('Conv', 'excite', [squeezed, s.weight('w2', [8, 3, 1, 1])])])
      return s.node('Conv', 'out', [s.node('Mul', 'gated', [trunk, gate]), s.weight('v', [2, 8, 1, 1])])
    })

    assert.equal(await assertCutHolds(model, 6), 8 + 3)
  })
})
