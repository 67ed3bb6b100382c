import assert from 'node:assert/strict'
import type { NdArray } from '../../src/data/dataset.js'
import { indexedDataset } from '../../src/data/indexed.js'

describe('data/indexed', () => {
  const taken: number[][] = []
  const dataset = indexedDataset({
    spec: 'd',
    length: 5,
    fields: { x: { dtype: 'int32', shape: [] } },
    async take(indices): Promise<Record<string, NdArray>> {
      taken.push(Array.from(indices))
      if (indices.includes(4)) throw new Error('the last one is broken')
      return { x: { dtype: 'int32', shape: [indices.length], data: Int32Array.from(indices) } }
    },
  })
  beforeEach(() => {
    taken.length = 0
  })

  it('reads one batch ahead, and no more', async () => {
    const batches = dataset.batches({ size: 1, last: 'keep' })[Symbol.asyncIterator]()
    assert.deepEqual(taken, [], 'nothing before the first is asked for')

    await batches.next()

    assert.deepEqual(taken, [[0], [1]])
  })

  it('tells an error when its batch is asked for, and forgets it when the caller leaves before', async () => {
    const sizes: number[] = []
    const readAll = async () => {
      for await (const { size } of dataset.batches({ size: 2, last: 'keep' })) sizes.push(size)
    }

    await assert.rejects(readAll(), /the last one is broken/)
    assert.deepEqual(sizes, [2, 2])
    for await (const { fields } of dataset.batches({ size: 4, last: 'keep' })) {
      assert.deepEqual(fields.x?.data, Int32Array.of(0, 1, 2, 3))
      break
    }
    await new Promise((resolve) => setImmediate(resolve)) // an unhandled rejection would fail the run here
  })

  it('refuses sizes and orders that make no sense', async () => {
    const first = (options: { size: number; order?: Uint32Array }) =>
      dataset
        .batches({ last: 'keep', ...options })
        [Symbol.asyncIterator]()
        .next()

    await assert.rejects(first({ size: 0 }), { name: 'RangeError', message: /whole number above 0, not 0/ })
    await assert.rejects(first({ size: 1.5 }), { name: 'RangeError' })
    await assert.rejects(first({ size: 1, order: Uint32Array.of(5) }), /Sample 5 was asked for; there are 5/)
  })
})
