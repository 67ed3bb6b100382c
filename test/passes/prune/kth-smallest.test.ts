import assert from 'node:assert/strict'
import fc from 'fast-check'
import { kthSmallest } from '../../../src/passes/prune/kth-smallest.js'
import { DISTRIBUTIONS } from './pools.js'

describe('kthSmallest', () => {
  it('finds what sorting finds, and puts the k smallest first', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 200, size: 'max' }),
        fc.nat(),
        (values, n) => {
          const k = 1 + (n % values.length)
          const sorted = values.toSorted((a, b) => a - b)
          for (const array of [Int32Array.from(values), Float32Array.from(values), Float64Array.from(values)]) {
            assert.equal(kthSmallest(array, k), sorted[k - 1])
            assert.deepEqual(
              [...array.subarray(0, k)].sort((a, b) => a - b),
              sorted.slice(0, k),
            )
            assert.deepEqual(
              [...array].sort((a, b) => a - b),
              sorted,
            )
          }
        },
      ),
      { numRuns: 500 },
    ))

  for (const [name, valuesOf] of Object.entries(DISTRIBUTIONS)) {
    it(`needs no more time for values that are ${name}`, () => {
      const values = Float64Array.from(valuesOf(1 << 18), Math.abs)
      const sorted = values.toSorted()
      const started = performance.now()
      // Quadratic time would be minutes.
      assert.equal(kthSmallest(values, 1 << 17), sorted[(1 << 17) - 1])
      assert.ok(performance.now() - started < 5000)
    })
  }
})
