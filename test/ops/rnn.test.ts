import assert from 'node:assert/strict'
import { axesOf, macsOf } from './one-node.js'

describe('LSTM, GRU, RNN', () => {
  it('multiply by all of W and R in each step, for each sequence and direction', () => {
    const lstm = [[20, 3, 10], [2, 4 * 8, 10], [2, 4 * 8, 8]] as const // biome-ignore format: X, W, R

    assert.equal(macsOf('LSTM', lstm, [[20, 2, 3, 8]], { hidden_size: 8 }), 20 * 3 * 2 * 32 * (10 + 8))
    assert.equal(
      macsOf(
        'GRU',
        [
          [20, 3, 10],
          [1, 24, 10],
          [1, 24, 8],
        ],
        [[20, 1, 3, 8]],
      ),
      20 * 3 * 24 * (10 + 8),
    )
    assert.equal(
      macsOf(
        'RNN',
        [
          [20, 3, 10],
          [1, 8, 10],
          [1, 8, 8],
        ],
        [[20, 1, 3, 8]],
      ),
      20 * 3 * 8 * (10 + 8),
    )
  })

  it('take no more with layout 1, where the batch comes first', () => {
    assert.equal(
      macsOf(
        'LSTM',
        [
          [3, 20, 10],
          [1, 32, 10],
          [1, 32, 8],
        ],
        [null],
        { layout: 1 },
      ),
      60 * 32 * 18,
    )
  })

  it('have W and R as weights, gates along axis 1', () => {
    const shapes = [[20, 3, 10], [1, 32, 10], [1, 32, 8], [1, 64]] as const // biome-ignore format: with a bias

    assert.deepEqual(axesOf('LSTM', 1, shapes), [1, 2])
    assert.deepEqual(axesOf('LSTM', 2, shapes), [1, 2])
    assert.throws(() => axesOf('LSTM', 3, shapes), /no weight at input 3/)
  })
})
