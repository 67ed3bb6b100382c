import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { readModel } from '../../src/onnx/read.js'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

describe('mcompress prune on a model with external data', () => {
  const folder = workFolder()
  const prune = (...args: string[]) => mcompress(['prune', ...args], { cwd: folder.path })
  const dataFiles = () => folder.names().filter((name) => name.endsWith('.data'))
  let data: Buffer

  beforeEach(() => {
    place(folder.path, 'generated/external.onnx', 'generated/external.onnx.data')
    data = readFileSync(folder.file('external.onnx.data'))
  })

  it('writes external data again, under a name with their hash, and leaves those of the input alone', async () => {
    const ran = await prune('external.onnx', '-o', 'out.onnx')

    assertDone(ran)
    assert.equal(folder.names().length, 4)
    assert.match(dataFiles().join(), /^external\.onnx\.data,out\.[0-9a-f]{8}\.data$/)
    assert.deepEqual(
      readModel(folder.file('out.onnx')).external.map((file) => file.path),
      [folder.file(dataFiles()[1] ?? '')],
    )
    assert.ok(readFileSync(folder.file('external.onnx.data')).equals(data))
  })

  it('takes the data file of a replaced output away, and no other', async () => {
    assertDone(await prune('external.onnx', '-o', 'out.onnx', '-q'))
    const [, first = ''] = dataFiles()
    writeFileSync(folder.file('out.00000000.data'), 'of somebody else')

    assertDone(await prune('external.onnx', '-o', 'out.onnx', '--sparsity', '0.7', '-q'))

    assert.equal(dataFiles().length, 3)
    assert.ok(!dataFiles().includes(first), `${first} is used no more`)
    assert.ok(dataFiles().includes('out.00000000.data'))
    assert.ok(dataFiles().includes('external.onnx.data'))
  })

  it('keeps the data file of a replaced output that another model uses, too', async () => {
    assertDone(await prune('external.onnx', '-o', 'out.onnx', '-q'))
    copyFileSync(folder.file('out.onnx'), folder.file('copy.onnx'))

    assertDone(await prune('external.onnx', '-o', 'out.onnx', '--sparsity', '0.7', '-q'))

    assert.equal(dataFiles().length, 3)
    assert.equal(readModel(folder.file('copy.onnx')).external.length, 1)
  })

  it('changes no file when it writes the same once more', async () => {
    assertDone(await prune('external.onnx', '-o', 'out.onnx', '-q'))
    const before = folder.names().map((name) => [name, readFileSync(folder.file(name), 'latin1')])

    assertDone(await prune('external.onnx', '-o', 'out.onnx', '-q'))

    assert.deepEqual(
      folder.names().map((name) => [name, readFileSync(folder.file(name), 'latin1')]),
      before,
    )
  })

  it('names, in place, the data file that is used no more', async () => {
    const first = await prune('external.onnx', '--in-place')
    const second = await prune('external.onnx', '--in-place', '--sparsity', '0.7')

    assertDone(first)
    assert.match(
      first.stdout.replaceAll(/\s+/g, ' '),
      /"external\.onnx" does not use "external\.onnx\.data" any more: delete it unless another model needs it\./,
    )
    assertDone(second)
    assert.doesNotMatch(second.stdout, /delete it/)
    assert.match(dataFiles().join(), /^external\.[0-9a-f]{8}\.data,external\.onnx\.data$/)
    assert.ok(readFileSync(folder.file('external.onnx.data')).equals(data))
  })

  it('is refused by stdout before any work', async () => {
    const ran = await prune('external.onnx', '-o', '-')

    assertRefused(ran, 3, /more than one file: it does not fit through stdout\.\n {2}Name a file: -o FILE\./)
  })
})
