import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sqnr } from '../../src/metrics/sqnr.js'
import { judge, observation } from './observe.js'

const of = (x: readonly number[], reference: readonly number[]) =>
  judge(sqnr, observation([x.length], x, { reference }))

describe('sqnr', () => {
  it('is ten times the logarithm of the power ratio', () => {
    // signal 100, noise 1
    assert.equal(of([10, 1], [10, 0]), 20)
    // signal 25, noise 2.5
    assert.equal(Math.round((of([3.5, 5.5], [3, 4]) ?? 0) * 1e9) / 1e9, 10)
  })

  it('takes the ratio of the sums over all samples', () => {
    const batches = [observation([1, 1], [1], { reference: [0] }), observation([1, 1], [10], { reference: [10] })]
    assert.equal(judge(sqnr, ...batches), 20)
  })

  it('rises by 20 dB when the error falls to a tenth', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }), (reference) => {
        const off = (by: number) =>
          of(
            reference.map((r) => r + by),
            reference,
          ) ?? Number.NaN
        assert.ok(Math.abs(off(1 / 64) - off(10 / 64) - 20) < 1e-3)
      }),
    )
  })

  it('is Infinity for equal outputs, and -Infinity where the reference has no signal', () => {
    assert.equal(of([1, -2], [1, -2]), Infinity)
    assert.equal(of([0, 0], [0, 0]), Infinity)
    assert.equal(of([1], [0]), -Infinity)
  })

  it('refuses infinite values', () => {
    assert.throws(() => of([1], [-Infinity]), /infinite, which sqnr cannot judge/)
  })

  it('is null when nothing was added', () => assert.equal(sqnr.create(null).result(), null))
})
