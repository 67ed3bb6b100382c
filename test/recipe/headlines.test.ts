import assert from 'node:assert/strict'
import { headlines } from '../../src/recipe/headlines.js'
import { makeStep } from '../../src/recipe/recipe.js'
import type { MetricReport } from '../../src/report/report.js'
import { LENET, layer, model } from '../report/lenet.js'
import { pack } from '../report/packing-sample.js'
import { passOf } from './models.js'

const before = model(
  'a.onnx',
  LENET.map((w) => layer(w)),
  236,
  { gzipBytes: 200_000 },
)
const after = model(
  'b.onnx',
  LENET.map((w) => layer(w, 0.8)),
  236,
  { gzipBytes: 80_000 },
)
const top1: MetricReport = {
  name: 'top1',
  output: 'logits',
  better: 'higher',
  unit: 'fraction',
  against: 'labels',
  samples: 1000,
  before: 0.92,
  after: 0.9,
}
const steps = (raw: object = {}) => [makeStep(passOf('prune'), { ...raw })]

describe('The headlines of a report', () => {
  it('say what became zero and what it cost, why the file is no smaller, and what to try', () => {
    assert.deepEqual(headlines({ before, after, metrics: [top1] }, steps(), []), [
      '80.0 % of the weights are zero (0 % before); top1 92.0 % → 90.0 %.',
      'File size unchanged: zeros are stored like other values. Smaller: add --pack. Faster: prune structured. Gzipped, as servers send it, it is 2.5x smaller (80.0 kB).',
      'Accuracy fell: --criterion lamp spares the small layers, and --criterion sparsegpt --data SPEC makes the weights that stay make up for the others; both mostly lose less.',
    ])
  })

  it('suggest nothing where accuracy held, or where the pass knows nothing better', () => {
    const held = [{ ...top1, after: 0.915 }]
    assert.equal(headlines({ before, after, metrics: held }, steps(), []).length, 2)
    const best = steps({ criterion: 'sparsegpt', scope: 'global' })
    assert.equal(headlines({ before, after, metrics: [top1] }, best, []).length, 2)
  })

  it('suggest the next better way to choose weights', () => {
    const hint = (raw: object) => headlines({ before, after, metrics: [top1] }, steps(raw), []).at(-1) ?? ''
    assert.match(hint({ criterion: 'lamp' }), /--criterion sparsegpt --data SPEC .* in the same layers/)
    assert.match(hint({ pattern: '2:4' }), /--criterion sparsegpt --data SPEC/)
    assert.match(hint({ criterion: 'sparsegpt', scope: 'layer' }), /--scope global/)
    assert.match(hint({ criterion: 'wanda' }), /--scope global/)
  })

  it('say when accuracy was not measured', () => {
    const [first, , last] = headlines({ before, after, metrics: [] }, steps(), [])

    assert.equal(first, '80.0 % of the weights are zero (0 % before).')
    assert.equal(last, 'What this costs in accuracy was not measured: add --eval-data.')
  })

  it('say how far the outputs are where they were compared, and miss no data then', () => {
    const output = {
      ...{ name: 'logits', elements: 640, maxError: 1, meanError: 0.1, maxMagnitude: 9, sqnrDb: 21.3, cosine: 0.99 },
      ...{ nonFinite: null, agreement: { share: 0.95, low: 0.87, high: 0.98, decisions: 64 } },
    }
    const nothing = { layers: null, unmatched: null, skipped: [], culprit: null }
    const comparison = { a: 'a.onnx', b: 'b.onnx', samples: 64, outputs: [output], ...nothing }

    const lines = headlines({ before, after, metrics: [], comparison }, steps(), [])

    assert.equal(
      lines.at(-1),
      'The outputs differ: SQNR 21.3 dB, top-1 agreement 95.0 % (95 % interval 87.0 % to 98.0 %) on 64 samples.',
    )
    assert.doesNotMatch(lines.join(), /not measured/)
  })

  it('say how the size changed where it did, and nothing of a gzip that grew', () => {
    const smaller = { ...after, bytes: before.bytes / 4, gzipBytes: 300_000 }

    const [, size] = headlines({ before, after: smaller, metrics: [top1] }, steps(), [])

    assert.match(size ?? '', /^File size 248\.6 kB → 62\.2 kB, 4\.0x smaller\.$/)
  })

  it('say small changes as they are, and nothing of a gzip that gained next to nothing', () => {
    const said = (bytes: number, gzipBytes: number) =>
      headlines({ before, after: { ...after, bytes, gzipBytes }, metrics: [top1] }, steps(), [])[1]

    assert.equal(
      said(before.bytes, 199_000),
      'File size unchanged: zeros are stored like other values. Smaller: add --pack. Faster: prune structured.',
    )
    assert.equal(
      said(before.bytes - 300, 199_000),
      'File size nearly unchanged (-0.1 %): zeros are stored like other values. Smaller: add --pack. Faster: prune structured.',
    )
    assert.equal(
      said(before.bytes + 8, 190_000),
      'File size nearly unchanged (+8 B): zeros are stored like other values. Smaller: add --pack. Faster: prune structured. Gzipped, as servers send it, it is 5.0 % smaller (190.0 kB).',
    )
    assert.equal(said(before.bytes * 0.9, 199_000), 'File size 248.6 kB → 223.8 kB, -10.0 %.')
  })

  it('say nothing of zeros and accuracy where the outputs are equal', () => {
    const upgraded = [makeStep(passOf('upgrade'), { opset: 17 })]

    const said = headlines({ before, after: { ...before, path: 'b.onnx' }, metrics: [] }, upgraded, ['Opset 9 → 17.'])

    assert.deepEqual(said, ['Opset 9 → 17.', 'File size unchanged.'])
  })

  it('hold for a model without weights', () => {
    const none = model('a.onnx', [], 12)

    assert.match(headlines({ before: none, after: none, metrics: [] }, steps(), [])[0] ?? '', /^0 % of the weights/)
  })

  it('say of structured pruning what the model takes now, and what could not be verified', () => {
    const smaller = model(
      'b.onnx',
      LENET.slice(0, 2).map((w) => layer(w)),
      120,
    )
    const structured = {
      ...{ goal: 'ratio 0.5 of each group', groups: [], frozen: [], blocks: [], recovered: [] },
      oracle: { maxError: 0, limit: 1e-4, inputs: 2, notes: ['In output "y" there is no number: it shows nothing.'] },
    }
    const step = [makeStep(passOf('prune-structured'), {})]

    const lines = headlines({ before, after: smaller, metrics: [top1], structured }, step, ['A note.'])

    assert.match(
      lines[0] ?? '',
      /^61\.7 k parameters → 2\D670, 416\.5 k MACs → 357\.6 k \(-14\.1 %\), file 248\.6 kB → 12\.5 kB \(19\.9x smaller\); top1 92\.0 % → 90\.0 %\.$/,
    )
    assert.deepEqual(lines.slice(1), ['A note.', 'In output "y" there is no number: it shows nothing.'])
  })

  it('say of structured pruning that accuracy was not measured, and nothing of operations that are not known', () => {
    const unknown = { ...before, macs: { ...before.macs, total: null } }
    const structured = { goal: '', groups: [], frozen: [], blocks: [], recovered: [], oracle: null }
    const step = [makeStep(passOf('prune-structured'), {})]

    const lines = headlines({ before: unknown, after: unknown, metrics: [], structured }, step, [])

    assert.deepEqual(lines, [
      '61.7 k parameters → 61.7 k, file 248.6 kB → 248.6 kB (unchanged).',
      'What this costs in accuracy was not measured: add --eval-data.',
    ])
  })

  it('say first what packing made of a model that was cut, and do not promise runs as long as before', () => {
    const structured = { goal: '', groups: [], frozen: [], blocks: [], recovered: [], oracle: null }
    const packing = pack().packing
    const both = [makeStep(passOf('prune-structured'), {}), makeStep(passOf('pack'), { bits: 8 })]

    const lines = headlines({ before, after, metrics: [], structured, packing }, both, [])

    assert.match(lines[0] ?? '', /^File size /)
    assert.match(lines[1] ?? '', /^61\.7 k parameters → 61\.7 k, /)
    assert.match(lines.at(-1) ?? '', /decoded once, at load: a run takes as long as with dense ones\.$/)
    assert.doesNotMatch(lines.join(), /are zero/)
  })
})
