import assert from 'node:assert/strict'
import { CHUNK_BYTES, MemoryTensor } from '../../src/ir/tensor.js'
import { unhurried } from '../../src/passes/unhurried.js'

/** Reads a tensor of so many bytes while something else counts its turns. */
async function read(bytes: number): Promise<{ bytes: number; chunks: number; turns: number }> {
  const tensor = new MemoryTensor('uint8', [bytes], new Uint8Array(bytes))
  const seen = { bytes: 0, chunks: 0, turns: 0 }
  let reading = true
  const count = () => {
    seen.turns++
    if (reading) setImmediate(count)
  }
  setImmediate(count)
  for await (const chunk of unhurried(tensor)) {
    seen.bytes += chunk.byteLength
    seen.chunks++
  }
  reading = false
  return seen
}

describe('unhurried', () => {
  it('gives every chunk of a tensor', async () => {
    const { bytes, chunks } = await read(3 * CHUNK_BYTES + 16)
    assert.deepEqual([bytes, chunks], [3 * CHUNK_BYTES + 16, 4])
  })

  it('lets others have a turn after each tensor, however small', async () => {
    assert.ok((await read(16)).turns >= 1)
    assert.ok((await read(0)).turns >= 1)
  })

  it('lets others have turns in the middle of a large tensor', async () => {
    assert.ok((await read(100 << 20)).turns >= 4)
  })
})
