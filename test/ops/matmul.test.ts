import assert from 'node:assert/strict'
import { axesOf, macsOf, nodeOf } from './one-node.js'

const MATRICES = [[5, 7], [7, 3]] as const // biome-ignore format: one line

describe('MatMul', () => {
  it('takes M * N * K, once for each matrix of a stack', () => {
    assert.equal(macsOf('MatMul', MATRICES, [[5, 3]]), 5 * 3 * 7)
    assert.equal(
      macsOf(
        'MatMul',
        [
          [2, 4, 5, 7],
          [7, 3],
        ],
        [[2, 4, 5, 3]],
      ),
      8 * 5 * 3 * 7,
    )
    assert.equal(
      macsOf(
        'MatMul',
        [
          [1, 4, 5, 7],
          [6, 1, 7, 3],
        ],
        [[6, 4, 5, 3]],
      ),
      24 * 5 * 3 * 7,
    )
  })

  it('takes vectors on either side', () => {
    assert.equal(macsOf('MatMul', [[7], [7, 3]], [[3]]), 7 * 3)
    assert.equal(macsOf('MatMul', [[5, 7], [7]], [[5]]), 7 * 5)
    assert.equal(macsOf('MatMul', [[7], [7]], [[]]), 7)
  })

  it('may have its weights on either side, axes counted from the end', () => {
    assert.deepEqual(axesOf('MatMul', 1, MATRICES), [-1, -2])
    assert.deepEqual(axesOf('MatMul', 0, MATRICES), [-2, -1])
  })
})

describe('FusedMatMul', () => {
  const type = 'com.microsoft.FusedMatMul'

  it('sums over the axis that transA and transBatchA say', () => {
    assert.equal(
      macsOf(
        type,
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
        type,
        [
          [5, 2, 7],
          [2, 7, 3],
        ],
        [[2, 5, 3]],
        { transBatchA: 1 },
      ),
      2 * 5 * 3 * 7,
    )
    assert.equal(
      macsOf(
        type,
        [
          [7, 2, 5],
          [2, 7, 3],
        ],
        [[2, 5, 3]],
        { transA: 1, transBatchA: 1 },
      ),
      2 * 5 * 3 * 7,
    )
  })

  it('has the axes of its weights swapped by transA and transB', () => {
    assert.deepEqual(axesOf(type, 1, MATRICES, { transB: 1 }), [-2, -1])
    assert.deepEqual(axesOf(type, 0, MATRICES, { transA: 1 }), [-1, -2])
    assert.deepEqual(
      axesOf(
        type,
        1,
        [
          [2, 5, 7],
          [7, 2, 3],
        ],
        { transBatchB: 1 },
      ),
      [-1, 0],
    )
  })

  it('is a domain of its own: ai.onnx has no FusedMatMul', () => {
    assert.equal(nodeOf(type, MATRICES).type, 'com.microsoft.FusedMatMul')
    assert.throws(() => macsOf('FusedMatMul', MATRICES, [[5, 3]]), /defines no MACs/)
  })
})
