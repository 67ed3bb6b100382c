import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeliveredModel, measureConsumers } from '../../../src/analysis/consumers/consumers.js'
import { digitForm } from '../../../src/encodings/digits.js'
import { UsageError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { elementCount } from '../../../src/ir/type.js'
import { readModel } from '../../../src/onnx/read.js'
import { encodeToBytes } from '../../../src/onnx/write.js'
import { parseTargets } from '../../../src/runtime/consumers/index.js'
import { store } from '../../encodings/models.js'

const LENET = 'fixtures/lenet-300-100.onnx'
const WEB_LIMIT = 2e9

/** Every matrix as 256 values: as they are, or in a codebook. */
function quantized(packed: boolean): Model {
  const { model } = readModel(LENET)
  for (const value of [...model.main.initializers]) {
    const { constant } = value
    if (constant?.dtype !== 'float32' || constant.shape.length < 2) continue
    const { shape } = constant
    const weights = new Float32Array(constant.read().buffer, 0, elementCount(shape))
    const step = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / 127
    const palette = Float32Array.from({ length: 256 }, (_, i) => (i - 127) * step)
    const codes = Uint8Array.from(weights, (w) => Math.round(w / step) + 127)
    if (packed) {
      store(model, value, {
        encoding: 'codebook',
        dtype: 'float32',
        shape,
        palette: new MemoryTensor('float32', [256], new Uint8Array(palette.buffer)),
        codes: { form: digitForm(256), order: 'planes', words: new MemoryTensor('uint8', [1, codes.length], codes) },
      })
    } else {
      const dense = Float32Array.from(codes, (code) => palette[code] ?? 0)
      model.setConstant(value, new MemoryTensor('float32', shape, new Uint8Array(dense.buffer)))
    }
  }
  return model
}

describe('measureConsumers', () => {
  let folder: string
  let made: { dense: DeliveredModel; packed: DeliveredModel }
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcompress-consumers-'))
    const write = (name: string, packed: boolean): DeliveredModel => {
      const path = join(folder, name)
      writeFileSync(path, encodeToBytes(quantized(packed)))
      const { model, bytes } = readModel(path)
      return { path, shown: name, external: [], model, bytes }
    }
    made = { dense: write('dense.onnx', false), packed: write('packed.onnx', true) }
  })
  after(() => rmSync(folder, { recursive: true }))

  const measure = async (
    target: string,
    {
      dense = made.dense,
      packed = made.packed,
      ...given
    }: Partial<Record<'dense' | 'packed', DeliveredModel>> & {
      readonly dims?: Readonly<Record<string, number>>
    } = {},
  ) => {
    const [measured] = await measureConsumers({
      targets: parseTargets([target]),
      before: dense,
      after: packed,
      folder: async () => mkdtempSync(join(folder, 'profiles-')),
      threads: 1,
      ...given,
    })
    assert.ok(measured)
    return measured
  }

  for (const target of ['node', 'node:basic', 'web']) {
    it(`finds that ${target} decodes at load, and gives the same outputs as of dense weights`, async () => {
      const { problem, folds, equalOutputs, createMs, runMs, peakBytes } = await measure(target)

      assert.equal(problem, null)
      assert.equal(folds, true)
      assert.equal(equalOutputs, true)
      assert.ok(createMs && createMs.before > 0 && createMs.after > 0)
      assert.ok(runMs && runMs.before > 0 && runMs.after > 0)
      assert.ok(peakBytes && peakBytes.before > made.dense.bytes, JSON.stringify(peakBytes))
      assert.ok(peakBytes.after > made.dense.bytes, JSON.stringify(peakBytes))
    })
  }

  for (const target of ['node:disabled', 'web:disabled']) {
    it(`finds that ${target} decodes in every run, and what that costs`, async () => {
      const { problem, folds, runMs, level } = await measure(target)

      assert.equal(problem, null)
      assert.equal(level, 'disabled')
      assert.equal(folds, false)
      assert.ok(runMs && runMs.after > 2 * runMs.before, JSON.stringify(runMs))
    })
  }

  it('says so when an engine does not load the result, and what it knows of other engines', async () => {
    const broken = { ...made.packed, path: join(folder, 'broken.onnx') }
    writeFileSync(broken.path, 'no model')

    const { problem, folds, createMs } = await measure('node', { packed: broken })

    assert.match(problem ?? '', /^It does not load the result: .*protobuf parsing failed/i)
    assert.deepEqual([folds, createMs], [null, null])
  })

  it('tells what loading takes of a model that does not run on made-up inputs', async () => {
    const path = 'node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx'
    const { model, bytes } = readModel(path)
    const silero = { path, shown: 'silero.onnx', external: [], model, bytes }

    const measured = await measure('node', { dense: silero, packed: silero, dims: {} })

    if (measured.problem !== null) assert.match(measured.problem, /"silero\.onnx" does not run on made-up inputs/)
    assert.ok(measured.createMs && measured.peakBytes)
    assert.equal(measured.runMs === null, measured.problem !== null)
  })

  it('does not give the web build what it cannot address', async () => {
    const { problem, createMs } = await measure('web', { dense: { ...made.dense, bytes: WEB_LIMIT + 1e9 } })

    assert.match(problem ?? '', /^Not loaded: .* 3\.0 GB, .* more than 2\.0 GB\.$/)
    assert.equal(createMs, null)
  })

  it('refuses a dimension that the model does not have', async () => {
    await assert.rejects(measure('node', { dims: { width: 3 } }), UsageError)
  })

  it('ends when it is asked to', async () => {
    const stopped = new AbortController()
    stopped.abort(new Error('enough'))
    const work = measureConsumers(
      { targets: parseTargets(['node']), before: made.dense, after: made.packed, folder: async () => folder },
      { signal: stopped.signal },
    )
    await assert.rejects(work, /enough/)
  })
})
