import assert from 'node:assert/strict'
import fc from 'fast-check'
import { wilsonInterval } from '../../src/metrics/reading/wilson.js'

describe('wilsonInterval', () => {
  it('gives the values of the literature', () => {
    // Newcombe 1998, Statist. Med. 17, 857-872, table I, method 3
    const rounded = (hits: number, trials: number) => {
      const { low, high } = wilsonInterval(hits, trials)
      return [low.toFixed(4), high.toFixed(4)]
    }
    assert.deepEqual(rounded(81, 263), ['0.2553', '0.3662'])
    assert.deepEqual(rounded(15, 148), ['0.0624', '0.1605'])
    assert.deepEqual(rounded(0, 20), ['0.0000', '0.1611'])
    assert.deepEqual(rounded(1, 29), ['0.0061', '0.1718'])
  })

  it('holds the share, stays in 0..1, and is the mirror image for misses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const hits = Math.round(share * trials)
        const { low, high } = wilsonInterval(hits, trials)
        const misses = wilsonInterval(trials - hits, trials)
        assert.ok(low >= 0 && low <= hits / trials && hits / trials <= high && high <= 1)
        assert.ok(Math.abs(low - (1 - misses.high)) < 1e-12 && Math.abs(high - (1 - misses.low)) < 1e-12)
      }),
    )
  })
})
