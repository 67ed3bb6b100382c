import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DataError } from '../../src/errors.js'
import { topK } from '../../src/metrics/top-k.js'
import { judge, observation } from './observe.js'

const top = (k: number) => ({ create: () => topK.create(k) })

describe('top<k>', () => {
  //                 label 0: first   label 2: second  label 1: third
  const scores = [3, 2, 1, 0, /**/ 0, 1, 2, 3, /**/ 3, 1, 2, 0]
  const labels = [0, 2, 1]

  it('counts the labels among the k highest scores', () => {
    const o = observation([3, 4], scores, { labels })
    assert.deepEqual(
      [1, 2, 3, 4].map((k) => judge(top(k), o)),
      [1 / 3, 2 / 3, 1, 1],
    )
  })

  it('puts the lower class first where scores are equal', () => {
    const o = (label: number) => observation([1, 3], [5, 5, 5], { labels: [label] })
    assert.deepEqual(
      [0, 1, 2].map((label) => judge(top(1), o(label))),
      [1, 0, 0],
    )
    assert.deepEqual(
      [0, 1, 2].map((label) => judge(top(2), o(label))),
      [1, 1, 0],
    )
  })

  it('takes -Infinity for a class that is ruled out', () => {
    assert.equal(judge(top(1), observation([1, 3], [-Infinity, -9, -Infinity], { labels: [1] })), 1)
  })

  it('rises with k, and k = C is always right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 5, maxLength: 5 })), {
          minLength: 1,
        }),
        (samples) => {
          const o = observation(
            [samples.length, 5],
            samples.flatMap(([, row]) => row),
            {
              labels: samples.map(([label]) => label),
            },
          )
          const values = [1, 2, 3, 4, 5].map((k) => judge(top(k), o) ?? Number.NaN)
          assert.deepEqual(
            values,
            [...values].sort((a, b) => a - b),
          )
          assert.equal(values.at(-1), 1)
        },
      ),
    )
  })

  it('reads one-hot and soft labels by their highest', () => {
    const o = observation([2, 3], [1, 2, 0, /**/ 5, 0, 1], { labels: [0, 1, 0, /**/ 0.1, 0.3, 0.6] })
    assert.equal(judge(top(1), o), 0.5)
    assert.equal(judge(top(2), o), 1)
  })

  it('judges a sequence [N, T, C] at each position over the last axis', () => {
    //                                    t=0: 1   t=1: 0
    const o = observation([1, 2, 3], [0, 9, 1, /**/ 7, 0, 1], { labels: [1, 2] })
    assert.equal(judge(top(1), o), 0.5)
    assert.equal(judge(top(2), o), 1)
  })

  it('judges a map [N, C, H, W] at each pixel over the second axis', () => {
    // class 0 has the scores 1, 5, class 1 has 2, 3: the pixels are 1 and 0
    assert.equal(judge(top(1), observation([1, 2, 1, 2], [1, 5, 2, 3], { labels: [1, 0] })), 1)
    assert.equal(judge(top(1), observation([1, 2, 1, 2], [1, 5, 2, 3], { labels: [1, 1] })), 0.5)
  })

  it('takes [N, C, 1, 1] for [N, C]', () => {
    assert.equal(judge(top(1), observation([2, 3, 1, 1], [0, 1, 0, /**/ 0, 0, 1], { labels: [1, 1] })), 0.5)
  })

  it('leaves out positions with a negative label', () => {
    assert.equal(judge(top(1), observation([1, 3, 2], [1, 0, /**/ 0, 1, /**/ 0, 1], { labels: [0, 0, -100] })), 0.5)
    assert.equal(judge(top(1), observation([1, 2, 2], [1, 0, 1, 0], { labels: [-1, -1] })), null)
  })

  it('decides a single score at 0.5 while all lie in 0..1, and at 0 when one does not', () => {
    const labels = [1, 0, 1, 0]
    assert.equal(judge(top(1), observation([4, 1], [0.9, 0.2, 0.3, 0.6], { labels })), 0.5)
    assert.equal(judge(top(1), observation([4], [0.9, -0.2, 0.3, 0.6], { labels })), 0.75)
  })

  it('settles the threshold by all batches, the last one too', () => {
    const [first, last] = [observation([1, 1], [0.3], { labels: [1] }), observation([1, 1], [-4], { labels: [0] })]
    assert.equal(judge(top(1), first), 0)
    assert.equal(judge(top(1), first, last), 1)
    assert.equal(judge(top(1), last, first), 1)
  })

  it('compares class indices that the model itself gives', () => {
    assert.equal(judge(top(1), observation([4], [7, 2, 0, 5], { labels: [7, 2, 1, 5], decided: true })), 0.75)
    assert.equal(judge(top(1), observation([1, 2, 2], [3, 1, 0, 1], { labels: [3, 1, 1, 1], decided: true })), 0.75)
  })

  it('is null when nothing was added', () => assert.equal(judge(top(1)), null))

  const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'a label above the classes',
      () => judge(top(1), observation([2, 3], [1, 2, 3, 1, 2, 3], { labels: [0, 3], first: 64, name: 'logits' })),
      /^The label of sample 65 is 3; for top1 of Output "logits" it must be 0 to 2\.$/,
    ],
    [
      'a negative label of a whole sample',
      () => judge(top(1), observation([1, 2], [1, 2], { labels: [-1] })),
      /sample 0 is -1/,
    ],
    [
      'a label that is no whole number',
      () => judge(top(1), observation([1, 2], [1, 2], { labels: [0.5] })),
      /sample 0 is 0\.5/,
    ],
    [
      'another number of labels',
      () => judge(top(1), observation([2, 3], [1, 2, 3, 1, 2, 3], { labels: [1, 2, 1] })),
      /class index for each of 2 samples; here are 3 labels\. The output is \[2,3\]/,
    ],
    [
      'more places than classes',
      () => judge(top(5), observation([1, 3], [1, 2, 3], { labels: [1] })),
      /^top5 needs 5 classes; The output \[1,3\] has 3 classes\.$/,
    ],
    ['a second place with one score', () => judge(top(2), observation([1, 1], [1], { labels: [1] })), /has one value/],
    [
      'an output that is NaN',
      () => judge(top(1), observation([2, 2], [1, 2, 3, Number.NaN], { labels: [1, 1], first: 10, name: 'y' })),
      /^Output "y" is NaN, at sample 11, element \[1\]\.$/,
    ],
    ['no labels', () => judge(top(1), observation([1, 2], [1, 2])), /^top1 needs labels/],
  ]
  for (const [what, run, message] of refused) {
    it(`refuses ${what}`, () =>
      assert.throws(run, (error) => {
        assert.ok(error instanceof DataError, String(error))
        assert.match(error.message, message)
        assert.ok(error.suggestions.length > 0)
        return true
      }))
  }
})
