import assert from 'node:assert/strict'
import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'
import { sketch } from '../../fixtures/sketch.js'
import { type FileSource, FileTensor } from '../../src/ir/tensor.js'
import { readModel } from '../../src/onnx/read.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { encodeModel, MAX_SINGLE_FILE_BYTES, planExternal, writeFile } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'

/** Past 2 GiB, where 32 bits with a sign end, and past 4 GiB in all. */
const ELEMENTS = 2 ** 31 + 4096
const imagined: FileSource = { path: 'imagined', size: ELEMENTS * 3, readSync: (target) => target.fill(7) }
const tensor = (dtype: 'uint8' | 'int8') =>
  new FileTensor(dtype, [ELEMENTS], { source: imagined, offset: 0, length: ELEMENTS })

/** x + w + v: two weights of 2 GiB and a small one between. */
function huge() {
  const s = sketch('huge')
  const x = s.input('x', [ELEMENTS], 'uint8')
  const w = s.constant('w', tensor('uint8'))
  const small = s.constant('small', new FileTensor('uint8', [2048], { source: imagined, offset: 0, length: 2048 }))
  const v = s.constant('v', tensor('int8'))
  s.output('y', s.node('Sum', 'sum', [x, w, small, v]), null)
  return s.model
}

/** Writes the small parts of a file where they belong; what lies between stays a hole, which takes no room on the disk. */
function writeWithHoles(path: string, parts: ReturnType<typeof planExternal>['parts'], marks: readonly number[]): void {
  const fd = openSync(path, 'w')
  let at = 0
  for (const part of parts) {
    if (part instanceof Uint8Array) writeSync(fd, part, 0, part.byteLength, at)
    at += part.byteLength
  }
  ftruncateSync(fd, at)
  for (const mark of marks) writeSync(fd, Uint8Array.of(9), 0, 1, mark)
  closeSync(fd)
}

describe('A model past 2 GiB', () => {
  const inFolder = temporaryFolder()

  it('is read with its data in a second file, up to the last byte', async () => {
    const model = huge()
    const plan = planExternal(model)
    const last = plan.length - 1
    assert.ok(plan.length > 2 ** 32 && plan.length > MAX_SINGLE_FILE_BYTES)
    assert.deepEqual([...plan.offsets.values()], [0, ELEMENTS, ELEMENTS + 4096])
    writeWithHoles(inFolder('huge.data'), plan.parts, [ELEMENTS - 1, last])
    await writeFile(inFolder('huge.onnx'), encodeModel(model, { location: 'huge.data', plan }))

    const { model: read, bytes, close } = readModel(inFolder('huge.onnx'))
    const [w, , v] = [...read.main.initializers].map((value) => value.constant)

    assert.ok(w && v)
    assert.equal(bytes, plan.length + statSync(inFolder('huge.onnx')).size)
    assert.deepEqual([v.byteLength, v.range?.offset], [ELEMENTS, ELEMENTS + 4096])
    assert.deepEqual([...w.readAt(ELEMENTS - 2, 2)], [0, 9])
    assert.deepEqual([...v.readAt(ELEMENTS - 2, 2)], [0, 9])
    assert.deepEqual(planExternal(read).offsets.size, 3)
    const session = skeleton(read)
    assert.ok(session.bytes.length < 1000)
    assert.ok(Buffer.from(session.bytes).includes(String(ELEMENTS + 4096)), 'an offset past 2 GiB is written as it is')
    close()
  })

  it('is read from one file, and the file to write is laid out without being held', () => {
    const { parts, length } = encodeModel(huge())
    const sizes = parts.map((part) => part.byteLength)
    assert.ok(length > 2 ** 32)
    assert.equal(
      sizes.reduce((a, b) => a + b),
      length,
    )
    const path = inFolder('single.onnx')
    writeWithHoles(path, parts, [])
    const before = process.memoryUsage().rss
    const start = performance.now()

    const { model, close } = readModel(path)
    const again = encodeModel(model)

    assert.ok(performance.now() - start < 5000)
    assert.ok(process.memoryUsage().rss - before < 200 * 2 ** 20)
    assert.equal(again.length, length)
    assert.deepEqual(
      again.parts.map((part) => part.byteLength),
      sizes,
    )
    const heads = again.parts.filter((part) => part instanceof Uint8Array)
    assert.deepEqual(
      heads,
      parts.filter((part) => part instanceof Uint8Array),
    )
    const [w] = model.main.initializers
    assert.equal(w?.constant?.range?.length, ELEMENTS)
    close()
  })

  it('is truncated where it says so, past 2 GiB too', () => {
    const { parts, length } = encodeModel(huge())
    const path = inFolder('short.onnx')
    writeWithHoles(path, parts, [])
    const fd = openSync(path, 'r+')
    ftruncateSync(fd, length - 5000)
    closeSync(fd)
    assert.throws(
      () => readModel(path),
      /short.onnx" is no valid ONNX file: the file is truncated: a field of \d{10} bytes is cut off after \d{10} \(byte \d+\)/,
    )
  })

  it('is streamed chunk by chunk: no chunk is longer than asked for, none is left out', () => {
    const part = new FileTensor('uint8', [2 ** 31 + 5], { source: imagined, offset: 0, length: 2 ** 31 + 5 })
    let [total, longest] = [0, 0]
    for (const chunk of part.chunks(64 << 20)) {
      total += chunk.byteLength
      longest = Math.max(longest, chunk.byteLength)
    }
    assert.deepEqual([total, longest], [2 ** 31 + 5, 64 << 20])
  })
})
