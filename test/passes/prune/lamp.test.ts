import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UnsupportedModelError } from '../../../src/errors.js'
import { lampShares } from '../../../src/passes/prune/lamp.js'
import type { Member } from '../../../src/passes/prune/select.js'
import { DISTRIBUTIONS, memberOf, numbersIn, poolAndCount } from './pools.js'

/** The LAMP scores of one layer, ascending: each square over the sum of itself and all behind it. */
function scoresOf(member: Member): number[] {
  const magnitudes = numbersIn(member.tensor).map(Math.abs)
  const largest = Math.max(...magnitudes)
  // By the largest, so that no square overflows: scores do not depend on the scale.
  const squares = magnitudes.map((w) => (w === 0 ? 0 : (w / largest) ** 2)).sort((a, b) => b - a)
  let sum = 0
  return squares
    .map((square) => {
      sum += square
      return square === 0 ? 0 : square / sum
    })
    .reverse()
}

/** Exactly k go, and none that stays has a smaller score than one that goes; sums may differ in their last digits. */
function assertSmallestScores(members: readonly Member[], shares: readonly number[], k: number): void {
  const scores = members.map(scoresOf)
  assert.equal(
    shares.reduce((a, b) => a + b, 0),
    k,
  )
  const gone = shares.flatMap((share, m) => scores[m]?.slice(0, share) ?? [])
  const kept = shares.flatMap((share, m) => scores[m]?.slice(share) ?? [])
  assert.equal(gone.length, k)
  const [most, least] = [gone.reduce((a, b) => Math.max(a, b), 0), kept.reduce((a, b) => Math.min(a, b), 1)]
  assert.ok(most <= least * (1 + 1e-9), `${most} goes, ${least} stays`)
}

describe('lampShares', () => {
  it('takes the k smallest scores of any pool', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, async ({ members, k }) => {
        assertSmallestScores(members, await lampShares(members, k), k)
      }),
      { numRuns: 600 },
    ))

  for (const [name, valuesOf] of Object.entries(DISTRIBUTIONS)) {
    it(`takes the k smallest scores of layers whose weights are ${name}`, async () => {
      const members = [
        memberOf(valuesOf(5000), 'float32', 0),
        memberOf(
          valuesOf(400).map((w) => w * 100),
          'float16',
          1,
        ),
        memberOf(
          valuesOf(2000).map((w) => w * 1e-3),
          'float64',
          2,
        ),
        memberOf(valuesOf(7), 'bfloat16', 3),
      ]
      for (const k of [0, 1, 800, 3703, 7000, 7406, 7407]) {
        assertSmallestScores(members, await lampShares(members, k), k)
      }
    })
  }

  it('shares out as worked out by hand', async () => {
    // Scores: 1/14, 4/13, 9/9; 25/250, 225/225.
    const members = [memberOf([3, -1, 2]), memberOf([15, 5], 'float32', 1)]
    const shares = await Promise.all([0, 1, 2, 3, 4, 5].map((k) => lampShares(members, k)))
    assert.deepEqual(shares, [
      [0, 0],
      [1, 0],
      [1, 1],
      [2, 1],
      [3, 1],
      [3, 2],
    ])
  })

  it('does not depend on the scale of a layer', async () => {
    const layers = [1000, 3000].map((n) => DISTRIBUTIONS['bell-shaped']?.(n) ?? [])
    const sharesOf = (scale: number) =>
      lampShares(
        layers.map((values, i) =>
          memberOf(
            values.map((w) => w * (i === 0 ? scale : 1)),
            'float64',
            i,
          ),
        ),
        2400,
      )
    const shares = await sharesOf(1)
    for (const exponent of [-1000, -160, -20, 40, 600, 1000]) assert.deepEqual(await sharesOf(2 ** exponent), shares)
  })

  it('spares the small layer that magnitude would empty', async () => {
    const members = [memberOf(Array(10).fill(0.01)), memberOf(DISTRIBUTIONS['bell-shaped']?.(1000) ?? [], 'float32', 1)]
    const [small] = await lampShares(members, 500)
    assert.equal(small, 0)
  })

  it('lets all zeros go before anything else, those of the first layers first', async () => {
    const members = [memberOf([0, 0, 1]), memberOf([0, 1e-45, -0], 'float32', 1)]
    assert.deepEqual(await lampShares(members, 1), [1, 0])
    assert.deepEqual(await lampShares(members, 3), [2, 1])
    assert.deepEqual(await lampShares(members, 4), [2, 2])
    assert.deepEqual(await lampShares(members, 5), [3, 2])
  })

  for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] as const) {
    it(`refuses NaN and Inf in ${dtype}`, async () => {
      for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const members = [memberOf([1, 2], dtype), memberOf([1, bad], dtype, 1)]
        await assert.rejects(lampShares(members, 2), (error) => {
          assert.ok(error instanceof UnsupportedModelError)
          assert.match(error.message, /"weight1" holds NaN or Inf/)
          return true
        })
      }
    })
  }
})
