import assert from 'node:assert/strict'
import fc from 'fast-check'
import { distortion, kmeans, type Points } from '../../../src/passes/pack/kmeans.js'
import { surveyOf } from '../../../src/passes/pack/survey.js'
import { float32, normal, random } from './tensors.js'

/** The least sum of squares of any division into at most k runs, by trying all. */
function least({ values, weights }: Points, k: number, from = 0): number {
  if (from === values.length) return 0
  if (k === 0) return Number.POSITIVE_INFINITY
  let best = Number.POSITIVE_INFINITY
  for (let to = from + 1; to <= values.length; to++) {
    const run = { values: values.subarray(from, to), weights: weights.subarray(from, to) }
    best = Math.min(best, distortion(run, [meanOf(run)]) + least({ values, weights }, k - 1, to))
  }
  return best
}

/** The same where one of the runs, which may be empty, has zero in place of its mean. */
function leastWithZero({ values, weights }: Points, k: number, from = 0): number {
  let best = Number.POSITIVE_INFINITY
  for (let to = from; to <= values.length; to++) {
    const run = { values: values.subarray(from, to), weights: weights.subarray(from, to) }
    best = Math.min(best, distortion(run, [0]) + least({ values, weights }, k - 1, to))
    if (k < 2 || to === from) continue
    best = Math.min(best, distortion(run, [meanOf(run)]) + leastWithZero({ values, weights }, k - 1, to))
  }
  return best
}

function meanOf({ values, weights }: Points): number {
  const weight = weights.reduce((sum, w) => sum + w, 0)
  return values.reduce((sum, x, i) => sum + x * (weights[i] as number), 0) / weight
}

const points = fc
  .array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 9 })
  .map((pairs): Points => {
    const sorted = [...new Map(pairs)].sort(([a], [b]) => a - b)
    return { values: Float64Array.from(sorted, ([x]) => x), weights: Float64Array.from(sorted, ([, w]) => w) }
  })

describe('k-means on a line', () => {
  it('finds the best palette of a few points, as trying all does', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 5 }), (some, k) => {
        const [centers] = kmeans(some, [k]) as [Float64Array]
        assert.ok(centers.length <= k)
        const best = least(some, k)
        assert.ok(distortion(some, centers) <= best + 1e-9, `${distortion(some, centers)}, best is ${best}`)
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  it('keeps zero exactly, and does the best with the others', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 2, max: 5 }), (some, k) => {
        const [centers] = kmeans(some, [k], true) as [Float64Array]
        assert.ok(centers.includes(0))
        assert.ok(centers.length <= k)
        const best = leastWithZero(some, k)
        assert.ok(distortion(some, centers) <= best + 1e-9, `${distortion(some, centers)}, best is ${best}`)
      }),
      { numRuns: 300, seed: 2 },
    )
  })

  it('gives the points themselves where there are no more than values', () => {
    const some = { values: Float64Array.of(-2, 1, 5), weights: Float64Array.of(1, 1, 1) }
    assert.deepEqual(kmeans(some, [3, 4, 256]), Array(3).fill(Float64Array.of(-2, 1, 5)))
    assert.deepEqual(kmeans(some, [4], true), [Float64Array.of(-2, 0, 1, 5)])
  })

  it('lies closer to points that weigh more', () => {
    const even = { values: Float64Array.of(0, 1, 10), weights: Float64Array.of(1, 1, 1) }
    assert.deepEqual(kmeans(even, [2]), [Float64Array.of(0.5, 10)])
    assert.deepEqual(kmeans({ ...even, weights: Float64Array.of(1, 3, 1) }, [2]), [Float64Array.of(0.75, 10)])
  })

  it('meets the known errors of the best quantizers of a normal distribution', async () => {
    // Max 1960, doi:10.1109/TIT.1960.1057548, table I: mean square error for 2, 4, 8, 16 values.
    const survey = await surveyOf(float32([1_000_000], normal(1_000_000, 5)))
    const density = survey.weights?.density
    assert.ok(density)
    const known = [0.3634, 0.1175, 0.03454, 0.009497]
    for (const [i, palette] of kmeans(density, [2, 4, 8, 16]).entries()) {
      const mean = distortion(density, palette) / 1_000_000
      assert.ok(Math.abs(mean / (known[i] as number) - 1) < 0.01, `${palette.length} values: ${mean}`)
    }
  })

  it('loses at most 1 % of what the best palettes do by cutting heavy tails into pieces', async () => {
    const next = random(3)
    const gauss = () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
    const heavy = Float32Array.from({ length: 6000 }, () => gauss() / Math.sqrt((gauss() ** 2 + gauss() ** 2) / 2))
    const density = (await surveyOf(float32([6000], heavy))).weights?.density
    assert.ok(density)
    const sizes = [4, 16, 64]
    const best = bestOfAll(density, 64)
    for (const [i, palette] of kmeans(density, sizes).entries()) {
      const ratio = Math.sqrt(distortion(density, palette) / (best[sizes[i] as number] as number))
      assert.ok(ratio < 1.01, `${palette.length} values: ${ratio}`)
    }
  })
})

/** By number of values: the least sum of squares, over all ways to cut between points; n^2 steps for each value. */
function bestOfAll({ values, weights }: Points, most: number): number[] {
  const n = values.length
  const sums = [0, 1, 2].map((power) => {
    const sum = new Float64Array(n + 1)
    for (let i = 0; i < n; i++)
      sum[i + 1] = (sum[i] as number) + (weights[i] as number) * (values[i] as number) ** power
    return sum
  }) as [Float64Array, Float64Array, Float64Array]
  const of = (power: 0 | 1 | 2, from: number, to: number) => (sums[power][to] as number) - (sums[power][from] as number)
  const cost = (from: number, to: number) => of(2, from, to) - of(1, from, to) ** 2 / of(0, from, to)
  let squares = Float64Array.from({ length: n + 1 }, (_, end) => (end === 0 ? 0 : cost(0, end)))
  const best = [Number.POSITIVE_INFINITY, squares[n] as number]
  for (let k = 2; k <= most; k++) {
    const before = squares
    squares = Float64Array.from({ length: n + 1 }, (_, end) => {
      let found = before[end] as number
      for (let begin = end - 1; begin > 0 && cost(begin, end) < found; begin--) {
        found = Math.min(found, (before[begin] as number) + cost(begin, end))
      }
      return found
    })
    best.push(squares[n] as number)
  }
  return best
}
