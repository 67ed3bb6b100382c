import assert from 'node:assert/strict'
import fc from 'fast-check'
import { commonFactors, dealt, runsOf } from '../../src/ops/refinement.js'

const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1)
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 })

describe('the refinement of two shapes', () => {
  it('cuts both into the shortest runs of equal products', () => {
    assert.deepEqual(runsOf([2, 64, 7, 7], [2, 8, 392]), [
      { from: [0], to: [0], factors: [2] },
      { from: [1, 2, 3], to: [1, 2], factors: [8, 8, 7, 7] },
    ])
    assert.deepEqual(runsOf([1, 6, 1, 4], [6, 1, 2, 2]), [
      { from: [1], to: [0], factors: [6] },
      { from: [3], to: [2, 3], factors: [2, 2] },
    ])
  })

  it('has no factors where the borders cross', () => {
    assert.deepEqual(runsOf([4, 6], [6, 4]), [{ from: [0, 1], to: [0, 1], factors: null }])
    assert.equal(commonFactors([2, 3], [3, 2]), null)
    assert.deepEqual(commonFactors([2, 6], [4, 3]), [2, 2, 3])
  })

  it('is nothing between shapes of other numbers of elements, or of none', () => {
    assert.equal(runsOf([2, 3], [7]), null)
    assert.equal(runsOf([0, 3], [3, 0]), null)
    assert.deepEqual(runsOf([1, 1], []), [])
  })

  it('has factors that multiply to every axis of either side, whatever is split and merged', () => {
    fc.assert(
      fc.property(sizes, fc.array(fc.nat({ max: 4 }), { maxLength: 4 }), (shape, cuts) => {
        const merged = cuts.reduce<readonly number[]>(
          (s, at) => (at + 1 < s.length ? s.toSpliced(at, 2, (s[at] ?? 1) * (s[at + 1] ?? 1)) : s),
          shape,
        )
        for (const [a, b] of [
          [shape, merged],
          [merged, shape],
        ] as const) {
          const runs = runsOf(a, b) ?? []
          assert.deepEqual(
            runs.flatMap(({ from }) => from),
            [...a.keys()].filter((axis) => a[axis] !== 1),
          )
          for (const { from, to, factors } of runs) {
            for (const side of [from.map((axis) => a[axis] ?? 0), to.map((axis) => b[axis] ?? 0)]) {
              assert.deepEqual(dealt(factors ?? [], (n) => n, side).map(product), side)
            }
          }
        }
      }),
    )
  })
})
