import assert from 'node:assert/strict'
import { choose, expectedRuns, type Measure } from '../../../../src/passes/prune-structured/depth/choose.js'

/** What a set of blocks costs, and how many sets were asked for. */
function measureBy(cost: (without: ReadonlySet<number>) => number): { measure: Measure; asked: () => number } {
  let count = 0
  return {
    measure: async (choices) => {
      count += choices.length
      return choices.map(cost)
    },
    asked: () => count,
  }
}

function sumOf(costs: readonly number[]): (without: ReadonlySet<number>) => number {
  return (without) => [...without].reduce((sum, i) => sum + (costs[i] ?? 0), 0)
}

const alone = (n: number) => Array.from({ length: n }, () => [])
const all = (n: number) => Array.from({ length: n }, () => true)

describe('choose', () => {
  it('takes the least of independent blocks', async () => {
    const { measure, asked } = measureBy(sumOf([5, 1, 4, 2, 3]))
    const choice = await choose({ inside: alone(5), eligible: all(5) }, 3, measure)
    assert.deepEqual(choice, { scores: [5, 1, 4, 2, 3], removed: [1, 3, 4], error: 6 })
    assert.equal(asked(), 5 + 4 + 3)
    assert.equal(expectedRuns(5, 3), 5 + 4 + 3)
  })

  it('measures few of many blocks again', async () => {
    const costs = Array.from({ length: 80 }, (_, i) => 1 + ((i * 37) % 80))
    const { measure, asked } = measureBy(sumOf(costs))
    const { removed, error } = await choose({ inside: alone(80), eligible: all(80) }, 10, measure)
    assert.deepEqual(
      removed.map((i) => costs[i]),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    assert.equal(error, 55)
    assert.equal(asked(), 80 + 9)
    assert.equal(expectedRuns(80, 10), 100)
  })

  it('of many blocks, too, sees that one matters once another is gone', async () => {
    const { measure } = measureBy((without) => (without.has(0) && without.has(1) ? 100 : without.size))
    const { removed } = await choose({ inside: alone(80), eligible: all(80) }, 3, measure)
    assert.deepEqual(removed, [0, 2, 3])
  })

  it('finds a block that does nothing once another is gone', async () => {
    // 2 only undoes what 0 does.
    const { measure } = measureBy((without) => (without.has(0) === without.has(2) ? 0 : 4) + 3 * Number(without.has(1)))
    const { removed, error } = await choose({ inside: alone(3), eligible: [true, false, true] }, 2, measure)
    assert.deepEqual([removed, error], [[0, 2], 0])
  })

  it('sees that a block matters once another is gone', async () => {
    // Either of 0 and 1 can do the work of the other.
    const { measure } = measureBy((without) => (without.has(0) && without.has(1) ? 100 : without.size))
    const choice = await choose({ inside: alone(4), eligible: all(4) }, 3, measure)
    assert.deepEqual(choice.removed, [0, 2, 3])
    assert.equal(choice.error, 3)
  })

  it('leaves alone what may not go, and does not measure it', async () => {
    const { measure, asked } = measureBy(sumOf([1, 2, 3]))
    const choice = await choose({ inside: alone(3), eligible: [false, true, true] }, 1, measure)
    assert.deepEqual(choice, { scores: [null, 2, 3], removed: [1], error: 2 })
    assert.equal(asked(), 2)
  })

  it('counts a block for all that it takes with it', async () => {
    // 2 holds 0 and 1, and the outputs hardly change without all of them.
    const cost = (without: ReadonlySet<number>) => (without.has(2) ? 0.1 : 5 * without.size)
    const nested = { inside: [[], [], [0, 1], []], eligible: all(4) }
    const three = await choose(nested, 3, measureBy(cost).measure)
    assert.deepEqual(new Set(three.removed), new Set([0, 1, 2]))
    const two = await choose(nested, 2, measureBy(cost).measure)
    assert.equal(two.removed.length, 2)
    assert.ok(!two.removed.includes(2), 'removing 2 would remove three')
  })

  it('takes an outer block for one when those inside it are gone', async () => {
    const nested = { inside: [[], [0]], eligible: all(2) }
    const choice = await choose(nested, 2, measureBy(sumOf([1, 10])).measure)
    assert.deepEqual(choice.removed, [0, 1])
    assert.equal(choice.error, 11)
  })

  it('takes last what makes the outputs NaN or infinite, and still comes to an end', async () => {
    const { measure } = measureBy((without) => (without.has(0) ? Number.POSITIVE_INFINITY : without.size))
    const choice = await choose({ inside: alone(3), eligible: all(3) }, 3, measure)
    assert.deepEqual(choice.removed, [1, 2, 0])
    assert.equal(choice.error, Number.POSITIVE_INFINITY)
  })

  it('refuses to choose more than there are', async () => {
    await assert.rejects(choose({ inside: alone(1), eligible: all(1) }, 2, measureBy(() => 1).measure), RangeError)
  })
})
