import assert from 'node:assert/strict'
import { benchHeadlines } from '../../src/recipe/bench-headlines.js'
import type { BenchModelReport } from '../../src/report/report.js'
import { bench } from '../report/bench-sample.js'

const [FIRST] = bench().bench?.models ?? []

function headline(...models: readonly Partial<BenchModelReport>[]): string {
  assert.ok(FIRST)
  const [text = '', ...more] = benchHeadlines({ models: models.map((model) => ({ ...FIRST, ...model })) })
  assert.deepEqual(more, [])
  return text
}

const A = { path: 'a.onnx', medianMs: 2, runs: 100 }

describe('benchHeadlines', () => {
  it('tells how long a single model takes', () => {
    assert.equal(headline(A), 'a.onnx takes 2.00 ms per run, the median of 100 runs.')
  })

  it('tells how much faster or slower the second is, and how sure that is', () => {
    const faster = { path: 'b.onnx', medianMs: 1, ratio: { value: 0.5, low: 0.4, high: 0.625 } }
    const slower = { path: 'b.onnx', medianMs: 3, ratio: { value: 1.5, low: 1.4, high: 1.6 } }
    assert.equal(
      headline(A, faster),
      'b.onnx is 2.00x faster than a.onnx (95 % sure: 1.60 to 2.50): 1.00 ms per run, not 2.00 ms.',
    )
    assert.equal(
      headline(A, slower),
      'b.onnx is 1.50x slower than a.onnx (95 % sure: 1.40 to 1.60): 3.00 ms per run, not 2.00 ms.',
    )
  })

  it('claims nothing where the interval contains 1', () => {
    const same = { path: 'b.onnx', medianMs: 2.1, ratio: { value: 1.02, low: 0.98, high: 1.06 } }
    assert.match(headline(A, same), /^b\.onnx and a\.onnx differ by nothing that this run can show \(95 % sure: 0\.980/)
  })

  it('names the fastest of many', () => {
    const b = { path: 'b.onnx', medianMs: 1, ratio: { value: 0.5, low: 0.4, high: 0.6 } }
    const c = { path: 'c.onnx', medianMs: 4, ratio: { value: 2, low: 1.9, high: 2.1 } }
    assert.match(headline(A, c, b), /^The fastest of 3: b\.onnx is 2\.00x faster than a\.onnx/)
    assert.equal(headline(A, c, { ...c, path: 'd.onnx' }), 'None is faster than a.onnx, which takes 2.00 ms per run.')
  })

  it('says nothing of how sure it is where that is not known', () => {
    const few = { path: 'b.onnx', medianMs: 1, ratio: { value: 0.5, low: null, high: null } }
    assert.equal(headline(A, few), 'b.onnx is 2.00x faster than a.onnx: 1.00 ms per run, not 2.00 ms.')
  })
})
