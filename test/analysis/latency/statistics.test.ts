import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  drift,
  medianEstimate,
  pairedRatio,
  quantile,
  summarize,
  thinned,
} from '../../../src/analysis/latency/statistics.js'

const times = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })

describe('quantile', () => {
  it('lies between two values by linear interpolation', () => {
    assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5)
    assert.equal(quantile([1, 2, 3, 4], 0.25), 1.75)
    assert.equal(quantile([10, 20, 30], 0.5), 20)
    assert.equal(quantile([10, 20, 30], 0), 10)
    assert.equal(quantile([10, 20, 30], 1), 30)
    assert.equal(quantile([7], 0.95), 7)
  })

  it('of nothing there is none', () => {
    assert.throws(() => quantile([], 0.5), RangeError)
  })

  it('grows with the share, and stays within the values', () => {
    fc.assert(
      fc.property(
        times,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p, q) => {
          const sorted = [...list].sort((a, b) => a - b)
          const [low, high] = [quantile(sorted, Math.min(p, q)), quantile(sorted, Math.max(p, q))]
          assert.ok(low <= high * (1 + 1e-12))
          assert.ok(low >= (sorted[0] ?? 0) && high <= (sorted.at(-1) ?? 0) * (1 + 1e-12))
        },
      ),
    )
  })
})

describe('summarize', () => {
  it('gives the figures that one works out by hand', () => {
    // Sorted 1 2 3 4 5; quartiles 2 and 4, so the range between them is 2 and the fence 4 + 3 * 2 = 10.
    assert.deepEqual(summarize([5, 1, 4, 2, 3]), {
      runs: 5,
      medianMs: 3,
      p95Ms: 4.8,
      minMs: 1,
      meanMs: 3,
      spread: 2 / 3,
      outliers: 0,
    })
  })

  it('counts runs beyond three interquartile ranges above the third quartile, those on the fence not', () => {
    // 1 2 3 4 with x: quartiles 2 and 4, fence 10.
    assert.equal(summarize([1, 2, 3, 4, 10]).outliers, 0)
    assert.equal(summarize([1, 2, 3, 4, 10.01]).outliers, 1)
    assert.equal(summarize([0.001, 2, 3, 4, 4]).outliers, 0)
  })

  it('does not mind the order, and scales with the unit', () => {
    fc.assert(
      fc.property(times, (list) => {
        const { medianMs, p95Ms, outliers } = summarize(list)
        assert.deepEqual(summarize([...list].reverse()).medianMs, medianMs)
        const twice = summarize(list.map((ms) => ms * 2)) // exact in binary
        assert.deepEqual([twice.medianMs, twice.p95Ms, twice.outliers], [medianMs * 2, p95Ms * 2, outliers])
      }),
    )
  })
})

describe('medianEstimate', () => {
  it('takes the whole range of six values: 1 - 2 / 2^6 = 96.9 %', () => {
    assert.deepEqual(medianEstimate([6, 1, 5, 2, 4, 3]), { value: 3.5, low: 1, high: 6 })
  })

  it('knows no interval of five: 1 - 2 / 2^5 = 93.8 %', () => {
    assert.deepEqual(medianEstimate([5, 1, 4, 2, 3]), { value: 3, low: null, high: null })
  })

  it('takes the ranks of the tables of the sign test', () => {
    const ranks = (n: number) => {
      const { low, high } = medianEstimate(Array.from({ length: n }, (_, i) => i + 1))
      return [low, high]
    }
    assert.deepEqual(ranks(9), [2, 8])
    assert.deepEqual(ranks(10), [2, 9])
    assert.deepEqual(ranks(20), [6, 15])
    assert.deepEqual(ranks(30), [10, 21])
    assert.deepEqual(ranks(100), [40, 61])
  })

  it('holds the true median in at least 93 of 100 samples', () => {
    let state = 1
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    let held = 0
    for (let trial = 0; trial < 2000; trial++) {
      const { low, high } = medianEstimate(Array.from({ length: 30 }, () => uniform() ** 3)) // median 1/8
      if (low !== null && high !== null && low <= 0.125 && high >= 0.125) held++
    }
    assert.ok(held >= 1860 && held < 2000, String(held))
  })
})

describe('pairedRatio', () => {
  it('is exact where one model always takes half as long, whatever slows a round', () => {
    const first = Array.from({ length: 40 }, (_, i) => 1 + (i % 7))
    assert.deepEqual(
      pairedRatio(
        first.map((ms) => ms / 2),
        first,
      ),
      { value: 0.5, low: 0.5, high: 0.5 },
    )
  })

  it('does not mind a few rounds in which one of them was disturbed', () => {
    const first = Array.from({ length: 300 }, () => 1)
    const second = first.map((_, i) => (i % 50 === 0 ? 100 : 2))
    assert.deepEqual(pairedRatio(second, first), { value: 2, low: 2, high: 2 })
  })

  it('has its value within its interval', () => {
    const pairs = fc.array(
      fc.tuple(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.double({ min: 0.1, max: 10, noNaN: true })),
      {
        minLength: 6,
        maxLength: 100,
      },
    )
    fc.assert(
      fc.property(pairs, (list) => {
        const { value, low, high } = pairedRatio(
          list.map(([a]) => a),
          list.map(([, b]) => b),
        )
        assert.ok(low !== null && high !== null && low <= value && value <= high)
      }),
    )
  })

  it('cannot tell how sure it is of three rounds', () => {
    assert.deepEqual(pairedRatio([2, 4, 6], [1, 2, 3]), { value: 2, low: null, high: null })
  })
})

describe('drift', () => {
  it('is the median of the second half by that of the first', () => {
    const times = [...Array.from({ length: 10 }, () => 2), ...Array.from({ length: 10 }, () => 3)]
    assert.equal(drift(times), 1.5)
  })

  it('is not told of few runs', () => {
    assert.equal(drift([1, 2, 3]), null)
  })
})

describe('thinned', () => {
  it('keeps all of few', () => {
    assert.deepEqual(thinned([3, 1, 2], 3), [3, 1, 2])
  })

  it('takes evenly spaced ones of many, in their order', () => {
    assert.deepEqual(thinned([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5), [0, 2, 4, 6, 8])
    assert.equal(
      thinned(
        Array.from({ length: 10_007 }, () => 1),
        10_000,
      ).length,
      10_000,
    )
  })
})
