import assert from 'node:assert/strict'
import fc from 'fast-check'
import { histogram } from '../../../src/report/html/charts/histogram.js'
import { icicle } from '../../../src/report/html/charts/icicle.js'
import { steps } from '../../../src/report/html/charts/plot.js'
import { linear } from '../../../src/report/html/charts/scale.js'
import type { PartReport } from '../../../src/report/report.js'

describe('linear', () => {
  it('begins and ends at round numbers', () => {
    const scale = linear(3, 47, 5)
    assert.deepEqual(scale.ticks, [0, 10, 20, 30, 40, 50])
    assert.deepEqual([scale.of(0), scale.of(25), scale.of(50)], [0, 0.5, 1])
    assert.deepEqual(linear(0.0012, 0.0047, 4).ticks, [0.001, 0.002, 0.003, 0.004, 0.005])
  })

  it('keeps its ends where that is asked for, with the round numbers between them', () => {
    const scale = linear(0.113, 0.139, 5, false)
    assert.deepEqual(scale.ticks, [0.12, 0.13])
    assert.deepEqual([scale.of(0.113), scale.of(0.139)], [0, 1])
  })

  it('has an axis for a single number, too', () => {
    for (const value of [0, 5, -3]) {
      const { of } = linear(value, value, 4)
      assert.ok(of(value) >= 0 && of(value) <= 1)
    }
  })

  it('holds every number from its least to its largest, with few ticks in order', () => {
    const bound = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(bound, bound, fc.integer({ min: 2, max: 8 }), (a, b, n) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        fc.pre(max - min > 1e-6 * Math.max(1, Math.abs(min), Math.abs(max)))
        const { of, ticks } = linear(min, max, n)
        assert.ok(of(min) >= -1e-9 && of(max) <= 1 + 1e-9)
        assert.ok(ticks.length >= 2 && ticks.length <= n + 3, `${ticks}`)
        assert.deepEqual(
          [...ticks].sort((x, y) => x - y),
          ticks,
        )
      }),
    )
  })
})

describe('steps', () => {
  it('goes up and down between the two ends of the base line', () => {
    assert.deepEqual(steps([1, 0.5], 0, 1), [
      [0, 0],
      [0, 1],
      [0.5, 1],
      [0.5, 0.5],
      [1, 0.5],
      [1, 0],
    ])
  })
})

describe('histogram', () => {
  const all = { min: -1, max: 1, mean: 0, std: 0.5, nearZero: 0, histogram: [10, 20, 20, 10] }

  it('draws before and after on one axis: what is narrower stands narrower, and as dense as it is', () => {
    const half = { ...all, min: -0.5, max: 0.5, histogram: [20, 20] }
    const { text } = histogram(all, half, 'what one sees')
    // 60 values over 2, and 40 over 1: the densities at the middle are 40 and 40.
    assert.match(text, /class="area" d="M250 64L250 0L500 0L500 0L750 0L750 64"/)
    assert.match(text, /class="outline" d="M0 64L0 32L250 32L250 0L500 0L500 0L750 0L750 32L1000 32L1000 64"/)
    assert.match(text, /aria-label="what one sees"/)
  })

  it('bears a tensor of one value, and one of zeros alone', () => {
    for (const d of [
      { ...all, min: 3, max: 3, histogram: [7] },
      { ...all, min: 0, max: 0, histogram: [] },
    ]) {
      assert.doesNotMatch(histogram(d, null, 'x').text, /NaN|Infinity/)
    }
  })
})

describe('icicle', () => {
  const part = (name: string, bytes: number, children: readonly PartReport[] = []): PartReport => ({
    name,
    bytes,
    parameters: bytes / 4,
    macs: 0,
    children,
  })
  const tiles = (text: string) =>
    [
      ...text.matchAll(
        /<svg class="tile d(\d)[^"]*".*?aria-label="([^:]*):.*? x="([\d.]+)%" y="(\d+)" width="([\d.]+)%"/g,
      ),
    ].map(([, depth, name, x, y, width]) => [name, Number(depth), Number(x), Number(y), Number(width)])

  it('lays parts below the whole, side by side, as wide as their bytes', () => {
    const root = part('model', 100, [part('a', 75, [part('c', 75)]), part('b', 25)])
    assert.deepEqual(tiles(icicle('t', 'Bytes', root).text), [
      ['model', 0, 0, 0, 100],
      ['a', 1, 0, 34, 75],
      ['c', 2, 0, 68, 75],
      ['b', 1, 75, 34, 25],
    ])
  })

  it('makes one of the smallest of many parts, in the order that the others have', () => {
    const many = Array.from({ length: 60 }, (_, i) => part(`p${i}`, i + 1))
    const found = tiles(icicle('t', 'Bytes', part('model', 1830, many)).text)
    assert.equal(found.length, 42)
    assert.deepEqual([found[1]?.[0], found[40]?.[0], found[41]?.[0]], ['p20', 'p59', '20 smaller ones'])
    assert.equal(
      found
        .slice(1)
        .reduce((sum, tile) => sum + Number(tile[4]), 0)
        .toFixed(2),
      '100.00',
    )
  })

  it('stays small, however large the model is', () => {
    const deep = (depth: number, bytes: number): PartReport =>
      part(`d${depth}`, bytes, depth === 0 ? [] : Array.from({ length: 30 }, () => deep(depth - 1, bytes / 30)))
    assert.ok(icicle('t', 'Bytes', deep(3, 27e6)).text.length < 200_000)
  })

  it('of nothing is a single tile', () => {
    assert.deepEqual(tiles(icicle('t', 'Bytes', part('model', 0)).text), [['model', 0, 0, 0, 0]])
  })
})
