import assert from 'node:assert/strict'
import { inverseFactor } from '../../../src/passes/hessian/inverse-factor.js'
import { type MatrixProduct, openMatrixProduct } from '../../../src/runtime/matrix-product.js'
import { cholesky, closeTo, flat, inverse, product, randomRows, transpose } from '../prune/dense-algebra.js'

describe('The factor of an inverse', () => {
  let products: MatrixProduct
  before(async () => {
    products = await openMatrixProduct({ threads: 1 })
  })
  after(() => products.release())

  /** X^T X and a little on the diagonal. */
  const hessian = (n: number) => {
    const x = randomRows(2 * n, n, n)
    return product(transpose(x), x).map((row, i) => row.map((v, j) => (i === j ? v + 0.1 : v)))
  }

  for (const n of [1, 2, 7, 48, 49, 97, 130]) {
    it(`is the upper Cholesky factor of the inverse of a matrix of ${n}`, async () => {
      const h = hessian(n)
      const expected = transpose(cholesky(inverse(h)))
      const u = flat(h)

      assert.equal(await inverseFactor(u, n, products), true)

      assert.equal(closeTo(u, flat(expected), 1e-9), null)
    })
  }

  it('is refused, and the matrix stays, when it is not positive definite, wherever that shows', async () => {
    for (const [n, bad] of [
      [2, 1],
      [60, 3],
      [60, 58],
      [130, 0],
      [130, 129],
    ] as const) {
      const h = hessian(n).map((row, i) => row.map((v, j) => (i === bad && j === bad ? -1 : v)))
      const u = flat(h)

      assert.equal(await inverseFactor(u, n, products), false)

      assert.deepEqual(u, flat(h))
    }
  })
})
