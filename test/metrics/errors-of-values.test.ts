import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DataError } from '../../src/errors.js'
import { mae } from '../../src/metrics/mae.js'
import { maxError } from '../../src/metrics/max-error.js'
import { mse } from '../../src/metrics/mse.js'
import { judge, observation } from './observe.js'

describe('mse, mae and max-error', () => {
  // differences 1, -2, 0, 4
  const [output, target] = [
    [1, 2, 3, 4],
    [0, 4, 3, 0],
  ]

  it('measure against labels of the same shape', () => {
    const o = observation([2, 2], output, { labels: target })
    assert.deepEqual([judge(mse, o), judge(mae, o), judge(maxError, o)], [21 / 4, 7 / 4, 4])
  })

  it('measure against the reference where there are no labels', () => {
    const o = observation([4], output, { reference: target })
    assert.deepEqual([judge(mse, o), judge(mae, o), judge(maxError, o)], [21 / 4, 7 / 4, 4])
  })

  it('take the labels where there are both', () => {
    const o = observation([2], [1, 1], { labels: [1, 1], reference: [5, 5] })
    assert.deepEqual([judge(mse, o), judge(mae, o), judge(maxError, o)], [0, 0, 0])
  })

  it('weight the batches by their size', () => {
    const batches = [observation([3], [1, 1, 1], { labels: [0, 0, 0] }), observation([1], [5], { labels: [0] })]
    assert.equal(judge(mse, ...batches), 28 / 4)
    assert.equal(judge(mae, ...batches), 8 / 4)
    assert.equal(judge(maxError, ...batches.toReversed()), 5)
  })

  it('sum in float64: a large error does not swallow many small ones', () => {
    const n = 1000
    const small = Array.from({ length: n }, () => 1)
    const o = observation([n + 1], [2 ** 13, ...small], { labels: Array(n + 1).fill(0) })
    // in float32 the 1s would vanish beside 2^26
    assert.equal(judge(mse, o), (2 ** 26 + n) / (n + 1))
  })

  it('find no difference between equal infinities, and an infinite one between others', () => {
    assert.equal(judge(mse, observation([2], [Infinity, -Infinity], { reference: [Infinity, -Infinity] })), 0)
    assert.equal(judge(maxError, observation([1], [Infinity], { reference: [-Infinity] })), Infinity)
  })

  it('are ordered: mae^2 <= mse <= max-error^2', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), { minLength: 1 }),
        (pairs) => {
          const o = observation(
            [pairs.length],
            pairs.map(([a]) => a),
            { labels: pairs.map(([, b]) => b) },
          )
          const [square, mean, most] = [mse, mae, maxError].map((metric) => judge(metric, o) ?? Number.NaN)
          assert.ok((mean ?? 0) ** 2 <= (square ?? 0) + 1e-9)
          assert.ok((square ?? 0) <= (most ?? 0) ** 2)
        },
      ),
    )
  })

  const refused: readonly (readonly [string, Parameters<typeof observation>, RegExp])[] = [
    [
      'class indices for many outputs',
      [[2, 3], [1, 2, 3, 4, 5, 6], { labels: [0, 1] }],
      /labels of the same shape as The output, \[2,3\]; here are 2/,
    ],
    [
      'a reference of another size',
      [[2, 1], [1, 2], { reference: [1, 2, 3] }],
      /has 2 elements for 2 samples, that of the reference 3/,
    ],
    ['neither labels nor reference', [[1], [1]], /compares with another model, and there is none/],
    [
      'an output that is NaN',
      [[2, 1], [1, Number.NaN], { labels: [1, 1] }],
      /^The output is NaN, at sample 1, element \[0\]\.$/,
    ],
    [
      'a label that is NaN',
      [[2], [1, 1], { labels: [1, Number.NaN] }],
      /^The output has a label that is NaN, at sample 1\.$/,
    ],
    [
      'a reference that is NaN',
      [[2], [1, 1], { reference: [Number.NaN, 1], name: 'y' }],
      /^Output "y" of the reference is NaN, at sample 0\.$/,
    ],
  ]
  for (const metric of [mse, mae, maxError]) {
    for (const [what, args, message] of refused) {
      it(`${metric.name} refuses ${what}`, () =>
        assert.throws(
          () => judge(metric, observation(...args)),
          (error) => error instanceof DataError && message.test(error.message) && error.suggestions.length > 0,
        ))
    }
  }
})
