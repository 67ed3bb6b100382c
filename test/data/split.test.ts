import assert from 'node:assert/strict'
import fc from 'fast-check'
import { samplesDataset } from '../../src/data/samples.js'
import { split } from '../../src/data/split.js'
import { valuesOf } from '../support/data-files.js'

const numbers = (n: number) => Array.from({ length: n }, (_, i) => ({ x: i }))
const listOf = (n: number) => samplesDataset('d', () => numbers(n))
const streamOf = (n: number) =>
  samplesDataset('d', function* () {
    yield* numbers(n)
  })

describe('data/split', () => {
  it('is disjoint and complete, and keeps file order', async () => {
    const fraction = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 200 }), fraction, fc.integer(), async (n, part, seed) => {
        const { learn, heldOut } = await split(await listOf(n), { fraction: part, seed })
        const [learned, held] = [await valuesOf(learn, 'x', { size: 7 }), await valuesOf(heldOut, 'x', { size: 7 })]

        assert.deepEqual(
          [...learned, ...held].map(Number).sort((a, b) => a - b),
          numbers(n).map(({ x }) => x),
        )
        assert.equal(held.length, Math.min(n - 1, Math.max(1, Math.round(n * part))))
        assert.deepEqual([learn.length, heldOut.length], [learned.length, held.length])
        for (const values of [learned, held])
          assert.deepEqual(
            values,
            values.map(Number).sort((a, b) => a - b),
          )
      }),
    )
  })

  it('is the same for the same seed and another for another seed', async () => {
    const held = async (seed: number) => valuesOf((await split(await listOf(100), { seed })).heldOut, 'x')

    assert.equal((await held(1)).length, 10)
    assert.deepEqual(await held(1), await held(1))
    assert.notDeepEqual(await held(1), await held(2))
  })

  it('counts a stream, and splits it as a list of the same length', async () => {
    const fromStream = await split(await streamOf(50), { fraction: 0.2, seed: 3 })
    const fromList = await split(await listOf(50), { fraction: 0.2, seed: 3 })

    assert.equal(fromStream.learn.length, 40)
    assert.deepEqual(await valuesOf(fromStream.heldOut, 'x'), await valuesOf(fromList.heldOut, 'x'))
  })

  it('reads its parts in any order', async () => {
    const { learn } = await split(await listOf(10), { fraction: 0.5, seed: 0 })
    const inOrder = await valuesOf(learn, 'x')

    assert.deepEqual(await valuesOf(learn, 'x', { order: Uint32Array.of(4, 0) }), [inOrder[4], inOrder[0]])
    assert.throws(() => learn.batches({ size: 1, order: Uint32Array.of(5), last: 'keep' }), /Sample 5 .* there are 5/)
  })

  it('refuses what cannot be split', async () => {
    await assert.rejects(split(await listOf(1), { seed: 0 }), {
      name: 'DataError',
      message: /"d" has 1 sample: nothing/,
    })
    for (const fraction of [0, 1, -1, Number.NaN]) {
      await assert.rejects(split(await listOf(9), { fraction, seed: 0 }), { name: 'UsageError' })
    }
  })
})
