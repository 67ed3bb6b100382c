import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Difference, numbersOf, type Observed } from '../../../src/analysis/comparison/difference.js'

const observed = (a: number[], b: number[], more: Partial<Observed> = {}): Observed => ({
  a: Float64Array.from(a),
  b: Float64Array.from(b),
  local: null,
  shape: [1, a.length],
  first: 0,
  ran: 1,
  ...more,
})

function differenceOf(...all: Observed[]): Difference {
  const difference = new Difference()
  for (const each of all) difference.add(each)
  return difference
}

describe('Difference', () => {
  it('gives the figures of one pair of vectors', () => {
    const { nonFinite, ...figures } = differenceOf(observed([3, -4], [3, -3])).result('y')

    assert.deepEqual(figures, {
      name: 'y',
      elements: 2,
      maxError: 1,
      meanError: 0.5,
      maxMagnitude: 4,
      sqnrDb: 10 * Math.log10(25),
      cosine: 21 / Math.sqrt(25 * 18),
    })
    assert.equal(nonFinite, null)
  })

  it('splits an error into what came in and what arose', () => {
    const difference = differenceOf(observed([1, 2], [4, 2], { local: Float64Array.of(2, 2) }))

    assert.deepEqual([difference.noise, difference.local, difference.passed], [9, 1, 4])
    assert.equal(difference.localSqnrDb, 10 * Math.log10(5))
  })

  it('is the same in one batch as in several', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 20 }), fc.nat(), (pairs, at) => {
        const cut = 1 + (at % (pairs.length - 1))
        const part = (some: typeof pairs) =>
          observed(
            some.map(([a]) => a),
            some.map(([, b]) => b),
          )
        const whole = differenceOf(part(pairs)).result('y')
        const parts = differenceOf(part(pairs.slice(0, cut)), part(pairs.slice(cut))).result('y')
        for (const key of ['elements', 'maxError', 'maxMagnitude'] as const) assert.equal(parts[key], whole[key])
        assert.ok(Math.abs(parts.meanError - whole.meanError) < 1e-9)
        assert.ok(Object.is(parts.sqnrDb, whole.sqnrDb) || Math.abs(parts.sqnrDb - whole.sqnrDb) < 1e-9)
      }),
    )
  })

  it('knows the edges: equal, both zero, and no direction', () => {
    const equal = differenceOf(observed([1, 2], [1, 2])).result('y')
    const zero = differenceOf(observed([0, 0], [0, 0])).result('y')
    const noSignal = differenceOf(observed([0, 0], [1, 0])).result('y')
    const nothing = differenceOf(observed([], [])).result('y')

    assert.deepEqual([equal.sqnrDb, equal.cosine], [Infinity, 1])
    assert.deepEqual([zero.sqnrDb, zero.cosine], [Infinity, 1])
    assert.deepEqual([noSignal.sqnrDb, noSignal.cosine], [-Infinity, 0])
    assert.ok([nothing.sqnrDb, nothing.cosine, nothing.maxError, nothing.meanError].every(Number.isNaN))
  })

  it('leaves out what is not finite, and tells the first of it by sample and element', () => {
    const shape = [3, 2]
    const difference = differenceOf(
      observed([1, 2, 3, 4, 5, 6], [1, 2, 3, NaN, Infinity, 7], { shape, ran: 3, first: 10 }),
    )

    const { nonFinite, elements, maxError } = difference.result('y')
    assert.deepEqual(nonFinite, { model: 'b', value: 'NaN', sample: 11, element: 1 })
    assert.deepEqual([elements, maxError], [4, 1])
  })

  it('takes equal infinities for no difference, and tells a NaN of both only where there is nothing else', () => {
    const masks = differenceOf(observed([-Infinity, 1], [-Infinity, 1])).result('y')
    const both = differenceOf(observed([NaN, 1], [NaN, 1])).result('y')
    const other = differenceOf(observed([NaN, 1, Infinity], [NaN, 1, -Infinity])).result('y')
    const first = differenceOf(observed([1, Infinity], [1, 2])).result('y')

    assert.deepEqual([masks.nonFinite, masks.elements, masks.sqnrDb], [null, 1, Infinity])
    assert.deepEqual(both.nonFinite, { model: 'both', value: 'NaN', sample: 0, element: 0 })
    assert.deepEqual(other.nonFinite, { model: 'both', value: '-Infinity', sample: 0, element: 2 })
    assert.deepEqual(first.nonFinite, { model: 'a', value: 'Infinity', sample: 0, element: 1 })
  })
})

describe('numbersOf', () => {
  it('reads every numeric type', () => {
    const numbers = (
      dtype: Parameters<typeof numbersOf>[0]['dtype'],
      data: Parameters<typeof numbersOf>[0]['data'],
    ) => [...numbersOf({ dtype, shape: [data.length], data })]

    assert.deepEqual(numbers('float16', Uint16Array.of(0x3c00, 0xc000)), [1, -2])
    assert.deepEqual(numbers('int64', BigInt64Array.of(-3n, 2n ** 62n)), [-3, 2 ** 62])
    assert.deepEqual(numbers('uint64', BigUint64Array.of(3n)), [3])
    assert.deepEqual(numbers('bool', Uint8Array.of(1, 0)), [1, 0])
    assert.deepEqual(numbers('int8', Int8Array.of(-8)), [-8])
    assert.deepEqual(numbers('float64', Float64Array.of(0.1)), [0.1])
  })
})
