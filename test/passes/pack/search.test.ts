import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sketch } from '../../../fixtures/sketch.js'
import { UsageError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import type { Goal } from '../../../src/passes/pack/bound.js'
import type { Candidate, Planner } from '../../../src/passes/pack/ladder.js'
import { curveOf, type SearchOptions, searchDrop } from '../../../src/passes/pack/search.js'
import type { Trial } from '../../../src/passes/pack/trial.js'

const [LARGEST, SMALLEST] = [800_000, 100_000]

/** Packings of any size between two, whose value follows from the size. */
function workshop(valueAt: (bytes: number) => number, more: Partial<Trial> = {}) {
  const bytesOf = new Map<Model, number>()
  const planned: Goal[] = []
  const tried: number[] = []
  const plan: Planner<Candidate> = async (goal) => {
    planned.push(goal)
    const bytes = goal.targetBytes ?? (goal.bound.mostValues === null ? LARGEST : SMALLEST)
    const build = async () => {
      const { model } = sketch('packed')
      bytesOf.set(model, bytes)
      return model
    }
    return { bytes, build }
  }
  const trial: Trial = {
    metric: 'top1',
    unit: 'fraction',
    better: 'higher',
    base: 0.9,
    samples: 1000,
    value: async (model, onProgress) => {
      const bytes = bytesOf.get(model) ?? assert.fail('of another workshop')
      tried.push(bytes)
      onProgress?.(0.5)
      return valueAt(bytes)
    },
    ...more,
  }
  const search = (options: Partial<SearchOptions> = {}) =>
    searchDrop(plan, trial, { maxDrop: 0.01, wholeCurve: false, ...options })
  return { plan, trial, planned, tried, search, bytesOf }
}

/** Good down to a size. */
const cliff = (bytes: number) => (size: number) => (size >= bytes ? 0.895 : 0.5)

/** What points of a curve say of the metric. */
const JUDGED = { metric: 'top1', unit: 'fraction', better: 'higher', base: 0.9 } as const

describe('The search for the smallest packing within a drop', () => {
  it('finds a packing hardly larger than it would have to be, in few trials', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: SMALLEST, max: LARGEST }), fc.boolean(), async (border, wholeCurve) => {
        const { search, tried } = workshop(cliff(border))
        const { candidate, curve } = await search({ wholeCurve })

        assert.ok(candidate.bytes >= border && candidate.bytes <= 1.08 * border, `${candidate.bytes} for ${border}`)
        assert.ok(tried.length <= (wholeCurve ? 11 : 6), `${tried.length} trials`)
        assert.equal(new Set(tried).size, tried.length)
        assert.equal(curve.length, tried.length)
      }),
      { numRuns: 50 },
    )
  })

  it('takes the smallest of all where none falls by more, and the largest where only that does not', async () => {
    const [all, one] = [workshop(() => 0.9), workshop(cliff(LARGEST))]

    assert.equal((await all.search()).candidate.bytes, SMALLEST)
    assert.equal((await one.search()).candidate.bytes, LARGEST)
  })

  it('hands over the model that was tried, and shows all that were, the smallest first', async () => {
    const { search, bytesOf } = workshop(cliff(300_000))
    const { model, candidate, curve, goal } = await search()

    assert.equal(bytesOf.get(model), candidate.bytes)
    assert.equal(goal.targetBytes, candidate.bytes)
    const sizes = curve.map(({ bytes }) => bytes)
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => a - b),
    )
    assert.deepEqual(
      curve.filter(({ chosen }) => chosen),
      [{ bound: goal.text, bytes: candidate.bytes, ...JUDGED, value: 0.895, chosen: true }],
    )
  })

  it('tries the whole ladder when the curve is wanted, from nearly lossless to 2 bits', async () => {
    const { search } = workshop(cliff(300_000))
    const { curve } = await search({ wholeCurve: true })

    const sizes = curve.map(({ bytes }) => bytes)
    assert.deepEqual([sizes[0], sizes.at(-1), sizes.length], [SMALLEST, LARGEST, 11])
    for (const size of [105_000, 150_000, 250_000, 400_000, 600_000]) {
      assert.ok(
        sizes.some((bytes) => bytes >= size && bytes <= 1.31 * size),
        `none between ${size} and 1.3 times it`,
      )
    }
  })

  it('takes the smallest good one of a curve that is not monotone', async () => {
    const { search } = workshop((bytes) => (bytes < 500_000 && bytes > 300_000 ? 0.5 : 0.9))
    assert.equal((await search({ wholeCurve: true })).candidate.bytes, SMALLEST)
  })

  it('counts a drop of exactly what is allowed as within it', async () => {
    const { search } = workshop((bytes) => (bytes >= 200_000 ? 0.89 : 0.5))
    assert.ok((await search({ maxDrop: 0.01 })).candidate.bytes < 220_000)
  })

  it('understands metrics of which less is better', async () => {
    const error = (bytes: number) => (bytes >= 200_000 ? 0.105 : 0.2)
    const { search } = workshop(error, { metric: 'mse', unit: 'number', better: 'lower', base: 0.1 })
    const { candidate, notes } = await search({ maxDrop: 0.01 })

    assert.ok(candidate.bytes >= 200_000 && candidate.bytes < 216_000)
    assert.match(notes[0] ?? '', /whose mse falls by at most 0.01 on 1000 samples: 0.1 → 0.105\.$/)
  })

  it('has a single packing where nothing is smaller', async () => {
    const { plan, trial } = workshop(() => 0.9)
    const fixed: Planner<Candidate> = async (goal) => ({ ...(await plan(goal)), bytes: 5000 })
    const { curve } = await searchDrop(fixed, trial, { maxDrop: 0, wholeCurve: true })

    assert.deepEqual(
      curve.map(({ bytes }) => bytes),
      [5000],
    )
  })

  it('goes without sizes that the planner cannot reach', async () => {
    const { plan, trial } = workshop(cliff(300_000))
    const few: Planner<Candidate> = async (goal) => {
      if (goal.targetBytes !== null) throw new UsageError('No packing is that small.')
      return plan(goal)
    }
    assert.equal((await searchDrop(few, trial, { maxDrop: 0.01, wholeCurve: false })).candidate.bytes, LARGEST)
  })

  it('says when no packing is good enough: what the best one does, and what would be allowed', async () => {
    const { search } = workshop((bytes) => 0.8 + bytes / 1e8)
    await assert.rejects(search(), (error) => {
      assert.ok(error instanceof UsageError)
      assert.equal(
        error.message,
        'No packing keeps top1 within 1 % of what it was: at best it goes from 90 % to 80.8 %, in 800000 bytes ' +
          '(error of each weight at most 0.1 %).',
      )
      assert.deepEqual(error.suggestions, ['Allow as much: --max-drop 0.092', 'Or lose nothing at all: --lossless'])
      return true
    })
  })

  it('says that few samples cannot tell a small drop', async () => {
    const few = workshop(() => 0.9, { samples: 40 })
    assert.deepEqual((await few.search({ maxDrop: 0.01 })).notes, [
      'The smallest of 4 packings that were tried whose top1 falls by at most 1 % on 40 samples: 90 % → 90 %.',
      'One of 40 samples is 2.5 %: a smaller fall of top1 may go unseen. 100 samples of --data tell more.',
    ])
    assert.match((await few.search({ maxDrop: 0 })).notes[1] ?? '', /may go unseen\. more samples tell more\.$/)
    assert.equal((await workshop(() => 0.9, { samples: 100 }).search({ maxDrop: 0.01 })).notes.length, 1)
  })

  it('tells how far it is, and stops when it is told to', async () => {
    const { search, tried } = workshop(cliff(300_000))
    const told: number[] = []
    await search({ onProgress: (done) => told.push(done) })
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    )
    assert.ok((told[0] ?? 1) > 0 && (told.at(-1) ?? 0) > 0.8)

    const [stop, before] = [new AbortController(), tried.length]
    const reason = new Error('enough')
    await assert.rejects(
      search({ signal: stop.signal, onProgress: () => stop.abort(reason) }),
      (error) => error === reason,
    )
    assert.equal(tried.length, before + 1)
  })
})

describe('The curve beside a packing that was chosen otherwise', () => {
  it('has the whole ladder, and marks the packing that is taken', async () => {
    const { plan, trial, bytesOf } = workshop(cliff(300_000))
    const goal: Goal = {
      bound: { maxError: 1, maxVectorError: 1, mostValues: null },
      targetBytes: 123_456,
      text: 'so small',
    }
    const { model, curve, notes } = await curveOf(plan, trial, goal)

    assert.equal(bytesOf.get(model), 123_456)
    assert.equal(curve.length, 10)
    assert.deepEqual(
      curve.filter(({ chosen }) => chosen),
      [{ bound: 'so small', bytes: 123_456, ...JUDGED, value: 0.5, chosen: true }],
    )
    assert.deepEqual(notes, [])
  })
})
