import assert from 'node:assert/strict'
import { benchNames, histograms, speedText, speedVerdict } from '../../../src/report/content/bench.js'
import type { BenchReport } from '../../../src/report/report.js'
import { bench, benchOfMany } from '../bench-sample.js'

const ratio = (value: number, low: number | null, high: number | null) => ({ value, low, high })

function benchOf(report: { readonly bench: BenchReport | null }): BenchReport {
  assert.ok(report.bench)
  return report.bench
}

describe('speedText', () => {
  it('says a factor above 1 and the word for it, with the interval the same way round', () => {
    assert.equal(speedText(ratio(0.5, 0.4, 0.625)), '2.00x faster (1.60 to 2.50)')
    assert.equal(speedText(ratio(1.5, 1.4, 1.6)), '1.50x slower (1.40 to 1.60)')
    assert.equal(speedText(ratio(0.05, 0.04, 0.1)), '20.0x faster (10.0 to 25.0)')
    assert.equal(speedText(ratio(250, 240.4, 260)), '250x slower (240 to 260)')
  })

  it('claims no difference that the interval does not bear, nor one below 1 %', () => {
    assert.equal(speedText(ratio(1.1, 0.99, 1.2)), 'no difference that this run can show (0.99 to 1.20)')
    assert.equal(speedText(ratio(0.995, 0.993, 0.997)), 'no difference that this run can show (1.003 to 1.007)')
  })

  it('has a dash for the first model, and no interval where none is known', () => {
    assert.equal(speedText(null), '–')
    assert.equal(speedText(ratio(2, null, null)), '2.00x slower')
  })
})

describe('speedVerdict', () => {
  it('is better, worse, the same, or none', () => {
    assert.equal(speedVerdict(ratio(0.5, 0.4, 0.6)), 'better')
    assert.equal(speedVerdict(ratio(2, 1.9, 2.1)), 'worse')
    assert.equal(speedVerdict(ratio(1, 1, 1)), 'same')
    assert.equal(speedVerdict(ratio(0.5, null, null)), 'neutral')
    assert.equal(speedVerdict(null), 'neutral')
  })
})

describe('benchNames', () => {
  it('numbers a file that is measured against itself', () => {
    assert.deepEqual(benchNames(benchOf(benchOfMany())).slice(0, 2), [
      'fixtures/lenet5.onnx',
      'fixtures/lenet5.onnx (2)',
    ])
  })
})

describe('histograms', () => {
  const withTimes = (...times: readonly (readonly number[])[]): BenchReport => {
    const report = benchOf(bench())
    const [first] = report.models
    assert.ok(first)
    return {
      ...report,
      models: times.map((timesMs) => ({ ...first, timesMs, minMs: Math.min(...timesMs), medianMs: 2, spread: 0.5 })),
    }
  }

  it('counts on one logarithmic axis, slower runs in the last bin', () => {
    // From 1 to 2 * (1 + 2 * 0.5) = 4: two bins, parted at 2.
    assert.deepEqual(histograms(withTimes([1, 1.5, 1.9, 2.1, 100], [3, 3]), 2), {
      fromMs: 1,
      toMs: 4,
      bins: [
        [1, 2 / 3],
        [0, 1],
      ],
    })
  })

  it('is none where all times are nothing', () => {
    assert.equal(histograms(withTimes([0, 0]), 2), null)
  })
})
