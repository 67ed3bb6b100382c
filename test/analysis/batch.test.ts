import assert from 'node:assert/strict'
import { ofSamples, padded } from '../../src/analysis/batch.js'
import type { NdArray } from '../../src/data/dataset.js'

describe('padded', () => {
  it('repeats the last sample of every array, whatever its type', () => {
    const feeds: Record<string, NdArray> = {
      f: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      i: { dtype: 'int64', shape: [2], data: BigInt64Array.of(5n, 6n) },
      h: { dtype: 'float16', shape: [2, 1], data: Uint16Array.of(7, 8) },
      s: { dtype: 'string', shape: [2, 1], data: ['a', 'b'] },
    }
    assert.deepEqual(padded(feeds, 2, 4), {
      f: { dtype: 'float32', shape: [4, 2], data: Float32Array.of(1, 2, 3, 4, 3, 4, 3, 4) },
      i: { dtype: 'int64', shape: [4], data: BigInt64Array.of(5n, 6n, 6n, 6n) },
      h: { dtype: 'float16', shape: [4, 1], data: Uint16Array.of(7, 8, 8, 8) },
      s: { dtype: 'string', shape: [4, 1], data: ['a', 'b', 'b', 'b'] },
    })
  })

  it('leaves scalars, and a batch that is full, as they are', () => {
    const feeds: Record<string, NdArray> = { rate: { dtype: 'int64', shape: [], data: BigInt64Array.of(16000n) } }
    assert.deepEqual(padded(feeds, 1, 8), feeds)
    assert.equal(padded(feeds, 8, 8), feeds)
  })
})

describe('ofSamples', () => {
  const output: NdArray = { dtype: 'float32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }

  it('cuts off what was added to fill the batch', () => {
    assert.deepEqual(ofSamples(output, 3, 2), { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) })
    assert.equal(ofSamples(output, 3, 3), output)
  })

  it('is null when the first axis is not the batch', () => {
    assert.equal(ofSamples(output, 2, 2), null)
    assert.equal(ofSamples({ dtype: 'float32', shape: [], data: Float32Array.of(1) }, 2, 1), null)
  })

  it('gives the whole output to a batch of one', () => {
    assert.deepEqual(ofSamples(output, 1, 1), { ...output, shape: [1, 3, 2] })
    const scalar: NdArray = { dtype: 'float32', shape: [], data: Float32Array.of(1) }
    assert.deepEqual(ofSamples(scalar, 1, 1), { ...scalar, shape: [1] })
  })
})
