import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Station, sharesOf } from '../../../src/analysis/comparison/attribution.js'

const station = (given: Partial<Station>): Station => ({
  signal: 1,
  noise: 0,
  parts: { local: 0, passed: 0 },
  from: [],
  additive: false,
  isOutput: false,
  ...given,
})
const shares = (...stations: Partial<Station>[]) =>
  [...sharesOf(stations.map(station))].map((x) => Number(x.toFixed(6)))

describe('sharesOf', () => {
  it('gives nothing to anybody when there is no error', () => {
    assert.deepEqual(shares({}, { from: [0], isOutput: true }), [0, 0])
  })

  it('gives all to the one layer that is damaged, however much what follows amplifies', () => {
    assert.deepEqual(
      shares(
        { noise: 0.01, parts: { local: 0.01, passed: 0 } },
        { from: [0], noise: 5, parts: { local: 0, passed: 5 } },
        { from: [1], noise: 100, parts: { local: 0, passed: 100 }, isOutput: true },
      ),
      [1, 0, 0],
    )
  })

  it('divides between what arises at a value and what came in', () => {
    assert.deepEqual(
      shares(
        { noise: 1, parts: { local: 1, passed: 0 } },
        { from: [0], noise: 4, parts: { local: 3, passed: 1 }, isOutput: true },
      ),
      [0.25, 0.75],
    )
  })

  it('divides among inputs by their noise where errors add, by noise to signal elsewhere', () => {
    const inputs = [
      { signal: 100, noise: 3, parts: { local: 3, passed: 0 } },
      { signal: 1, noise: 1, parts: { local: 1, passed: 0 } },
    ]
    const sum = { from: [0, 1], noise: 4, parts: { local: 0, passed: 4 }, isOutput: true }
    // 0.03 / 1.03 beside 1 / 2
    const [first] = shares(...inputs, sum)

    assert.deepEqual(shares(...inputs, { ...sum, additive: true }), [0.75, 0.25, 0])
    assert.ok(Math.abs((first ?? 0) - 0.029126 / 0.529126) < 1e-5, String(first))
  })

  it('leaves out what no output depends on', () => {
    assert.deepEqual(
      shares(
        { noise: 9, parts: { local: 9, passed: 0 } },
        { noise: 1, parts: { local: 1, passed: 0 }, isOutput: true },
      ),
      [0, 1],
    )
  })

  it('goes back from the last values with an error when no output has one', () => {
    assert.deepEqual(
      shares(
        { noise: 9, parts: { local: 9, passed: 0 } },
        { from: [0], noise: 9, parts: { local: 0, passed: 9 } },
        { from: [1], isOutput: true },
      ),
      [1, 0, 0],
    )
  })

  it('estimates from noise to signal where parts are not known', () => {
    // n: 0.01, then 0.04; 1 - 0.01 / 0.04 = 0.75
    assert.deepEqual(
      shares(
        { signal: 100, noise: 1, parts: null },
        { from: [0], signal: 100, noise: 4, parts: null },
        { from: [1], signal: 100, noise: 3, parts: null, isOutput: true },
      ),
      [0.25, 0.75, 0],
    )
  })

  it('copes with values that should be zero throughout', () => {
    assert.deepEqual(
      shares(
        { signal: 0, noise: 1, parts: { local: 1, passed: 0 } },
        { from: [0], signal: 0, noise: 1, parts: null, isOutput: true },
      ),
      [1, 0],
    )
  })

  it('gives shares of 0 to 1 that are 1 in all, for any graph', () => {
    const amount = fc.oneof(fc.constant(0), fc.double({ min: 1e-100, max: 1e6, noNaN: true }))
    const graph = fc.array(
      fc.record({
        signal: amount,
        noise: amount,
        parts: fc.option(fc.record({ local: amount, passed: amount })),
        from: fc.array(fc.nat(), { maxLength: 3 }),
        additive: fc.boolean(),
        isOutput: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(graph, (drawn) => {
        const stations = drawn.map((s, i) => ({ ...s, from: i === 0 ? [] : [...new Set(s.from.map((u) => u % i))] }))
        const found = [...sharesOf(stations)]
        const total = found.reduce((sum, share) => sum + share, 0)
        assert.ok(found.every((share) => share >= 0 && share <= 1 + 1e-9))
        if (stations.some(({ noise }) => noise > 0)) assert.ok(Math.abs(total - 1) < 1e-9, String(total))
        else assert.equal(total, 0)
      }),
    )
  })
})
