import assert from 'node:assert/strict'
import { asOne, type Runs, runsHeadline, runsRows, runsWarning, sameOrigin } from '../../../src/report/content/runs.js'
import { settings } from '../../../src/report/content/settings.js'
import type { Report } from '../../../src/report/report.js'
import { benchTwo, everything, inspectWhy } from '../full-samples.js'
import { pruneWithMetrics } from '../lenet.js'

/** The same run with fewer zeros, and a better accuracy. */
function gentler(): Report {
  const report = pruneWithMetrics()
  const [step] = report.steps
  assert.ok(step && report.after)
  return {
    ...report,
    steps: [{ ...step, options: { ...step.options, sparsity: 0.6, criterion: 'lamp' } }],
    after: { ...report.after, path: 'out/gentle.onnx', nonZeroParameters: 24_824, gzipBytes: 118_700 },
    metrics: report.metrics.map((m) => (m.name === 'top1' ? { ...m, after: 0.9007 } : m)),
  }
}

const RUNS: Runs = { old: pruneWithMetrics(), new: gentler() }

const rowOf = (runs: Runs, label: string) => {
  const row = runsRows(runs).find((each) => each.label === label)
  return row && [row.original, row.before, row.after, row.change, row.verdict]
}

describe('two runs side by side', () => {
  it('have three figures each: before, old and new, and what the change means', () => {
    assert.deepEqual(rowOf(RUNS, 'Gzipped'), ['229.9 kB', '71.2 kB', '118.7 kB', '1.7x larger', 'worse'])
    assert.deepEqual(rowOf(RUNS, 'top1'), ['90.1 %', '89.8 %', '90.1 %', '+0.2 pp', 'better'])
    assert.deepEqual(rowOf(RUNS, 'Size on disk'), ['248.6 kB', null, '248.6 kB', 'unchanged', 'same'])
    assert.deepEqual(rowOf(RUNS, 'agreement'), [null, null, '96.1 %', 'unchanged', 'same'])
  })

  it('begin with what changed, quality before sizes', () => {
    assert.equal(
      runsHeadline(RUNS),
      'top1 89.8 % → 90.1 %; Gzipped 71.2 kB → 118.7 kB; Non-zero 11\u202f777 → 24\u202f824.',
    )
    assert.equal(runsHeadline({ old: RUNS.old, new: RUNS.old }), 'Both runs came to the same.')
  })

  it('join the layers of their results', () => {
    const one = asOne({ old: everything(), new: { ...everything(), after: everything().before } })
    assert.equal(one.before.layers[2]?.nonZero, 7_584)
    assert.equal(one.after.layers[2]?.nonZero, 48_000)
  })

  it('show a metric that only one of them has, without making up the other', () => {
    const without: Report = { ...pruneWithMetrics(), metrics: [] }
    assert.deepEqual(rowOf({ old: without, new: gentler() }, 'top1'), ['90.1 %', '–', '90.1 %', null, 'neutral'])
    assert.deepEqual(rowOf({ old: gentler(), new: without }, 'top1'), ['90.1 %', '90.1 %', '–', null, 'neutral'])
  })

  it('compare latencies, but claim nothing of runs that were not interleaved', () => {
    const faster = benchTwo()
    assert.ok(faster.bench)
    const slow = { ...faster, bench: { ...faster.bench, models: faster.bench.models.slice(0, 1) } }
    assert.deepEqual(rowOf({ old: slow, new: faster }, 'Latency'), [
      '0.482 ms',
      '0.482 ms',
      '0.254 ms',
      '1.9x faster',
      'neutral',
    ])
    assert.equal(rowOf({ old: pruneWithMetrics(), new: faster }, 'Latency'), undefined)
  })

  it('of the same command on one model without a result are of that model alone', () => {
    const inspected = inspectWhy()
    assert.deepEqual(rowOf({ old: inspected, new: inspected }, 'Parameters'), [
      null,
      null,
      '61\u202f706',
      'unchanged',
      'same',
    ])
  })

  it('that began with different models say so, and have no figures of one original', () => {
    const other = { ...gentler(), before: { ...gentler().before, path: 'other.onnx', parameters: 9 } }
    const runs = { old: pruneWithMetrics(), new: other }
    assert.equal(sameOrigin(runs), false)
    assert.equal(
      runsWarning(runs),
      'The two runs began with different models: "fixtures/lenet5.onnx" and "other.onnx".',
    )
    assert.equal(rowOf(runs, 'Gzipped')?.[0], null)
    assert.equal(runsWarning(RUNS), null)
  })

  it('that were measured on other samples, or other data, say so', () => {
    const fewer = gentler()
    const runs = {
      old: pruneWithMetrics(),
      new: { ...fewer, metrics: fewer.metrics.map((m) => ({ ...m, samples: 500 })) },
    }
    const elsewhere = { ...gentler(), data: gentler().data.map((data) => ({ ...data, spec: 'other.npz' })) }
    assert.equal(
      runsWarning(runs),
      'top1 was measured on 10\u202f000 samples in the old run and on 500 in the new one: not the same data.',
    )
    assert.equal(
      runsWarning({ old: pruneWithMetrics(), new: elsewhere }),
      'The two runs were measured on different data.',
    )
  })

  it('know a model by its hash, whatever it is called', () => {
    const hashed = (path: string, sha256: string): Report => {
      const report = pruneWithMetrics()
      return { ...report, before: { ...report.before, path, files: [{ name: path, bytes: 1, sha256 }] } }
    }
    assert.equal(sameOrigin({ old: hashed('a.onnx', 'aa'), new: hashed('b.onnx', 'aa') }), true)
    assert.equal(sameOrigin({ old: hashed('a.onnx', 'aa'), new: hashed('a.onnx', 'bb') }), false)
  })

  it('list what they were told, and mark what differs', () => {
    const differing = settings(RUNS).filter(({ differs, label }) => differs && label !== 'command')
    assert.deepEqual(differing, [
      { label: 'result', old: 'out/lenet5.pruned.onnx', new: 'out/gentle.onnx', differs: true },
      { label: 'prune sparsity', old: '0.8', new: '0.6', differs: true },
      { label: 'prune criterion', old: 'magnitude', new: 'lamp', differs: true },
    ])
    const labels = settings(RUNS).map(({ label }) => label)
    for (const label of ['model', 'prune exclude', 'data for evaluation', 'seed', 'mcompress', 'ONNX Runtime']) {
      assert.ok(labels.includes(label), label)
    }
  })
})
