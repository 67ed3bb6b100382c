import assert from 'node:assert/strict'
import { draw, partOf } from '../../src/data/part.js'
import { samplesDataset } from '../../src/data/samples.js'
import { valuesOf } from '../support/data-files.js'

const numbers = (n: number) => Array.from({ length: n }, (_, i) => ({ x: i }))
const listOf = (n: number) => samplesDataset('d', () => numbers(n))
const streamOf = (n: number) =>
  samplesDataset('d', function* () {
    yield* numbers(n)
  })

describe('data/part', () => {
  it('keeps what is learned from and what is held out apart, and together they are all', async () => {
    const values = async (part: 'all' | 'learned' | 'held-out') =>
      (await valuesOf(await partOf(await listOf(50), part, 3), 'x')).map(Number)
    const [all, learned, heldOut] = [await values('all'), await values('learned'), await values('held-out')]

    assert.deepEqual([all.length, learned.length, heldOut.length], [50, 45, 5])
    assert.deepEqual(
      [...learned, ...heldOut].sort((a, b) => a - b),
      all,
    )
  })

  it('draws samples by lot, in file order, the same for the same seed', async () => {
    const drawn = async (n: number, seed: number) =>
      (await valuesOf(draw(await listOf(1000), n, seed), 'x')).map(Number)
    const values = await drawn(20, 1)

    assert.equal(new Set(values).size, 20)
    assert.deepEqual(
      values,
      [...values].sort((a, b) => a - b),
    )
    assert.deepEqual(await drawn(20, 1), values)
    assert.notDeepEqual(await drawn(20, 2), values)
    assert.ok(Math.max(...values) > 500)
    assert.equal((await drawn(2000, 1)).length, 1000)
  })

  it('takes the first samples of a stream', async () => {
    assert.deepEqual((await valuesOf(draw(await streamOf(9), 3, 1), 'x')).map(Number), [0, 1, 2])
  })

  it('refuses to draw none', async () => {
    const data = await listOf(3)
    for (const n of [0, 1.5, -1])
      assert.throws(() => draw(data, n, 0), /^UsageError: The limit must be a whole number of samples/)
  })
})
