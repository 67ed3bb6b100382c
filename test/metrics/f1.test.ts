import assert from 'node:assert/strict'
import fc from 'fast-check'
import { f1 } from '../../src/metrics/f1.js'
import { judge, observation } from './observe.js'

/** Scores by which the classes are decided. */
const deciding = (classes: readonly number[], of: number) =>
  classes.flatMap((c) => Array.from({ length: of }, (_, i) => (i === c ? 1 : 0)))
const f1Of = (decided: readonly number[], labels: readonly number[], of: number) =>
  judge(f1, observation([decided.length, of], deciding(decided, of), { labels }))

describe('f1', () => {
  it('is the mean of the F1 scores of the classes', () => {
    // class 0: TP 1, FP 1, FN 0 -> 2/3; class 1: TP 2, FP 0, FN 1 -> 4/5; class 2: TP 1, FP 0, FN 0 -> 1
    const value = f1Of([0, 0, 1, 1, 2], [0, 1, 1, 1, 2], 3) ?? Number.NaN
    assert.ok(Math.abs(value - (2 / 3 + 4 / 5 + 1) / 3) < 1e-15, `${value}`)
  })

  it('leaves classes out that occur in neither labels nor decisions', () => {
    assert.equal(f1Of([0, 1], [0, 1], 100), 1)
  })

  it('counts a class that is only ever decided as 0', () => {
    // class 0: TP 1, FN 1 -> 2/3; class 5: FP 1 -> 0
    assert.equal(f1Of([0, 5], [0, 0], 6), 1 / 3)
  })

  it('treats every class alike, however rare', () => {
    // 9 of class 0 right, the only one of class 1 taken for 0: 18/19 and 0
    assert.equal(f1Of(Array(10).fill(0), [...Array(9).fill(0), 1], 2), 18 / 19 / 2)
  })

  it('gives for one score what two scores give', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { minLength: 1 }), (samples) => {
        const labels = samples.map(([label]) => label)
        const decided = samples.map(([, d]) => d)
        const one = judge(
          f1,
          observation(
            [labels.length, 1],
            decided.map((d) => (d === 1 ? 2 : -2)),
            { labels },
          ),
        )
        assert.equal(one, f1Of(decided, labels, 2))
      }),
    )
  })

  it('lies between 0 and 1, and is 1 only when all are right', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1 }), (samples) => {
        const value =
          f1Of(
            samples.map(([d]) => d),
            samples.map(([, l]) => l),
            4,
          ) ?? Number.NaN
        assert.ok(value >= 0 && value <= 1)
        assert.equal(
          value === 1,
          samples.every(([d, l]) => d === l),
        )
      }),
    )
  })

  it('reads class indices that the model gives, and leaves padding out', () => {
    assert.equal(judge(f1, observation([1, 3], [4, 9, 1], { labels: [4, 9, -1], decided: true })), 1)
  })

  it('is null when nothing was added', () => assert.equal(judge(f1), null))
})
