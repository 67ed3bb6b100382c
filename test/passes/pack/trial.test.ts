import assert from 'node:assert/strict'
import { evaluate } from '../../../src/analysis/evaluate.js'
import { UsageError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { readModel } from '../../../src/onnx/read.js'
import { weightsOf } from '../../../src/ops/weights.js'
import { fallOf, openTrial, type TrialOptions } from '../../../src/passes/pack/trial.js'
import { temporaryFolder } from '../../support/data-files.js'
import { rewritten } from '../models.js'
import { learningFrom } from '../prune/learning.js'

const FASHION = ['images-idx3', 'labels-idx1'].map((name) => `fixtures/fashion-mnist/t10k-${name}-ubyte.gz`).join(',')
const lenet = () => readModel('fixtures/lenet5.onnx').model

/** The weights, rounded to steps of a share of 1: lazily, so that they lie in no file. */
function rounded(model: Model, step: number): Model {
  const { model: copy } = model.clone()
  for (const { value, tensor } of weightsOf(copy).weights) {
    const steps = tensor.map((chunk) => {
      const numbers = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
      for (const [i, number] of numbers.entries()) numbers[i] = Math.round(number / step) * step
    })
    copy.setConstant(value, steps)
  }
  return copy
}

describe('A trial of a packing on data', () => {
  const pathIn = temporaryFolder()
  const open = (model: Model, data: Parameters<typeof learningFrom>[2] = {}, more: Partial<TrialOptions> = {}) =>
    openTrial(model, { data: learningFrom(FASHION, pathIn, { limit: 500, ...data }), metric: null, seed: 0, ...more })

  it('judges by labels as evaluate does', async () => {
    const trial = await open(lenet())
    const packed = rounded(lenet(), 0.2)
    const value = await trial.value(packed)

    await rewritten(packed, pathIn('rounded.onnx'))
    const models = [{ path: 'fixtures/lenet5.onnx' }, { path: pathIn('rounded.onnx') }]
    const { metrics } = await evaluate({ data: FASHION, limit: 500, models })
    assert.deepEqual([metrics[0]?.name, trial.base, value], ['top1', ...(metrics[0]?.values ?? [])])
    assert.deepEqual([trial.metric, trial.samples, trial.better], ['top1', 500, 'higher'])
    assert.ok(fallOf(trial, value) > 0.01, `${value} after ${trial.base}`)
  })

  it('judges by agreement with the original where there are no labels', async () => {
    const data = learningFrom('random?n=100', pathIn)
    const trial = await openTrial(lenet(), { data, metric: null, seed: 0 })
    const values = [await trial.value(lenet()), await trial.value(rounded(lenet(), 0.2))]

    assert.deepEqual([trial.metric, trial.base, trial.samples, values[0]], ['agreement', 1, 100, 1])
    assert.ok((values[1] ?? 1) < 1)
  })

  it('judges by the metric that it is told, with the output', async () => {
    const trial = await open(lenet(), {}, { metric: 'mae' })
    assert.deepEqual([trial.metric, trial.base, trial.better], ['mae', 0, 'lower'])
    assert.ok(fallOf(trial, await trial.value(rounded(lenet(), 0.2))) > 0.01)

    const [slot] = [...lenet().main.outputs]
    const named = await open(lenet(), {}, { metric: `top5:${slot?.name}` })
    assert.ok(named.base > trial.base)
  })

  it('judges beside an original that was changed before, and lies in no file', async () => {
    const original = rounded(lenet(), 0.2)
    const trial = await open(original)
    assert.equal(await trial.value(original), trial.base)
    assert.ok(trial.base < (await open(lenet())).base)
  })

  it('takes the samples that may be learned from alone, and tells how far it is', async () => {
    const trial = await open(lenet(), { part: 'learned', batchSize: 10 })
    const told: number[] = []
    await trial.value(lenet(), (done) => told.push(done))

    assert.equal(trial.samples, 450)
    assert.equal(told.at(-1), 1)
  })

  it('refuses metrics by which the original has no value to fall from', async () => {
    await assert.rejects(
      open(lenet(), {}, { metric: 'sqnr' }),
      (error) => error instanceof UsageError && /^By sqnr the model as it is has no value/.test(error.message),
    )
  })
})
