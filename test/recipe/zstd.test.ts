import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Zstd } from '@hpcc-js/wasm-zstd'
import { Rng } from '../../src/data/rng.js'
import { IoError } from '../../src/errors.js'
import { nativeFrame, wasmFrame, zstdBytes } from '../../src/recipe/zstd.js'

const LENET = 'fixtures/lenet5.onnx'
const FRAME = 4 << 20

describe('zstdBytes', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcompress-zstd-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Some bytes that repeat, and some that do not. */
  function file(bytes: number): string {
    const rng = new Rng(1)
    const path = join(folder, 'file')
    writeFileSync(
      path,
      Uint8Array.from({ length: bytes }, (_, i) => (i % 3 === 0 ? rng.below(256) : i % 7)),
    )
    return path
  }

  it('is the size of a frame at the level of zstd itself', async () => {
    const zstd = await Zstd.load()
    const frame = zstd.compress(readFileSync(LENET), 3)

    assert.deepEqual(Buffer.from(zstd.decompress(frame)), readFileSync(LENET))
    if (nativeFrame() === null) assert.equal(await zstdBytes([LENET]), frame.byteLength)
    else assert.ok(Math.abs((await zstdBytes([LENET])) / frame.byteLength - 1) < 0.01)
  })

  it('cuts a large file into frames, which together take hardly more than one', async () => {
    const path = file(FRAME + FRAME / 2)
    const zstd = await Zstd.load()
    const heard: number[] = []

    const total = await zstdBytes([path, LENET], undefined, (bytes) => heard.push(bytes))

    const whole = zstd.compress(readFileSync(path), 3).byteLength + zstd.compress(readFileSync(LENET), 3).byteLength
    assert.ok(Math.abs(total / whole - 1) < 0.01, `${total} of ${whole}`)
    assert.deepEqual(heard, [FRAME, FRAME / 2, readFileSync(LENET).byteLength])
  })

  it('is the same whether Node.js or WebAssembly does it', async function () {
    const native = nativeFrame()
    if (native === null) return this.skip() // before Node.js 22.15
    const wasm = await wasmFrame()
    for (const bytes of [readFileSync(LENET), readFileSync(file(FRAME))]) {
      const [one, other] = [await native(bytes), await wasm(bytes)]
      assert.ok(Math.abs(one / other - 1) < 0.01, `${one} and ${other}`)
    }
  })

  it('is not to be had of a file that is gone, nor when nobody wants it any more', async () => {
    await assert.rejects(zstdBytes(['no/such']), (error) => error instanceof IoError && /no\/such/.test(error.message))
    const stopped = new AbortController()
    stopped.abort(new Error('enough'))
    await assert.rejects(zstdBytes([LENET], stopped.signal), /enough/)
  })
})
