import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { sketch } from '../../fixtures/sketch.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { nibbles, store, tensor } from '../encodings/models.js'
import { assertSameBits, runModel } from '../support/ort.js'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

/** y = x * w + b, the weight in nibbles and the bias in half precision. */
function packedLayer(): Uint8Array {
  const s = sketch('layer')
  const x = s.input('x', ['N', 64])
  const w = s.weight('fc.weight', [64, 32])
  const b = s.weight('fc.bias', [32], 32)
  s.output('y', s.node('Add', 'fc/add', [s.node('MatMul', 'fc', [x, w]), b]), null)
  store(s.model, w, nibbles('rows', [64, 32]))
  const halves = Array.from({ length: 32 }, (_, i) => 0x3c00 + 17 * i)
  const bias: Encoded = { encoding: 'cast', dtype: 'float32', shape: [32], stored: tensor('float16', [32], halves) }
  store(s.model, b, bias)
  return encodeToBytes(s.model)
}

describe('mcompress unpack', () => {
  const folder = workFolder()
  const unpack = (...args: string[]) => mcompress(['unpack', ...args], { cwd: folder.path })
  const feeds = { x: { dtype: 'float32' as const, shape: [1, 64], data: Float32Array.from({ length: 64 }, Math.cos) } }

  it('stores the weights as they are used, under their names, and gives the same outputs bit for bit', async () => {
    writeFileSync(folder.file('layer.onnx'), packedLayer())
    const ran = await unpack('layer.onnx', '--report', 'unpack.json')

    assertDone(ran)
    assert.match(ran.stdout, /^2 weights are dense again\.\n/)
    assert.match(ran.stdout, /Verified {4}✓ loaded by ONNX Runtime/)
    const report = JSON.parse(readFileSync(folder.file('unpack.json'), 'utf8'))
    assert.deepEqual(report.steps[0].changed, [
      { target: 'fc.bias', what: 'float16 is dense now: float32[32]' },
      { target: 'fc.weight', what: 'codebook of 16 is dense now: float32[64,32]' },
    ])
    const { model } = readModel(folder.file('layer.unpacked.onnx'))
    assert.deepEqual(
      [...model.main.nodes].map((node) => node.op),
      ['MatMul', 'Add'],
    )
    const names = [...model.main.initializers].map(({ name }) => name)
    assert.deepEqual(names.toSorted(), ['fc.bias', 'fc.weight'])
    const was = await runModel({ path: folder.file('layer.onnx') }, feeds)
    assertSameBits(await runModel({ path: folder.file('layer.unpacked.onnx') }, feeds), was)
  })

  it('has nothing to do in a second run, or for a model that is not packed: exit code 6, and no file', async () => {
    writeFileSync(folder.file('layer.onnx'), packedLayer())
    assertDone(await unpack('layer.onnx', '-o', 'once.onnx'))
    const again = await unpack('once.onnx', '-o', 'twice.onnx')
    assertRefused(again, 6, /No weight of this model is packed: nothing to do\./)
    assert.match(again.stderr, /--allow-unchanged/)
    place(folder.path, 'generated/conv-depthwise.onnx')
    assertRefused(await unpack('conv-depthwise.onnx'), 6, /No weight of this model is packed/)
    assert.ok(!folder.names().includes('twice.onnx'))
    assertDone(await unpack('once.onnx', '-o', 'twice.onnx', '--allow-unchanged'))
  })

  it('refuses a packed weight whose codes name no value of the palette, and writes nothing', async () => {
    const s = sketch('broken')
    const x = s.input('x', ['N', 64])
    const w = s.weight('w', [64, 32])
    s.output('y', s.node('MatMul', 'mm', [x, w]), null)
    const codes = nibbles('planes', [64, 32])
    assert.ok(codes.encoding === 'codebook')
    store(s.model, w, { ...codes, palette: tensor('float32', [3], [0, 1, 2]) })
    writeFileSync(folder.file('broken.onnx'), encodeToBytes(s.model))
    const before = readFileSync(folder.file('broken.onnx'))

    const ran = await unpack('broken.onnx')

    assertRefused(ran, 3, /The packed weight "w" cannot be decoded: place \d+ is asked for, of 3\./)
    assert.match(ran.stderr, /take it from its source again/)
    assert.ok(!folder.names().includes('broken.unpacked.onnx'))
    assert.deepEqual(readFileSync(folder.file('broken.onnx')), before)
  })
})
