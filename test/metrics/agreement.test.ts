import assert from 'node:assert/strict'
import fc from 'fast-check'
import { agreement } from '../../src/metrics/agreement.js'
import { judge, observation } from './observe.js'

const of = (shape: readonly number[], x: readonly number[], reference: readonly number[], decided = false) =>
  judge(agreement, observation(shape, x, { reference, decided }))

describe('agreement', () => {
  it('is the share of samples with the same highest score', () => {
    assert.equal(of([2, 3], [9, 1, 2, /**/ 0, 5, 1], [1, 0, 0, /**/ 7, 2, 3]), 0.5)
  })

  it('takes the first of equal scores on both sides', () => {
    assert.equal(of([1, 3], [4, 4, 0], [1, 0, 1]), 1)
  })

  it('compares each position of a sequence over the last axis', () => {
    assert.equal(of([1, 2, 2], [1, 0, /**/ 0, 1], [5, 2, /**/ 5, 2]), 0.5)
  })

  it('compares each pixel of a map over the second axis', () => {
    // pixels: 1, 0, 0 and 1, 1, 0
    assert.equal(of([1, 2, 1, 3], [0, 5, 5, 1, 2, 2], [0, 0, 5, 1, 2, 2]), 2 / 3)
  })

  it('compares the sides of 0.5 for probabilities and of 0 for logits, by both models', () => {
    assert.equal(of([3, 1], [0.9, 0.1, 0.4], [0.6, 0.4, 0.6]), 2 / 3)
    assert.equal(of([3, 1], [0.9, 0.1, 0.4], [0.6, 0.4, 1.6]), 1)
    assert.equal(of([2], [0.9, -0.1], [0.1, 0.2]), 0.5)
  })

  it('compares class indices one by one', () => {
    assert.equal(of([2, 2], [1, 2, 3, 4], [1, 2, 3, 5], true), 0.75)
  })

  it('with itself is 1, and does not change when scores grow by a monotone function', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 4, maxLength: 4 }), { minLength: 1 }),
        (rows) => {
          assert.equal(of([rows.length, 4], rows.flat(), rows.flat()), 1)
          assert.equal(
            of(
              [rows.length, 4],
              rows.flat(),
              rows.flat().map((v) => v ** 3 + 7),
            ),
            1,
          )
        },
      ),
    )
  })

  it('refuses outputs of different sizes', () => {
    assert.throws(() => of([1, 2], [1, 2], [1, 2, 3]), /has 2 elements for 1 samples, that of the reference 3/)
  })

  it('is null when nothing was added', () => assert.equal(agreement.create(null).result(), null))
})
