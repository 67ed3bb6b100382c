import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IoError } from '../../../src/errors.js'
import { openStore } from '../../../src/passes/pack/store.js'
import { withStore } from './tensors.js'

/** Bytes that tell where they were. */
function bytes(n: number, first: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (first + i) % 251)
}

describe('Pack: the store', () => {
  it('gives tensors back that are small, large, and of many pieces, before and after it is closed', async () => {
    await withStore(async (store) => {
      const lengths = [3, 1 << 20, 5, (1 << 21) + 7, 0, 100]
      const tensors = lengths.map((length, i) => {
        const out = store.begin()
        out.write(bytes(Math.floor(length / 2), i))
        out.write(bytes(Math.ceil(length / 2), i + Math.floor(length / 2)))
        const tensor = out.finish('uint8', [length])
        assert.deepEqual(tensor.read(), bytes(length, i))
        return tensor
      })
      store.close()
      store.close()
      for (const [i, tensor] of tensors.entries()) {
        assert.deepEqual(tensor.read(), bytes(lengths[i] as number, i)) // as many
        assert.equal(tensor.range?.length, lengths[i])
      }
    })
  })

  it('is a file that a session can open: all of it is there once it is closed', async () => {
    await withStore(async (store) => {
      const out = store.begin()
      out.write(bytes(1000, 1))
      const { range } = out.finish('uint8', [1000])
      store.close()
      assert.equal(range?.source.size, 1000)
      const { readFileSync } = await import('node:fs')
      assert.deepEqual(new Uint8Array(readFileSync(range.source.path)), bytes(1000, 1))
    })
  })

  it('is such a file earlier when it is told to', async () => {
    await withStore(async (store) => {
      const out = store.begin()
      out.write(bytes(1000, 1))
      const { range } = out.finish('uint8', [1000])
      store.flush()
      assert.deepEqual(new Uint8Array(readFileSync(range?.source.path ?? '')), bytes(1000, 1))

      const more = store.begin()
      more.write(bytes(10, 3))
      assert.deepEqual(more.finish('uint8', [10]).read(), bytes(10, 3))
    })
  })

  it('reads on when its file is given another name', async () => {
    await withStore(async (store) => {
      const out = store.begin()
      out.write(bytes(10, 7))
      const tensor = out.finish('uint8', [10])
      store.close()
      const path = tensor.range?.source.path ?? ''
      renameSync(path, `${path}.moved`)
      assert.deepEqual(tensor.read(), bytes(10, 7))
    })
  })

  it('takes one tensor at a time, of the length that it says, and none once it is closed', async () => {
    await withStore(async (store) => {
      const out = store.begin()
      assert.throws(() => store.begin(), /not finished/)
      out.write(bytes(2_000_000, 0))
      assert.throws(() => out.finish('uint8', [3]), /needs 3 bytes, got 2000000/)
      store.close()
      const late = store.begin()
      assert.throws(() => late.write(bytes(2_000_000, 0)), /is closed/)
    })
  })

  it('says what it could not write, and which folder it is in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcompress-pack-'))
    rmSync(folder, { recursive: true })
    assert.throws(
      () => openStore(folder),
      (error) =>
        error instanceof IoError && /^Cannot write ".*packed-/.test(error.message) && error.suggestions.length > 0,
    )
  })
})
