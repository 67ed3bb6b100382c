import assert from 'node:assert/strict'
import { modelRows } from '../../../src/report/content/comparison.js'
import { macsNote } from '../../../src/report/content/facts.js'
import { metricRows } from '../../../src/report/content/metric-rows.js'
import type { MetricReport, ModelReport } from '../../../src/report/report.js'
import { LENET, layer, model, pruneWithMetrics } from '../lenet.js'

const LAYERS = LENET.map((w) => layer(w))
const rowOf = (label: string, after: Partial<ModelReport>, before: Partial<ModelReport> = {}) =>
  modelRows(model('a', LAYERS, 0, before), model('b', LAYERS, 0, after)).find((row) => row.label === label)

function metricRow(given: Partial<MetricReport>) {
  const report = pruneWithMetrics()
  const [first] = report.metrics
  assert.ok(first)
  return metricRows({ ...report, metrics: [{ ...first, ...given }] })[0]
}

describe('report comparison: what became better, worse or stayed', () => {
  it('says one number and "unchanged" where nothing changed', () => {
    assert.deepEqual(rowOf('MACs', {}), {
      label: 'MACs',
      before: null,
      after: '416\u202f520',
      change: 'unchanged',
      verdict: 'same',
      note: 'with N = 1',
    })
  })

  it('a smaller file is better, a larger one worse, more zeros neither', () => {
    assert.equal(rowOf('Size on disk', { bytes: 100 }, { bytes: 1000 })?.verdict, 'better')
    assert.equal(rowOf('Size on disk', { bytes: 1000 }, { bytes: 100 })?.verdict, 'worse')
    assert.equal(rowOf('Sparsity', { nonZeroParameters: 1 })?.verdict, 'neutral')
  })

  it('has no line for a gzipped size that nobody measured', () => {
    assert.equal(rowOf('Gzipped', {}), undefined)
    const half = rowOf('Gzipped', { gzipBytes: 100 })
    assert.deepEqual([half?.before, half?.after, half?.change], ['–', '100 B', null])
  })

  it('shows versions and nodes only when they changed', () => {
    assert.deepEqual(
      modelRows(model('a', LAYERS, 0), model('b', LAYERS, 0)).map((row) => row.label),
      ['Size on disk', 'Parameters', 'Non-zero', 'Sparsity', 'MACs'],
    )
    assert.equal(rowOf('Nodes', { nodes: 6 })?.change, '2.0x fewer')
    assert.equal(rowOf('Opset', { opsets: { '': 18 } })?.change, 'converted')
    assert.equal(rowOf('Opset of com.microsoft', { opsets: { '': 17, 'com.microsoft': 1 } })?.change, 'added')
    assert.equal(rowOf('IR version', { irVersion: 9 })?.after, '9')
  })

  it('says what MACs were counted for, and for which nodes not', () => {
    assert.equal(macsNote({ total: 1, assumed: {}, unknown: [] }), null)
    assert.equal(
      macsNote({ total: 1, assumed: { N: 1, T: 128, a: 2, b: 3 }, unknown: ['n1'] }),
      'with N = 1, T = 128, a = 2, ... (4 assumed), without 1 node of unknown shape',
    )
  })

  it('judges metrics by their own direction, and says so where less is better', () => {
    const accuracy = metricRow({ before: 0.9, after: 0.8 })
    assert.deepEqual([accuracy?.change, accuracy?.verdict], ['-10.0 pp', 'worse'])
    const error = metricRow({ better: 'lower', unit: 'number', before: 0.5, after: 0.25 })
    assert.deepEqual([error?.change, error?.verdict], ['-0.25 (better)', 'better'])
  })

  it('a metric that became NaN is worse, one that became infinite better', () => {
    assert.deepEqual([metricRow({ after: 'NaN' })?.change, metricRow({ after: 'NaN' })?.verdict], ['worse', 'worse'])
    assert.equal(metricRow({ unit: 'dB', after: 'Infinity' })?.change, 'better')
  })

  it('names the samples once for metrics that share them, and the model that came in "original"', () => {
    assert.deepEqual(
      metricRows(pruneWithMetrics()).map((row) => row.note),
      ['10\u202f000 samples vs labels', null, '10\u202f000 samples vs original', null],
    )
  })

  it('names the output where there are several', () => {
    const report = pruneWithMetrics()
    const metrics = report.metrics.slice(0, 2).map((m, i) => ({ ...m, output: `y${i}` }))
    assert.deepEqual(
      metricRows({ ...report, metrics }).map((row) => row.label),
      ['top1 of y0', 'top5 of y1'],
    )
  })
})
