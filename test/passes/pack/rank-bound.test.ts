import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Rng } from '../../../src/data/rng.js'
import { losesMore } from '../../../src/passes/pack/rank-bound.js'
import { symmetricEigen } from '../../../src/passes/pack/symmetric-eigen.js'
import { at, diagonal, normal, product } from './matrices.js'

describe('losesMore', () => {
  it('tells that a matrix of full rank loses much', () => {
    const matrix = { data: normal([400, 300], 1).numbers, rows: 400, columns: 300 }

    // The 150 smaller of 300 directions hold about a quarter of the energy, the 30 smallest one of 150.
    assert.equal(losesMore(matrix, 150, 0.1, new Rng(1)), true)
    assert.equal(losesMore(matrix, 270, 0.0005, new Rng(1)), true)
    assert.equal(losesMore(matrix, 150, 0.5, new Rng(1)), false)
    assert.equal(losesMore(matrix, 300, 0, new Rng(1)), false)
  })

  it('tells it although a few directions hold nearly everything', () => {
    const matrix = { data: diagonal(300, (k) => (k < 4 ? 300 : 1)).numbers, rows: 300, columns: 300 }

    // 296 of 360296 are in the rest of the directions; 100 of these are cut off.
    assert.equal(losesMore(matrix, 200, 0.0001, new Rng(1)), true)
  })

  it('does not take a low rank below noise for a full one', () => {
    for (const [rows, columns] of [
      [300, 300],
      [40, 900],
      [900, 40],
    ] as const) {
      const matrix = { data: product({ rows, columns, rank: 12, noise: 0.01 }).numbers, rows, columns }

      assert.equal(losesMore(matrix, 12, 0.0002, new Rng(1)), false)
    }
  })

  it('never says more than is true by more than chance', () => {
    const cases = fc.record({
      rows: fc.integer({ min: 2, max: 60 }),
      columns: fc.integer({ min: 2, max: 60 }),
      inner: fc.integer({ min: 1, max: 60 }),
      rank: fc.integer({ min: 1, max: 30 }),
      noise: fc.constantFrom(0, 0.01, 0.3),
      seed: fc.nat(1000),
    })
    let told = 0
    fc.assert(
      fc.property(cases, ({ rows, columns, inner, rank, noise, seed }) => {
        const { numbers: data } = product({ rows, columns, rank: inner, noise }, seed)
        const lost = lossOf(data, rows, columns, rank)

        assert.equal(losesMore({ data, rows, columns }, rank, 2 * lost + 1e-12, new Rng(seed)), false)
        if (losesMore({ data, rows, columns }, rank, lost / 50, new Rng(seed))) told++
      }),
      { numRuns: 150, seed: 3 },
    )
    assert.ok(told > 40, `only ${told} were told`)
  })
})

/** Of the energy, by the eigenvalues of A A^T. */
function lossOf(data: Float32Array, rows: number, columns: number, rank: number): number {
  const gram = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      for (let k = 0; k < columns; k++)
        gram[i * rows + j] = at(gram, i * rows + j) + at(data, i * columns + k) * at(data, j * columns + k)
    }
  }
  const { values } = symmetricEigen(gram, rows)
  const all = values.reduce((sum, x) => sum + x, 0)
  return (
    Math.max(
      0,
      values.subarray(rank).reduce((sum, x) => sum + x, 0),
    ) / all
  )
}
