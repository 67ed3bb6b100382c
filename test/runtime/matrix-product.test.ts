import assert from 'node:assert/strict'
import { openMatrixProduct } from '../../src/runtime/matrix-product.js'

describe('openMatrixProduct', () => {
  it('multiplies matrices of float64, of any size', async () => {
    const product = await openMatrixProduct({ threads: 1 })
    try {
      const small = await product.multiply(Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6), { m: 1, k: 3, n: 1 })
      const wide = await product.multiply(Float64Array.of(1, 2), Float64Array.of(3, 2 ** -40), { m: 2, k: 1, n: 2 })

      assert.deepEqual(small, Float64Array.of(32))
      assert.deepEqual(wide, Float64Array.of(3, 2 ** -40, 6, 2 ** -39))
    } finally {
      await product.release()
    }
  })

  it('multiplies matrices of float32', async () => {
    const product = await openMatrixProduct({ threads: 1 }, 'float32')
    try {
      const ab = await product.multiply(Float32Array.of(1, 2, 3, 4), Float32Array.of(0.5, -1), { m: 2, k: 2, n: 1 })

      assert.deepEqual(ab, Float32Array.of(-1.5, -2.5))
    } finally {
      await product.release()
    }
  })
})
