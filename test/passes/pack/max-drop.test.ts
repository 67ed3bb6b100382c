import assert from 'node:assert/strict'
import { readModel } from '../../../src/onnx/read.js'
import { encodeModel } from '../../../src/onnx/write.js'
import { pack } from '../../../src/passes/pack/index.js'
import { fallOf, openTrial } from '../../../src/passes/pack/trial.js'
import { temporaryFolder } from '../../support/data-files.js'
import { type Raw, runPass } from '../models.js'
import { learningFrom } from '../prune/learning.js'

const FASHION = ['images-idx3', 'labels-idx1'].map((name) => `fixtures/fashion-mnist/t10k-${name}-ubyte.gz`).join(',')

describe('Pack: as small as a drop on data allows', () => {
  const pathIn = temporaryFolder()
  const lenet = () => readModel('fixtures/lenet-300-100.onnx').model
  const data = () => learningFrom(FASHION, pathIn, { limit: 1000, batchSize: 250 })
  const packed = async (raw: Raw) => {
    const model = lenet()
    return { model, ...(await runPass(pack, model, raw, { data: data() })) }
  }

  it('keeps the drop on the samples, in a file that is many times smaller', async () => {
    const { model, packing, notes, samples } = await packed({ maxDrop: 0.01 })

    const trial = await openTrial(lenet(), { data: data(), metric: null, seed: 0 })
    const value = await trial.value(model)
    assert.ok(fallOf(trial, value) <= 0.01 + 1e-9, `${trial.base} -> ${value}`)
    const [before, after] = [encodeModel(lenet()).length, encodeModel(model).length]
    assert.ok(after < before / 7, `${before} -> ${after} bytes`)
    const chosen = packing?.curve.filter((point) => point.chosen) ?? []
    assert.equal(chosen.length, 1)
    assert.ok(Math.abs((chosen[0]?.bytes ?? 0) - after) <= 16, `${chosen[0]?.bytes} and ${after} bytes`)
    assert.equal(chosen[0]?.value, value)
    assert.match(notes?.[0] ?? '', /^The smallest of \d packings that were tried whose top1 falls by at most 1 %/)
    assert.equal(samples, 1000)
  })

  it('shows the whole curve beside another bound, which it keeps', async () => {
    const { packing } = await packed({ bits: '8', curve: true })

    const curve = packing?.curve ?? []
    assert.ok(curve.length >= 8, `${curve.length} points`)
    assert.equal(curve.find(({ chosen }) => chosen)?.bound, '8 bits')
    assert.ok((curve[0]?.value ?? 1) < (curve.at(-1)?.value ?? 0), '2 bits do worse than nearly all')
  })
})
