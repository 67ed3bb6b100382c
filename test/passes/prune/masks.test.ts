import assert from 'node:assert/strict'
import fc from 'fast-check'
import { elementCount } from '../../../src/ir/type.js'
import { type AxisMember, maskNM, maskRows, type PlannedMask, scoresOf } from '../../../src/passes/prune/masks.js'
import { axisMember, coordinates, LAYOUTS, numbersIn, tensorOf, weight } from './pools.js'

/** The positions of a tensor that are alike in `key`, in order. */
function groupsBy(shape: readonly number[], key: (c: readonly number[]) => string): number[][] {
  const groups = new Map<string, number[]>()
  for (let position = 0; position < elementCount(shape); position++) {
    const k = key(coordinates(position, shape))
    groups.set(k, [...(groups.get(k) ?? []), position])
  }
  return [...groups.values()]
}

/** Drops the k first of each group in the order of the scores; sorting is stable. */
function dropped(groups: readonly number[][], scores: readonly number[], k: (n: number) => number): Set<number> {
  return new Set(
    groups.flatMap((positions) =>
      positions.toSorted((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0)).slice(0, k(positions.length)),
    ),
  )
}

function assertDrops(planned: PlannedMask, expected: ReadonlySet<number>): void {
  const { member, mask, zerosBefore, zerosAfter } = planned
  const before = numbersIn(member.tensor)
  const after = numbersIn(mask.apply(member.tensor, member.dtype))
  assert.deepEqual(
    after,
    before.map((w, i) => (expected.has(i) ? 0 : w)),
  )
  assert.equal(zerosBefore, before.filter((w) => w === 0).length)
  assert.equal(zerosAfter, after.filter((w) => w === 0).length)
}

const tensor = tensorOf(weight)
const magnitudes = (member: AxisMember) => scoresOf(member, 'magnitude', 0)

describe('scoresOf', () => {
  it('gives magnitudes as numbers', () => {
    const scores = scoresOf(axisMember([-2, 0.5, -0, 1e-7], [2, 2], { out: 0, in: 1 }, 'float16'), 'magnitude', 0)
    assert.deepEqual([...scores], [2, 0.5, 0, 2 * 2 ** -24])
  })

  it('gives lots by seed and tensor, and leaves zeros below all of them', () => {
    const member = axisMember([0, 1, 2, -0], [2, 2], { out: 0, in: 1 })
    const lots = [...scoresOf(member, 'random', 1)]
    assert.equal(lots[0], 0)
    assert.equal(lots[3], 0)
    assert.ok(lots[1] && lots[1] >= 1 && lots[2] && lots[2] >= 1)
    assert.deepEqual([...scoresOf(member, 'random', 1)], lots)
    assert.notDeepEqual([...scoresOf(member, 'random', 2)], lots)
    assert.notDeepEqual([...scoresOf({ ...member, index: 1 }, 'random', 1)], lots)
  })
})

describe('maskRows', () => {
  const expectedOf = (member: AxisMember, sparsity: number, scores: ArrayLike<number>) =>
    dropped(
      groupsBy(member.shape, (c) => String(c[member.out])),
      Array.from(scores),
      (n) => Math.round(sparsity * n),
    )

  it('prunes round(s * n) of each row, as sorting each row does', () =>
    fc.assert(
      fc.property(tensor, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (member, sparsity, random) => {
        const scores = scoresOf(member, random ? 'random' : 'magnitude', 3)
        assertDrops(maskRows(member, sparsity, scores), expectedOf(member, sparsity, scores))
      }),
      { numRuns: 400 },
    ))

  for (const [name, member] of Object.entries(LAYOUTS)) {
    it(`prunes each output of ${name} alike`, () => {
      const scores = magnitudes(member)
      assertDrops(maskRows(member, 0.4, scores), expectedOf(member, 0.4, scores))
    })
  }
})

describe('maskNM', () => {
  const expectedOf = (member: AxisMember, n: number, m: number, scores: ArrayLike<number>) =>
    dropped(
      groupsBy(member.shape, (c) => c.map((x, axis) => (axis === member.in ? Math.floor(x / m) : x)).join()).filter(
        (group) => group.length === m,
      ),
      Array.from(scores),
      () => m - n,
    )

  it('keeps n of every m weights along the input axis, and all of a tail shorter than m', () =>
    fc.assert(
      fc.property(
        tensor,
        fc.integer({ min: 2, max: 6 }).chain((m) => fc.tuple(fc.integer({ min: 1, max: m - 1 }), fc.constant(m))),
        fc.boolean(),
        (member, [n, m], random) => {
          const scores = scoresOf(member, random ? 'random' : 'magnitude', 3)
          const planned = maskNM(member, n, m, scores)
          assertDrops(planned, expectedOf(member, n, m, scores))
          const length = member.shape[member.in] ?? 0
          assert.equal(planned.ragged, (member.elements / length) * (length % m))
        },
      ),
      { numRuns: 400 },
    ))

  for (const [name, member] of Object.entries(LAYOUTS)) {
    it(`runs along the inputs of ${name}`, () => {
      const scores = magnitudes(member)
      assertDrops(maskNM(member, 1, 4, scores), expectedOf(member, 1, 4, scores))
    })
  }

  it('takes groups of more weights than are sorted at once', () => {
    const member = axisMember(
      Array.from({ length: 600 }, (_, i) => Math.sin(i)),
      [3, 200],
      { out: 0, in: 1 },
    )
    const scores = magnitudes(member)
    assertDrops(maskNM(member, 30, 100, scores), expectedOf(member, 30, 100, scores))
  })

  it('keeps the first zeros out of a choice among more zeros than have to go', () => {
    const member = axisMember([0, -0, 0, 5, 1, 2, 3, 4, 9], [1, 9], { out: 0, in: 1 })
    const planned = maskNM(member, 2, 4, magnitudes(member))
    assert.deepEqual(numbersIn(planned.mask.apply(member.tensor, 'float32')), [0, 0, 0, 5, 0, 0, 3, 4, 9])
    assert.deepEqual([planned.zerosBefore, planned.zerosAfter, planned.ragged], [3, 5, 1])
  })
})
