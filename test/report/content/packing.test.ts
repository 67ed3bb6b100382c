import assert from 'node:assert/strict'
import { otherChanges } from '../../../src/report/content/groups.js'
import {
  compressedSizes,
  consumerName,
  consumerRows,
  curveRows,
  curveText,
  decodingText,
  outputsText,
  packedRest,
  packedRows,
  packedTotal,
} from '../../../src/report/content/packing.js'
import type { ConsumerReport, PackedWeightReport, PackingReport } from '../../../src/report/report.js'
import { pack, packUnlucky } from '../packing-sample.js'

const packingOf = ({ packing }: ReturnType<typeof pack>): PackingReport => packing ?? assert.fail('not packed')
const packing = packingOf(pack())
const [consumer = assert.fail('no consumer')] = packing.consumers
const withError = (error: number): string | undefined => {
  const [weight = assert.fail('no weight')] = packing.weights
  const changed: PackedWeightReport = { ...weight, error }
  return packedRows({ ...packing, weights: [changed] }, 1)[0]?.error
}

describe('What is said of packed weights', () => {
  it('is what each takes, how many times less that is, and what it lost', () => {
    assert.deepEqual(packedRows(packing, 2)[0], {
      weight: 'fc1.weight',
      op: 'Gemm',
      shape: [300, 784],
      encoding: 'gaps below 40 + codebook of 16',
      sparsity: '92.0 %',
      bits: '0.83',
      before: '940.8 kB',
      after: '24.3 kB',
      factor: '38.7x',
      error: '0.93 %',
    })
    assert.equal(packedRows(packing, 2).length, 2)
  })

  it('has errors in two digits, and exact where there is none', () => {
    assert.deepEqual(
      [0, 1e-4, 0.04, 0.0994, 0.126, 0.996, 1.2].map((error) => withError(error)),
      ['exact', '0.010 %', '4.0 %', '9.9 %', '13 %', '100 %', '120 %'],
    )
  })

  it('sums them up, with the largest error', () => {
    const total = packedTotal(packing)
    assert.deepEqual(
      [total.weight, total.sparsity, total.bits, total.after, total.error],
      ['all 4 weights', '91.0 %', '0.95', '31.6 kB', '0.93 %'],
    )
    assert.equal(packedTotal(packingOf(packUnlucky())).error, 'exact')
  })

  it('tells what is not in a table', () => {
    assert.equal(packedRest(packing, 4), null)
    assert.equal(packedRest(packing, 2), 'and 2 smaller ones with 6.9 % of the packed bytes')
  })

  it('is not said again among the other changes', () => {
    const report = pack()
    const [step = assert.fail('no step')] = report.steps
    const other = { target: 'fc9.bias', what: 'stored once' }
    const changes = otherChanges({ ...report, steps: [{ ...step, changed: [...step.changed, other] }] })
    assert.deepEqual(changes, [{ text: 'stored once', targets: ['fc9.bias'] }])
  })
})

describe('What is said of consumers', () => {
  it('is what loading and running take beside dense weights', () => {
    assert.deepEqual(
      consumerRows(consumer).map(({ quantity, before, after, change, verdict }) =>
        [quantity, before, after, change, verdict].join(' | '),
      ),
      [
        'time to load | 21.8 ms | 30.4 ms | 1.39x longer | neutral',
        'peak memory | 26.2 MB | 28.9 MB | 1.10x more | neutral',
        'a run | 22.3 µs | 22.5 µs | as fast | same',
      ],
    )
    assert.equal(consumerName(consumer), 'onnxruntime-node 1.30.0')
    assert.equal(decodingText(consumer), 'decoded once, at load')
    assert.equal(outputsText(consumer), '')
    assert.equal(outputsText({ ...consumer, equalOutputs: true }), 'equal bit for bit')
  })

  it('is a warning where weights are decoded in every run', () => {
    const slow: ConsumerReport = { ...consumer, level: 'disabled', folds: false, runMs: { before: 0.24, after: 17.1 } }
    const run = consumerRows(slow).find(({ quantity }) => quantity === 'a run')
    assert.deepEqual([run?.change, run?.verdict], ['71.3x longer', 'worse'])
    assert.equal(decodingText(slow), 'decoded in every run')
    assert.equal(consumerName(slow), 'onnxruntime-node 1.30.0, level disabled')
  })

  it('is nothing where nothing is known', () => {
    const unknown = { ...consumer, folds: null, equalOutputs: null, createMs: null, runMs: null, peakBytes: null }
    assert.deepEqual(consumerRows(unknown), [])
    assert.equal(decodingText(unknown), '')
  })
})

describe('What is said of packings that were tried', () => {
  it('is the size beside the metric, the model as it came in at the end', () => {
    const rows = curveRows(pack())
    assert.equal(rows.length, 8)
    assert.deepEqual(rows[3], {
      bound: 'file of at most 33540 bytes',
      bytes: '33.5 kB',
      change: '31.9x smaller',
      value: '98.1 %',
      loss: '-0.1 pp',
      chosen: true,
    })
    assert.deepEqual(rows.at(-1), {
      bound: 'as it came in',
      bytes: '1.07 MB',
      change: '',
      value: '98.2 %',
      loss: '',
      chosen: false,
    })
    assert.equal(curveText(packing), '7 packings were tried; the one that was taken has 33.5 kB, and top1 at 98.1 %.')
  })

  it('is nothing where none was', () => {
    assert.deepEqual(curveRows(packUnlucky()), [])
  })
})

describe('Sizes before and after packing', () => {
  it('are those of the file and of what servers send, as far as they are known', () => {
    assert.deepEqual(
      compressedSizes(pack()).map(({ label, change }) => `${label}: ${change}`),
      ['raw: 31.9x smaller', 'gzip: 4.2x smaller', 'zstd: 4.1x smaller'],
    )
    assert.deepEqual(
      compressedSizes(packUnlucky()).map(({ label }) => label),
      ['raw'],
    )
    assert.deepEqual(compressedSizes({ ...pack(), after: null }), [])
  })
})
