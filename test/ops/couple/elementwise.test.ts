import assert from 'node:assert/strict'
import { float32 } from '../../../fixtures/sketch.js'
import { attr } from '../../../src/ir/attr.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

describe('the axes around elementwise ops', () => {
  it('are aligned at the end, and those of one element are stretched', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      assert.equal(
        await unitsOf(
          'Add',
          [
            [2, 3, 4],
            [3, 1],
          ],
          {},
          { opset },
        ),
        'ab cde fghi | cde . -> ab cde fghi',
      )
      assert.equal(await unitsOf('Mul', [[4], [2, 1, 4]], {}, { opset }), 'abcd | ef . abcd -> ef . abcd')
      assert.equal(
        await unitsOf(
          'Pow',
          [
            [1, 3],
            [2, 1],
          ],
          {},
          { opset },
        ),
        '. abc | de . -> de abc',
      )
      assert.equal(await unitsOf('Div', [[], [2]], {}, { opset }), ' | ab -> ab')
    }
  })

  it('are tied for any number of operands', async () => {
    for (const op of ['Sum', 'Max', 'Min', 'Mean']) {
      assert.equal(await unitsOf(op, [[2, 3], [3], [2, 1]]), 'ab cde | cde | ab . -> ab cde', op)
    }
  })

  it('are those of condition and choices', async () => {
    const model = drawn([1, 4], (s, x) => {
      const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 6])])
      const zero = s.constant('zero', float32([1], [0]))
      const chosen = s.node('Where', 'chosen', [s.node('Less', 'less', [made, zero]), zero, made])
      return s.node('MatMul', 'out', [chosen, s.weight('v', [6, 2])])
    })

    assert.equal(await assertCutHolds(model), 6)
  })

  it('pass through ops of one operand', async () => {
    const unary = ['Abs', 'Erf', 'Exp', 'Sqrt', 'Identity', 'Sin', 'Relu', 'Sigmoid', 'HardSwish', 'Softplus', 'Selu']
    for (const op of unary) assert.equal(await unitsOf(op, [[2, 3]]), 'ab cde -> ab cde', op)
    assert.equal(await unitsOf('IsNaN', [[2, 3]]), 'ab cde -> ab cde')
    assert.equal(await unitsOf('Cast', [[2, 3]], { to: 6 }), 'ab cde -> ab cde')
    assert.equal(await unitsOf('com.microsoft.QuickGelu', [[2, 3]]), 'ab cde -> ab cde')
    assert.equal(await unitsOf('Gelu', [[2, 3]], {}, { opset: 20 }), 'ab cde -> ab cde')
    assert.equal(await unitsOf('Mish', [[2, 3]], {}, { opset: 18 }), 'ab cde -> ab cde')
  })

  it('have nothing to do with bounds and ratios', async () => {
    const bound = float32([], [0])
    assert.equal(await unitsOf('Clip', [[2, 3]], { min: attr.float(0) }, { opset: 9 }), 'ab cde -> ab cde')
    assert.equal(await unitsOf('Clip', [[2, 3], null, bound], {}, { opset: 11 }), 'ab cde | - |  -> ab cde')
    assert.equal(await unitsOf('CastLike', [[2, 3], [5]]), 'ab cde | fghij -> ab cde')
    assert.equal(await unitsOf('Dropout', [[2, 3]], {}, { opset: 11, outputs: 2 }), 'ab cde -> ab cde | ab cde')
    assert.equal(await unitsOf('Dropout', [[2, 3], bound]), 'ab cde |  -> ab cde')
  })

  it('take the slopes of PRelu along', async () => {
    assert.equal(
      await unitsOf('PRelu', [
        [2, 3, 4],
        [3, 1],
      ]),
      'ab cde fghi | cde . -> ab cde fghi',
    )
  })

  it('take the bias of a fused one along', async () => {
    assert.equal(await unitsOf('com.microsoft.BiasGelu', [[2, 3], [3]]), 'ab cde | cde -> ab cde')
    assert.equal(await unitsOf('com.microsoft.FastGelu', [[2, 3], null]), 'ab cde | - -> ab cde')
  })
})

describe('the axes around Softmax', () => {
  it('stay where it shares out, along one axis since opset 13', async () => {
    for (const op of ['Softmax', 'LogSoftmax', 'Hardmax']) {
      assert.equal(await unitsOf(op, [[2, 3, 4]], {}, { opset: 13 }), 'ab cde .... -> ab cde ....', op)
      assert.equal(await unitsOf(op, [[2, 3, 4]], { axis: 1 }, { opset: 21 }), 'ab ... cdef -> ab ... cdef', op)
    }
  })

  it('stay from the axis on before opset 13', async () => {
    for (const opset of [9, 11]) {
      assert.equal(await unitsOf('Softmax', [[2, 3, 4]], {}, { opset }), 'ab ... .... -> ab ... ....')
      assert.equal(await unitsOf('Softmax', [[2, 3, 4]], { axis: 2 }, { opset }), 'ab cde .... -> ab cde ....')
    }
  })
})
