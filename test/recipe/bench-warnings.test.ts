import assert from 'node:assert/strict'
import { benchWarnings, type Machine } from '../../src/recipe/bench-warnings.js'
import type { BenchModelReport } from '../../src/report/report.js'

const STEADY: BenchModelReport = {
  path: 'a.onnx',
  bytes: 1,
  inputs: [{ name: 'x', type: 'float32[1,3]' }],
  batch: 1,
  runs: 1000,
  medianMs: 1,
  p95Ms: 1,
  minMs: 1,
  meanMs: 1,
  spread: 0.02,
  outliers: 10,
  ratio: null,
  createMs: 1,
  peakBytes: 1,
  timesMs: [],
}
const MACHINE: Machine = { cores: 2, governor: null }
const QUIET = { othersCores: 0.1 }

function warnings(
  models: readonly Partial<BenchModelReport>[],
  given: {
    readonly othersCores?: number | null
    readonly timesMs?: readonly number[]
    readonly openBatch?: boolean
    readonly threads?: number
    readonly batchSize?: number
    readonly machine?: Partial<Machine>
  } = {},
): string[] {
  const { othersCores = QUIET.othersCores, timesMs = [], openBatch = true, threads = null, batchSize = null } = given
  return benchWarnings(
    models.map((model) => ({ ...STEADY, ...model })),
    { othersCores, models: models.map(() => ({ timesMs, openBatch })) },
    { threads, batchSize },
    { ...MACHINE, ...given.machine },
  )
}

describe('benchWarnings', () => {
  it('has nothing against steady times on a quiet machine', () => {
    assert.deepEqual(warnings([{}, { path: 'b.onnx', ratio: { value: 1, low: 0.9, high: 1.1 } }]), [])
  })

  it('names the models whose interquartile range is more than a tenth of the median', () => {
    assert.deepEqual(warnings([{ spread: 0.1 }, { path: 'b.onnx', spread: 0.34 }]), [
      'Times spread widely around their median: b.onnx ±17 %. --min-time 10s steadies it.',
    ])
  })

  it('counts outliers from more than one in a hundred on', () => {
    assert.deepEqual(warnings([{ outliers: 11 }, { path: 'b.onnx', runs: 10, outliers: 1 }]), [
      'Some runs took far longer than the others: a.onnx 11 of 1\u202f000, b.onnx 1 of 10. The median does not mind, p95 does.',
    ])
  })

  it('sees the machine change', () => {
    const half = (ms: number) => Array.from({ length: 10 }, () => ms)
    assert.match(
      warnings([{}], { timesMs: [...half(1), ...half(1.2)] })[0] ?? '',
      /^The second half .*: a\.onnx 20 % slower\.$/,
    )
    assert.match(warnings([{}], { timesMs: [...half(1), ...half(0.9)] })[0] ?? '', /a\.onnx 10 % faster\.$/)
    assert.deepEqual(warnings([{}], { timesMs: [...half(1), ...half(1.04)] }), [])
  })

  it('tells what other programs took, where the system tells', () => {
    assert.deepEqual(warnings([{}], { othersCores: 1.24 }), [
      'Other programs kept 1.2 of 2 cores busy: end them, and measure again.',
    ])
    assert.deepEqual(warnings([{}], { othersCores: null }), [])
  })

  it('speaks of the clock only where times were not steady', () => {
    const machine = { governor: 'powersave' }
    assert.deepEqual(warnings([{}], { machine }), [])
    assert.match(warnings([{ spread: 0.2 }], { machine })[1] ?? '', /governor "powersave"/)
    assert.equal(warnings([{ spread: 0.2 }], { machine: { governor: 'performance' } }).length, 1)
  })

  it('advises against more threads than cores', () => {
    assert.deepEqual(warnings([{}], { threads: 2 }), [])
    assert.deepEqual(warnings([{}], { threads: 3 }), [
      '3 threads share 2 cores and wait for one another: --threads 2 is faster.',
    ])
  })

  it('says when models were not fed alike, in whatever order their inputs stand', () => {
    const [x, y] = [
      { name: 'x', type: 'float32[1]' },
      { name: 'y', type: 'float32[1]' },
    ]
    assert.deepEqual(warnings([{ inputs: [x, y] }, { inputs: [y, x] }]), [])
    assert.match(
      warnings([{ inputs: [x, y] }, { path: 'b.onnx', inputs: [x] }])[0] ?? '',
      /a\.onnx and b\.onnx were not/,
    )
  })

  it('says when a batch size does not apply', () => {
    assert.deepEqual(warnings([{}], { batchSize: 8, openBatch: false }), [
      'a.onnx is built for 1 sample per run: --batch-size does not apply.',
    ])
    assert.deepEqual(warnings([{ batch: 8 }], { batchSize: 8, openBatch: false }), [])
  })

  it('says when the rounds are too few for an interval', () => {
    assert.deepEqual(warnings([{}, { ratio: { value: 2, low: null, high: null } }]), [
      'Fewer than six rounds cannot tell how sure a ratio is: --runs 10.',
    ])
  })
})
