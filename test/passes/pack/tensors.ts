import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryTensor, type Tensor } from '../../../src/ir/tensor.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { openStore, type Store } from '../../../src/passes/pack/store.js'

export function float32(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return new MemoryTensor('float32', shape, bytesOf(Float32Array.from(values)))
}

/** Numbers in (0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
}

/** Normally distributed weights, of which a share is zero. */
export function normal(count: number, seed: number, sparsity = 0): Float32Array {
  const next = random(seed)
  return Float32Array.from({ length: count }, () => {
    const x = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
    return next() < sparsity ? 0 : x
  })
}

/** Runs with a store in a folder that is removed afterwards. */
export async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mcompress-pack-'))
  const store = openStore(folder)
  try {
    return await use(store)
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
