import assert from 'node:assert/strict'
import fc from 'fast-check'
import { permutation, Rng, range } from '../../src/data/rng.js'

describe('data/rng', () => {
  it('gives the same numbers for the same keys, and others for other keys', () => {
    const draw = (...keys: number[]) => {
      const rng = new Rng(...keys)
      return Array.from({ length: 4 }, () => rng.uint32())
    }

    assert.deepEqual(draw(7), draw(7))
    const streams = [draw(7), draw(8), draw(-7), draw(7, 0), draw(7, 1), draw(1, 7), draw(7 + 2 ** 32)]
    assert.equal(new Set(streams.map(String)).size, streams.length)
  })

  it('never changes its stream: seeds in reports must mean the same in later versions', () => {
    const rng = new Rng(42)

    assert.deepEqual(
      Array.from({ length: 3 }, () => rng.uint32()),
      [380681824, 1326662234, 4283114054],
    )
  })

  it('is sfc32: the first outputs from a simple state, computed by hand', () => {
    const rng = Rng.from([1, 2, 3, 4])

    assert.deepEqual([rng.uint32(), rng.uint32(), rng.uint32()], [7, 34, 56623200])
  })

  it('continues from a saved state', () => {
    const rng = new Rng(3)
    rng.normal()
    const copy = Rng.from(rng.state)

    assert.deepEqual([copy.normal(), copy.uniform(), copy.below(10)], [rng.normal(), rng.uniform(), rng.below(10)])
  })

  it('draws uniform numbers with the mean and variance of their distribution', () => {
    const rng = new Rng(1)
    const n = 100_000
    const values = Array.from({ length: n }, () => rng.uniform())

    const { mean, variance } = momentsOf(values)
    assert.ok(values.every((v) => v >= 0 && v < 1))
    assert.ok(Math.abs(mean - 0.5) < 0.005, `mean ${mean}`)
    assert.ok(Math.abs(variance - 1 / 12) < 0.002, `variance ${variance}`)
  })

  it('draws normal numbers with mean 0, variance 1 and the usual tails', () => {
    const rng = new Rng(2)
    const values = Array.from({ length: 100_000 }, () => rng.normal())

    const { mean, variance } = momentsOf(values)
    const beyond2 = values.filter((v) => Math.abs(v) > 2).length / values.length
    assert.ok(Math.abs(mean) < 0.015, `mean ${mean}`)
    assert.ok(Math.abs(variance - 1) < 0.03, `variance ${variance}`)
    assert.ok(Math.abs(beyond2 - 0.0455) < 0.003, `beyond two sigma ${beyond2}`)
  })

  it('is as random across keys as along a stream: the first draw of each sample', () => {
    const { mean, variance } = momentsOf(Array.from({ length: 20_000 }, (_, i) => new Rng(5, 0, i).uniform()))

    assert.ok(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`)
    assert.ok(Math.abs(variance - 1 / 12) < 0.004, `variance ${variance}`)
  })

  it('makes permutations: every index once, in an order that the seed decides', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer(), (n, seed) => {
        const order = permutation(n, seed)

        assert.deepEqual(order.slice().sort(), range(n))
        assert.deepEqual(permutation(n, seed), order)
      }),
    )
    assert.notDeepEqual(permutation(100, 1), permutation(100, 2))
  })
})

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length }
}
