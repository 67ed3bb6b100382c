import assert from 'node:assert/strict'
import { limit } from '../../src/data/limit.js'
import { samplesDataset } from '../../src/data/samples.js'
import { batchesOf, valuesOf } from '../support/data-files.js'

const samples = Array.from({ length: 5 }, (_, i) => ({ x: [i, -i] }))
const list = () => samplesDataset('d', () => samples)
const stream = () =>
  samplesDataset('d', function* () {
    yield* samples
  })

describe('data/limit', () => {
  it('keeps the first samples of a list', async () => {
    const limited = limit(await list(), 3)

    assert.equal(limited.length, 3)
    assert.deepEqual(await valuesOf(limited, 'x'), [0, -0, 1, -1, 2, -2])
    assert.deepEqual(await valuesOf(limited, 'x', { order: Uint32Array.of(2) }), [2, -2])
  })

  it('is the dataset itself when that has no more', async () => {
    const dataset = await list()

    assert.equal(limit(dataset, 5), dataset)
  })

  it('keeps the first samples of a stream, cutting a batch where it must', async () => {
    const limited = limit(await stream(), 3)

    assert.equal(limited.length, null)
    const batches = await batchesOf(limited)
    assert.deepEqual(
      batches.map(({ size, fields }) => [size, fields.x?.shape]),
      [
        [2, [2, 2]],
        [1, [1, 2]],
      ],
    )
    assert.deepEqual(await valuesOf(limited, 'x'), [0, -0, 1, -1, 2, -2])
  })

  it('drops the batch of a stream that is not full', async () => {
    assert.deepEqual(await valuesOf(limit(await stream(), 3), 'x', { last: 'drop' }), [0, -0, 1, -1])
    assert.deepEqual(await valuesOf(limit(await stream(), 9), 'x', { last: 'drop' }), [0, -0, 1, -1, 2, -2, 3, -3])
    assert.equal((await valuesOf(limit(await stream(), 9), 'x')).length, 10)
  })

  it('refuses limits that are no numbers of samples', async () => {
    const dataset = await list()

    for (const n of [0, -1, 1.5, Number.NaN]) assert.throws(() => limit(dataset, n), { name: 'UsageError' })
  })
})
