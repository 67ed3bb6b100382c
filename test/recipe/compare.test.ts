import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { UsageError } from '../../src/errors.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { compareFiles, compareModels } from '../../src/recipe/compare.js'
import { ENGINE_DEFAULTS } from '../../src/recipe/measure.js'
import { json } from '../../src/report/json.js'
import { changed, noise, residual, sketch } from '../analysis/comparison/models.js'
import { emptyFolder } from './models.js'

describe('compareModels', () => {
  const file = emptyFolder()
  const write = (name: string, model = residual()) => {
    writeFileSync(file(name), encodeToBytes(model))
    return { path: file(name), shown: name }
  }

  it('says of a model that was made how far it is from what it was, for a report', async () => {
    const a = write('a.onnx')
    const b = write(
      'b.onnx',
      changed(residual(), 'left.w', (v, i) => v * (1 + 0.1 * noise(i))),
    )
    const request = { a, b, evaluation: { data: 'random?n=5', metrics: ['top1'] }, engine: ENGINE_DEFAULTS }

    const inside = await compareModels({ ...request, layers: true })
    const outputs = await compareModels({ ...request, layers: false })

    assert.deepEqual([inside.a, inside.b, inside.samples, inside.culprit], ['a.onnx', 'b.onnx', 5, 'left'])
    assert.equal(inside.layers?.length, 13)
    assert.deepEqual([outputs.layers, outputs.unmatched, outputs.culprit], [null, null, null])
    assert.deepEqual(outputs.outputs, inside.outputs)
  })

  it('makes up inputs where there is no data, the same for the same seed', async () => {
    const a = write('a.onnx')
    const b = write(
      'b.onnx',
      changed(residual(), 'fc.w', (v) => v * 1.01),
    )
    const seeded = (seed: number) =>
      compareModels({ a, b, evaluation: null, layers: false, engine: { ...ENGINE_DEFAULTS, seed } })

    const [first, again, other] = [await seeded(1), await seeded(1), await seeded(2)]

    assert.equal(first.samples, 64)
    assert.deepEqual(again, first)
    assert.notEqual(other.outputs[0]?.maxError, first.outputs[0]?.maxError)
  })

  it('blames nobody for rounding', async () => {
    const a = write('a.onnx')
    const b = write(
      'b.onnx',
      changed(residual(), 'stem.w', (v) => v * (1 + 1e-7)),
    )

    const { culprit, outputs } = await compareModels({ a, b, evaluation: null, layers: true, engine: ENGINE_DEFAULTS })

    assert.ok(Number(outputs[0]?.sqnrDb) > 100 && Number(outputs[0]?.maxError) > 0, String(outputs[0]?.sqnrDb))
    assert.equal(culprit, null)
  })

  it('blames the first layer with a NaN, however small its part in the error', async () => {
    const broken = changed(
      changed(residual(), 'stem.w', (v) => v * 2),
      'right.w',
      (v, i) => (i === 0 ? Number.NaN : v),
    )
    const a = write('a.onnx')
    const b = write('b.onnx', broken)

    const { culprit } = await compareModels({ a, b, evaluation: null, layers: true, engine: ENGINE_DEFAULTS })

    assert.equal(culprit, 'right')
  })
})

describe('compareFiles', () => {
  const file = emptyFolder()
  const progress: string[] = []

  it('makes a whole report of two files, which JSON can hold', async () => {
    const s = sketch()
    s.output('y', s.node('Relu', 'act', [s.input('x', ['N', 'height', 2])]), null)
    writeFileSync(file('a.onnx'), encodeToBytes(s.model))
    const request = { a: file('a.onnx'), b: file('a.onnx'), dims: { height: 3 }, layers: true }

    const report = await compareFiles(request, { onProgress: (phase) => progress.push(phase) })

    assert.deepEqual(report.headlines, [
      'The outputs are equal on 64 samples.',
      'The inputs are made up: random?n=64. Real ones tell more: --data SPEC',
    ])
    assert.deepEqual(report.before.macs.assumed, { N: 1, height: 3 })
    assert.deepEqual(JSON.parse(await json.render(report)).comparison.outputs[0].sqnrDb, 'Infinity')
    assert.ok(progress.includes('Comparing outputs') && progress.includes('Comparing layers'), String(progress))
  })

  it('refuses a dimension that the model does not leave open, before it runs anything', async () => {
    writeFileSync(file('a.onnx'), encodeToBytes(residual()))

    await assert.rejects(compareFiles({ a: file('a.onnx'), b: file('a.onnx'), dims: { width: 3 } }), UsageError)
  })
})
