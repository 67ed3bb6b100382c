import assert from 'node:assert/strict'
import { UsageError } from '../../../src/errors.js'
import { constantOf } from '../../../src/ir/walk.js'
import { readModel } from '../../../src/onnx/read.js'
import { encodeModel } from '../../../src/onnx/write.js'
import { pack } from '../../../src/passes/pack/index.js'
import { fallOf, openTrial } from '../../../src/passes/pack/trial.js'
import { unpack } from '../../../src/passes/unpack/index.js'
import { temporaryFolder } from '../../support/data-files.js'
import { type Raw, runPass } from '../models.js'
import { learningFrom } from '../prune/learning.js'

const FASHION = ['images-idx3', 'labels-idx1'].map((name) => `fixtures/fashion-mnist/t10k-${name}-ubyte.gz`).join(',')

describe('Pack: --rounding gptq', () => {
  const pathIn = temporaryFolder()
  const lenet = () => readModel('fixtures/lenet5.onnx').model
  const data = () => learningFrom(FASHION, pathIn, { limit: 1500, batchSize: 250 })
  const packed = async (raw: Raw) => {
    const model = lenet()
    return { model, ...(await runPass(pack, model, raw, { data: data() })) }
  }

  it('keeps far more of the accuracy at two bits than nearest values do, in as many bytes', async () => {
    const weighed = { bits: '2', samples: '256' }
    const nearest = await packed({ ...weighed, weigh: 'hessian' })
    const rounded = await packed({ ...weighed, rounding: 'gptq' })

    const trial = await openTrial(lenet(), { data: data(), metric: null, seed: 0 })
    const [lostBefore, lost] = [
      fallOf(trial, await trial.value(nearest.model)),
      fallOf(trial, await trial.value(rounded.model)),
    ]
    assert.ok(lost < 0.4 * lostBefore, `${lost} of ${lostBefore}`)
    assert.equal(encodeModel(rounded.model).length, encodeModel(nearest.model).length)
    assert.equal(rounded.packing?.bound, '2 bits, rounded by gptq')
    assert.match(rounded.notes?.join(' ') ?? '', /the error of a layer's outputs is \d+ % of that with nearest values/)
    assert.equal(rounded.samples, 256)
  })

  it('leaves every weight a value of its palette, four of them at two bits', async () => {
    const { model, packing } = await packed({ bits: '2', rounding: 'gptq', samples: '64' })
    await runPass(unpack, model)

    for (const { value, shape } of packing?.weights ?? []) {
      if (shape.length < 2) continue
      const bytes = constantOf(value)?.read()
      assert.ok(bytes)
      assert.ok(new Set(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)).size <= 4, value.name)
    }
  })

  it('is refused where nothing is rounded, where many packings are tried, and without data', async () => {
    const refused = async (raw: Raw, message: RegExp) => assert.rejects(packed({ rounding: 'gptq', ...raw }), message)
    await refused({ lossless: true }, /--rounding says what weights become/)
    await refused({ maxDrop: '1%' }, /--max-drop tries many/)
    await refused({ curve: true }, /--curve tries many/)
    await assert.rejects(runPass(pack, lenet(), { rounding: 'gptq' }), UsageError)
  })
})
