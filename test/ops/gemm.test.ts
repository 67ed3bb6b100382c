import assert from 'node:assert/strict'
import { axesOf, macsOf, weightSpecs } from './one-node.js'

const SHAPES = [[5, 7], [7, 3], [3]] as const // biome-ignore format: one line

describe('Gemm', () => {
  it('takes M * N * K, the bias nothing', () => {
    assert.equal(macsOf('Gemm', SHAPES, [[5, 3]]), 5 * 3 * 7)
    assert.equal(
      macsOf(
        'Gemm',
        [
          [7, 5],
          [7, 3],
        ],
        [[5, 3]],
        { transA: 1 },
      ),
      5 * 3 * 7,
    )
    assert.equal(
      macsOf(
        'Gemm',
        [
          [7, 5],
          [3, 7],
        ],
        [[5, 3]],
        { transA: 1, transB: 1 },
      ),
      5 * 3 * 7,
    )
  })

  it('has the axes of its weights swapped by transA and transB', () => {
    assert.deepEqual(axesOf('Gemm', 1, SHAPES), [1, 0])
    assert.deepEqual(axesOf('Gemm', 1, SHAPES, { transB: 1 }), [0, 1])
    assert.deepEqual(axesOf('com.microsoft.FusedGemm', 0, SHAPES), [0, 1])
    assert.deepEqual(axesOf('com.microsoft.FusedGemm', 0, SHAPES, { transA: 1 }), [1, 0])
  })

  it('never has its bias among the weights', () => {
    assert.deepEqual(
      weightSpecs('Gemm', SHAPES).map((spec) => spec.input),
      [1, 0],
    )
  })
})
