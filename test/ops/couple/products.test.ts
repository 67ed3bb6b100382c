import assert from 'node:assert/strict'
import { float32, int64, uniform } from '../../../fixtures/sketch.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

describe('the axes around Gemm', () => {
  it('are rows, columns, and what is summed over', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      assert.equal(
        await unitsOf('Gemm', [[2, 3], [3, 4], [4]], {}, { opset }),
        'ab cde | cde fghi | fghi -> ab fghi [sum of 0.1]',
      )
    }
  })

  it('turn with the operands', async () => {
    assert.equal(
      await unitsOf(
        'Gemm',
        [
          [3, 2],
          [4, 3],
          [2, 1],
        ],
        { transA: 1, transB: 1 },
      ),
      'abc de | fghi abc | de . -> de fghi [sum of 0.0]',
    )
  })

  it('are summed over where something is computed', async () => {
    const attrs = { transA: 1, transB: 1 }
    assert.match(
      await unitsOf(
        'Gemm',
        [
          [3, 2],
          [4, 3],
        ],
        attrs,
        { computed: [1] },
      ),
      /\[sum of 1.1\]$/,
    )
    assert.match(
      await unitsOf(
        'Gemm',
        [
          [3, 2],
          [4, 3],
        ],
        attrs,
        { computed: [0, 1] },
      ),
      /\[sum of 0.0\]$/,
    )
  })

  it('are those of the fused form', async () => {
    assert.equal(
      await unitsOf('com.microsoft.FusedGemm', [[1, 2], [2, 3], [3]], { activation: 'Relu' }),
      '. ab | ab cde | cde -> . cde [sum of 0.1]',
    )
  })
})

describe('the axes around MatMul', () => {
  it('are rows, columns, and what is summed over; stacks of matrices go together', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      assert.equal(
        await unitsOf(
          'MatMul',
          [
            [2, 3, 4, 5],
            [3, 5, 2],
          ],
          {},
          { opset },
        ),
        'ab cde fghi jklmn | cde jklmn op -> ab cde fghi op [sum of 0.3]',
      )
    }
  })

  it('are one fewer for a vector', async () => {
    assert.equal(await unitsOf('MatMul', [[3], [2, 3, 4]]), 'abc | de abc fghi -> de fghi [sum of 0.0]')
    assert.equal(await unitsOf('MatMul', [[2, 3], [3]]), 'ab cde | cde -> ab [sum of 0.1]')
    assert.equal(await unitsOf('MatMul', [[3], [3]]), 'abc | abc ->  [sum of 0.0]')
  })

  it('are not tied where a stack of one is stretched', async () => {
    assert.equal(
      await unitsOf('MatMul', [
        [2, 1, 3, 4],
        [1, 3, 4, 2],
      ]),
      'ab . cde fghi | . jkl fghi mn -> ab jkl cde mn [sum of 0.3]',
    )
  })

  it('turn with the operands of the fused form', async () => {
    assert.equal(
      await unitsOf(
        'com.microsoft.FusedMatMul',
        [
          [2, 4, 3],
          [2, 5, 4],
        ],
        { transA: 1, transB: 1 },
      ),
      'ab cdef ghi | ab jklmn cdef -> ab ghi jklmn [sum of 0.1]',
    )
    assert.equal(
      await unitsOf(
        'com.microsoft.FusedMatMul',
        [
          [3, 2, 4],
          [2, 4, 5],
        ],
        { transBatchA: 1 },
      ),
      'abc de fghi | de fghi jklmn -> de abc jklmn [sum of 0.2]',
    )
  })

  it('are preferred as heads where two activations are multiplied, over the widths that a Reshape merges them with', async () => {
    const model = drawn([1, 5, 6], (s, x) => {
      const heads = (name: string) => {
        const all = s.node('MatMul', name, [x, s.weight(`w${name}`, [6, 16])])
        const cut = s.node('Reshape', `${name}.cut`, [all, s.constant(`${name}.shape`, ints([0, 0, 2, 8]))])
        return s.node('Transpose', `${name}.heads`, [cut], { perm: [0, 2, 1, 3] })
      }
      const keys = s.node('Transpose', 'keys', [heads('k')], { perm: [0, 1, 3, 2] })
      const shares = s.node('Softmax', 'shares', [s.node('MatMul', 'scores', [heads('q'), keys])], { axis: -1 })
      const mixed = s.node('MatMul', 'mixed', [shares, heads('v')])
      const back = s.node('Transpose', 'back', [mixed], { perm: [0, 2, 1, 3] })
      const joined = s.node('Reshape', 'joined', [back, s.constant('joined.shape', ints([0, 0, 16]))])
      return s.node('MatMul', 'out', [joined, s.weight('wo', [16, 6])])
    })

    assert.equal(await assertCutHolds(model), 2)
  })

  it('are cut as the masked model computes, on either side of constants', async () => {
    const model = drawn([2, 4, 5], (s, x) => {
      const right = s.node('MatMul', 'right', [x, s.weight('w0', [5, 7])])
      const left = s.node('MatMul', 'left', [s.weight('w1', [6, 4]), right])
      const bias = s.node('Add', 'bias', [left, s.constant('b', float32([6, 1], uniform([6, 1], 1, 3)))])
      const active = s.node('Relu', 'active', [bias])
      const back = s.node('MatMul', 'back', [s.weight('w2', [3, 6]), active])
      return s.node('MatMul', 'last', [back, s.weight('w3', [7, 2])])
    })

    assert.equal(await assertCutHolds(model, 6), 13)
  })
})

describe('the axes around Einsum', () => {
  it('are its letters', async () => {
    assert.equal(
      await unitsOf(
        'Einsum',
        [
          [2, 3, 4],
          [4, 5],
        ],
        { equation: 'bsd, dh -> hbs' },
      ),
      'ab cde fghi | fghi jklmn -> jklmn ab cde [sum of 0.2]',
    )
  })

  it('are implied where the output is not stated', async () => {
    assert.equal(
      await unitsOf(
        'Einsum',
        [
          [2, 3],
          [3, 4],
        ],
        { equation: 'zy,yx' },
      ),
      'ab cde | cde fghi -> fghi ab [sum of 0.1]',
    )
  })

  it('are aligned at the end behind an ellipsis, and stretched', async () => {
    assert.equal(
      await unitsOf(
        'Einsum',
        [
          [2, 3, 4, 5],
          [1, 1, 4, 5],
        ],
        { equation: '...ab,...ab->...' },
        { computed: [0] },
      ),
      'ab cde fghi jklmn | . . fghi jklmn -> ab cde [sum of 0.2] [sum of 0.3]',
    )
    assert.equal(
      await unitsOf(
        'Einsum',
        [
          [2, 3, 5],
          [5, 4],
        ],
        { equation: '...d,de->...e' },
      ),
      'ab cde fghij | fghij klmn -> ab cde klmn [sum of 0.2]',
    )
  })

  it('are summed over where something is computed', async () => {
    const equation = 'd,bd->b'
    assert.match(await unitsOf('Einsum', [[3], [2, 3]], { equation }, { computed: [1] }), /\[sum of 1.1\]$/)
  })

  it('stay where it takes a diagonal', async () => {
    assert.equal(await unitsOf('Einsum', [[3, 3]], { equation: 'ii->i' }), 'refused: its equation takes a diagonal')
  })

  it('are preferred as heads, as for MatMul', async () => {
    const model = drawn([1, 5, 6], (s, x) => {
      const heads = (name: string) => {
        const all = s.node('MatMul', name, [x, s.weight(`w${name}`, [6, 16])])
        return s.node('Reshape', `${name}.heads`, [all, s.constant(`${name}.shape`, ints([0, 0, 2, 8]))])
      }
      const scores = s.node('Einsum', 'scores', [heads('q'), heads('k')], { equation: 'bqhe,bkhe->bhqk' })
      const mixed = s.node('Einsum', 'mixed', [scores, heads('v')], { equation: 'bhqk,bkhe->bqhe' })
      const joined = s.node('Reshape', 'joined', [mixed, s.constant('joined.shape', ints([0, 0, 16]))])
      return s.node('MatMul', 'out', [joined, s.weight('wo', [16, 6])])
    })

    assert.equal(await assertCutHolds(model), 2)
  })

  it('are cut as the masked model computes', async () => {
    const model = drawn([2, 4, 5], (s, x) => {
      const up = s.node('Einsum', 'up', [x, s.weight('w0', [5, 3, 4])], { equation: 'btd,dhe->bhte' })
      const scores = s.node('Einsum', 'scores', [up, up], { equation: 'bhqe,bhke->bhqk' })
      const mixed = s.node('Einsum', 'mixed', [scores, up], { equation: 'bhqk,bhke->bqhe' })
      return s.node('Einsum', 'down', [mixed, s.weight('w1', [3, 4, 5])], { equation: 'bqhe,hed->bqd' })
    })

    assert.equal(await assertCutHolds(model), 3)
  })
})

function ints(values: readonly number[]) {
  return int64([values.length], values)
}
