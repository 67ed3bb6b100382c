import assert from 'node:assert/strict'
import { int64 } from '../../../fixtures/sketch.js'
import { tensorType } from '../../../src/ir/type.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

describe('the axes around pools', () => {
  it('are samples and channels, which pass', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      for (const op of ['MaxPool', 'AveragePool', 'LpPool']) {
        assert.equal(
          await unitsOf(op, [[2, 3, 4, 4]], { kernel_shape: [2, 2] }, { opset }),
          'ab cde .... .... -> ab cde ... ...',
          `${op} at opset ${opset}`,
        )
      }
      for (const op of ['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool']) {
        assert.equal(await unitsOf(op, [[2, 3, 4, 4]], {}, { opset }), 'ab cde .... .... -> ab cde . .', op)
      }
    }
  })

  it('stay where the indices of MaxPool are read: they count through all channels', async () => {
    assert.equal(
      await unitsOf('MaxPool', [[2, 3, 4]], { kernel_shape: [2] }, { outputs: 2 }),
      '.. ... .... -> .. ... ... | .. ... ...',
    )
  })

  it('are tied between what MaxUnpool spreads and its indices', async () => {
    assert.equal(
      await unitsOf('MaxUnpool', [[1, 3, 2], int64([1, 3, 2], [0, 3, 5, 7, 8, 11])], {
        kernel_shape: [2],
        strides: [2],
      }),
      '. abc .. | . abc .. -> . abc ....',
    )
  })

  it('are cut where a MaxUnpool of as many channels reads the indices', async () => {
    const model = drawn([1, 3, 8, 8], (s, x) => {
      const made = s.node('Conv', 'made', [x, s.weight('w', [6, 3, 1, 1])])
      const window = { kernel_shape: [2, 2], strides: [2, 2] }
      const [pooled, indices] = s.nodeOf('MaxPool', 'pool', [made], ['pooled', 'indices'], window).outputs
      assert.ok(pooled && indices)
      const size = s.constant('size', int64([4], [1, 6, 8, 8]))
      const wide = s.node('MaxUnpool', 'wide', [s.node('Relu', 'relu', [pooled]), indices, size], window)
      s.model.declare(wide, tensorType('float32', [1, 6, 8, 8])) // ONNX Runtime does not infer it
      const out = s.node('Conv', 'out', [wide, s.weight('v', [2, 6, 1, 1])])
      s.model.declare(out, tensorType('float32', [1, 2, 8, 8]))
      return out
    })

    assert.equal(await assertCutHolds(model), 6)
  })
})
