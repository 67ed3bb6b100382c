import assert from 'node:assert/strict'
import { axesOf, macsOf, type Shapes, weightSpecs } from './one-node.js'

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point */
const Q_CONV: Shapes = [[1, 3, 8, 8], [], [], [4, 3, 3, 3], [], [], [], []]

describe('ops with integer weights', () => {
  it('take what their float forms take', () => {
    assert.equal(macsOf('QLinearConv', Q_CONV, [[1, 4, 6, 6]]), 4 * 36 * 27)
    assert.equal(
      macsOf(
        'ConvInteger',
        [
          [1, 3, 8, 8],
          [4, 3, 3, 3],
        ],
        [[1, 4, 6, 6]],
      ),
      4 * 36 * 27,
    )
    assert.equal(
      macsOf(
        'MatMulInteger',
        [
          [2, 5, 7],
          [7, 3],
        ],
        [[2, 5, 3]],
      ),
      2 * 105,
    )
    assert.equal(macsOf('QLinearMatMul', [[5, 7], [], [], [7, 3], [], [], [], []], [[5, 3]]), 105)
    assert.equal(macsOf('com.microsoft.QGemm', [[7, 5], [], [], [7, 3], [], []], [[5, 3]], { transA: 1 }), 105)
    const lstm = [[20, 3, 10], [1, 10, 32], [1, 8, 32]] as const // biome-ignore format: one line
    assert.equal(macsOf('com.microsoft.DynamicQuantizeLSTM', lstm, [[20, 1, 3, 8]]), 60 * 32 * 18)
  })

  it('take K * N for each row where the matrix is packed', () => {
    const attrs = { K: 64, N: 48, bits: 4, block_size: 32 }

    assert.equal(
      macsOf('com.microsoft.MatMulNBits', [[2, 5, 64], [48, 2, 16], [96]], [[2, 5, 48]], attrs),
      10 * 64 * 48,
    )
    assert.equal(macsOf('com.microsoft.MatMulBnb4', [[5, 64], [1536]], [[5, 48]], { K: 64, N: 48 }), 5 * 64 * 48)
  })

  it('count the codes of QMoE, not its bytes', () => {
    const shapes = [[10, 16], [10, 4], [4, 32, 8], [4, 32], null, [4, 16, 16], [4, 16], null] as const

    const macs = macsOf('com.microsoft.QMoE', shapes, [[10, 16]], { k: 2, expert_weight_bits: 4 })
    assert.equal(macs, 10 * 2 * (32 * 16 + 16 * 32))
  })

  it('say why their weights cannot be pruned, and where they are', () => {
    const [spec] = weightSpecs('QLinearConv', Q_CONV)

    assert.equal(spec?.quantized, 'its weights are stored as 8-bit integers')
    assert.equal(spec?.input, 3)
    assert.deepEqual(axesOf('com.microsoft.QGemm', 3, [[5, 7], [], [], [3, 7]], { transB: 1 }), [0, 1])
    assert.deepEqual(
      axesOf('com.microsoft.DynamicQuantizeLSTM', 2, [
        [1, 1, 2],
        [1, 2, 8],
        [1, 2, 8],
      ]),
      [2, 1],
    )
  })
})
