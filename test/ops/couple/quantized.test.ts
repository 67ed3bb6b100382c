import assert from 'node:assert/strict'
import { float32 } from '../../../fixtures/sketch.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import type { DType } from '../../../src/ir/type.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const codes = (shape: readonly number[], dtype: DType = 'int8') =>
  new MemoryTensor(
    dtype,
    shape,
    Uint8Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => (i * 37) % 100),
  )

describe('the axes around quantizers', () => {
  it('have one scale, or one for each element of an axis', async () => {
    assert.equal(await unitsOf('QuantizeLinear', [[2, 3, 4], []], {}, { opset: 10 }), 'ab cde fghi |  -> ab cde fghi')
    for (const opset of [13, 17, 19, 21]) {
      assert.equal(
        await unitsOf('QuantizeLinear', [[2, 3, 4], [3], codes([3])], {}, { opset }),
        'ab cde fghi | cde | cde -> ab cde fghi',
      )
      assert.equal(
        await unitsOf('DequantizeLinear', [codes([2, 3, 4]), [4], codes([4])], { axis: -1 }, { opset }),
        'ab cde fghi | fghi | fghi -> ab cde fghi',
      )
    }
  })

  it('stay where blocks share a scale, and the other axes do not', async () => {
    assert.equal(
      await unitsOf('DequantizeLinear', [codes([2, 4]), [2, 2]], { axis: 1, block_size: 2 }, { opset: 21 }),
      'ab .... | ab .. -> ab ....',
    )
  })

  it('stay where the scale depends on all elements, and where codes are computed with', async () => {
    assert.equal(await unitsOf('DynamicQuantizeLinear', [[2, 3]], {}, { outputs: 3 }), '.. ... -> .. ... |  | ')
    assert.equal(
      await unitsOf('MatMulInteger', [codes([2, 3]), codes([3, 4])]),
      'refused: it computes with codes: prune before quantizing',
    )
  })

  it('are cut with the scales of weights that are stored as codes', async () => {
    const model = drawn([2, 3, 5, 5], (s, x) => {
      const scales = s.constant('scales', float32([6], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
      const stored = [s.constant('codes', codes([6, 3, 3, 3])), scales, s.constant('zeros', codes([6]))]
      const w = s.node('DequantizeLinear', 'w', stored, { axis: 0 })
      const made = s.node('Conv', 'made', [x, w])
      const [scale, zero] = [s.constant('scale', float32([], [0.5])), s.constant('zero', codes([], 'uint8'))]
      const quantized = s.node('QuantizeLinear', 'q', [made, scale, zero])
      const back = s.node('DequantizeLinear', 'dq', [quantized, scale, zero])
      return s.node('Conv', 'out', [back, s.weight('v', [2, 6, 1, 1])])
    })

    assert.equal(await assertCutHolds(model), 6)
  })
})
