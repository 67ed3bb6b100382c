import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cosine } from '../../src/metrics/cosine.js'
import { judge, observation } from './observe.js'

const of = (x: readonly number[], y: readonly number[], shape: readonly number[] = [1, x.length]) =>
  judge(cosine, observation(shape, x, { reference: y })) ?? Number.NaN

const vector = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 })

describe('cosine', () => {
  it('is that of the angle', () => {
    assert.ok(Math.abs(of([1, 0], [1, 1]) - Math.SQRT1_2) < 1e-15)
    assert.equal(of([3, 4], [4, 3]), 24 / 25)
    assert.equal(of([1, 0], [0, 1]), 0)
  })

  it('is the mean over samples, each flattened, and not that of all elements together', () => {
    assert.equal(of([1, 0, /**/ 0, 1000], [1, 0, /**/ 1000, 0], [2, 2]), 0.5)
    assert.equal(of([1, 0, 0, 0, /**/ 0, 0, 0, 1], [1, 0, 0, 0, /**/ 0, 0, 0, 1], [2, 2, 2]), 1)
  })

  it('of anything with itself is exactly 1, with its opposite exactly -1', () => {
    fc.assert(
      fc.property(vector, (x) => {
        assert.equal(of(x, [...Float32Array.from(x)]), 1)
        if (x.some((v) => v * v > 0))
          assert.equal(
            of(
              x,
              [...Float32Array.from(x)].map((v) => -v),
            ),
            -1,
          )
      }),
    )
  })

  it('does not depend on the scale, and stays within -1..1', () => {
    fc.assert(
      fc.property(vector, fc.integer({ min: 1, max: 1000 }), (x, scale) => {
        const y = x.map((v, i) => v + i)
        const value = of(x, y)
        assert.ok(value >= -1 && value <= 1)
        assert.ok(
          Math.abs(
            value -
              of(
                x,
                y.map((v) => v * scale),
              ),
          ) < 1e-9,
        )
      }),
    )
  })

  it('takes outputs that are zero throughout for alike, and one of them for unlike', () => {
    assert.equal(of([0, 0], [0, 0]), 1)
    assert.equal(of([0, 0], [1, 0]), 0)
  })

  it('neither overflows nor underflows at the ends of float32', () => {
    assert.equal(of([3e38, 3e38], [3e38, 3e38]), 1)
    assert.equal(of([1e-45], [1e-45]), 1)
  })

  it('refuses infinite values, which have no direction', () => {
    assert.throws(
      () => of([1, Infinity], [1, 1]),
      /^DataError: The output is infinite, which cosine cannot judge, at sample 0, element \[1\]\.$/,
    )
  })

  it('is null when nothing was added', () => assert.equal(cosine.create(null).result(), null))
})
