import assert from 'node:assert/strict'
import { type Attrs, int64, type Sketch } from '../../../fixtures/sketch.js'
import type { Value } from '../../../src/ir/graph.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const H2 = { hidden_size: 2 }

describe('the axes around recurrent layers', () => {
  it('are hidden units, each with all of its gates, states and peepholes', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      assert.equal(
        await unitsOf('LSTM', [[5, 2, 3], [1, 8, 3], [1, 8, 2], [1, 16], null, [1, 2, 2], [1, 2, 2], [1, 6]], H2, {
          opset,
          outputs: 3,
        }),
        [
          '..... ab cde | . fgfgfgfg cde | . fgfgfgfg fg | . fgfgfgfgfgfgfgfg | - | . ab fg | . ab fg | . fgfgfg',
          '..... . ab fg | . ab fg | . ab fg [sum of 0.2] [sum of 2.2]',
        ].join(' -> '),
      )
    }
  })

  it('are shared by both directions', async () => {
    assert.equal(
      await unitsOf(
        'GRU',
        [
          [5, 1, 3],
          [2, 6, 3],
          [2, 6, 2],
          [2, 12],
        ],
        { ...H2, direction: 'bidirectional' },
      ),
      '..... . abc | .. dedede abc | .. dedede de | .. dededededede -> ..... .. . de [sum of 0.2] [sum of 2.2]',
    )
  })

  it('are in another order where the batch comes first', async () => {
    assert.equal(
      await unitsOf(
        'RNN',
        [
          [2, 5, 3],
          [1, 2, 3],
          [1, 2, 2],
          [1, 4],
        ],
        { ...H2, layout: 1 },
        { outputs: 2 },
      ),
      'ab ..... cde | . fg cde | . fg fg | . fgfg -> ab ..... . fg | ab . fg [sum of 0.2] [sum of 2.2]',
    )
  })
})

describe('the cut of recurrent layers', () => {
  /** Two of them, with a product before and one behind. */
  const stacked = (op: string, gates: number, attrs: Attrs = {}, directions = 1) =>
    drawn([5, 2, 4], (s, x) => {
      const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 6])])
      const first = layer(s, 'first', made, 6, 5)
      const second = layer(s, 'second', first, 5 * directions, 3)
      return s.node('MatMul', 'out', [second, s.weight('v', [3 * directions, 2])])

      function layer(sk: Sketch, name: string, input: Value, from: number, to: number): Value {
        const w = sk.weight(`${name}.w`, [directions, gates * to, from], from)
        const r = sk.weight(`${name}.r`, [directions, gates * to, to], to)
        const b = sk.weight(`${name}.b`, [directions, 2 * gates * to])
        const y = sk.node(op, name, [input, w, r, b], { hidden_size: to, ...attrs })
        const turned = sk.node('Transpose', `${name}.turned`, [y], { perm: [0, 2, 1, 3] })
        const shape = sk.constant(`${name}.shape`, int64([3], [0, 0, -1]))
        return sk.node('Reshape', `${name}.flat`, [turned, shape])
      }
    })

  it('leaves what the masked model computes', async () => {
    assert.equal(await assertCutHolds(stacked('LSTM', 4)), 6 + 5 + 3)
    assert.equal(await assertCutHolds(stacked('GRU', 3, { linear_before_reset: 1 })), 6 + 5 + 3)
    assert.equal(await assertCutHolds(stacked('RNN', 1)), 6 + 5 + 3)
  })

  it('leaves it for both directions', async () => {
    assert.equal(await assertCutHolds(stacked('LSTM', 4, { direction: 'bidirectional' }, 2)), 6 + 5 + 3)
  })
})
