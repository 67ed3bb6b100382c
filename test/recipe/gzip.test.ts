import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { gzipBytes } from '../../src/recipe/gzip.js'
import { filesReport } from '../../src/recipe/model-report.js'
import { zstdBytes } from '../../src/recipe/zstd.js'

const PATHS = ['fixtures/generated/external.onnx', 'fixtures/generated/external.onnx.data']
const total = (of: (bytes: Buffer) => number) => PATHS.reduce((n, path) => n + of(readFileSync(path)), 0)

describe('The size of files', () => {
  it('gzipped is that of each for itself, at the usual level', async () => {
    assert.equal(
      await gzipBytes(PATHS),
      total((bytes) => gzipSync(bytes, { level: 6 }).byteLength),
    )
  })

  it('is compressed for small models unless told', async () => {
    const bytes = total((content) => content.byteLength)

    const byDefault = await filesReport('m.onnx', PATHS, { gzip: null })
    assert.deepEqual([byDefault.path, byDefault.bytes], ['m.onnx', bytes])
    assert.equal(byDefault.gzipBytes, await gzipBytes(PATHS))
    assert.equal(byDefault.zstdBytes, await zstdBytes(PATHS))
    const untold = await filesReport(null, PATHS, { gzip: false })
    assert.deepEqual([untold.gzipBytes, untold.zstdBytes], [null, null])
  })

  it('is told file by file, with the hash of each', async () => {
    const files = PATHS.map((path) => {
      const content = readFileSync(path)
      return { bytes: content.byteLength, sha256: createHash('sha256').update(content).digest('hex') }
    })

    const { files: found } = await filesReport('to/m.onnx', PATHS, { gzip: false })

    assert.deepEqual(found, [
      { name: 'm.onnx', ...files[0] },
      { name: 'external.onnx.data', ...files[1] },
    ])
    assert.equal((await filesReport(null, PATHS, { gzip: false })).files[0]?.name, null)
  })

  it('tells how far hashing and compressing are, through all files of a model', async () => {
    const heard: [string, number | null][] = []

    const onProgress = (phase: string, done: number | null) => heard.push([phase, done])
    await filesReport('to/m.onnx', PATHS, { gzip: true }, { onProgress })
    await filesReport(null, PATHS.slice(1), { gzip: true }, { onProgress })

    const [graph = 0, data = 0] = PATHS.map((path) => readFileSync(path).byteLength)
    assert.deepEqual(heard, [
      ['Hashing m.onnx', graph / (graph + data)],
      ['Hashing m.onnx', 1],
      ['Compressing m.onnx', graph / (graph + data)],
      ['Compressing m.onnx', 1],
      ['Hashing', 1],
      ['Compressing', 1],
    ])
  })

  it('is not to be had of a file that is gone', async () => {
    await assert.rejects(filesReport('x', ['no/such'], { gzip: false }), /Cannot read "no\/such": no such file/)
  })
})
