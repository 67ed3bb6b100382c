import assert from 'node:assert/strict'
import fc from 'fast-check'
import { gridOf, maskBlocks } from '../../../src/passes/prune/blocks.js'
import { type AxisMember, scoresOf } from '../../../src/passes/prune/masks.js'
import { axisMember, coordinates, LAYOUTS, numbersIn, tensorOf, weight } from './pools.js'

type Block = { readonly rows: number; readonly columns: number }

/** All blocks of a pool in the order in which they go, each with its positions; and so many of them that k is met best. */
function blocksToDrop(pool: readonly AxisMember[], k: number, block: Block) {
  const blocks: { m: number; positions: number[]; mean: number }[] = []
  for (const [m, member] of pool.entries()) {
    const { shape, out } = member
    const scores = scoresOf(member, 'magnitude', 0)
    const found = new Map<string, number[]>()
    for (let position = 0; position < member.elements; position++) {
      const place = coordinates(position, shape).map((c, axis) =>
        Math.floor(c / (axis === out ? block.rows : axis === member.in ? block.columns : 1)),
      )
      found.set(place.join(), [...(found.get(place.join()) ?? []), position])
    }
    for (const positions of found.values()) {
      const sum = positions.reduce((s, position) => s + (scores[position] ?? 0), 0)
      blocks.push({ m, positions, mean: Math.fround(sum / positions.length) })
    }
  }
  const sorted = blocks.toSorted((a, b) => a.mean - b.mean)
  const totals = [0]
  for (const { positions } of sorted) totals.push((totals.at(-1) ?? 0) + positions.length)
  const distance = Math.min(...totals.map((t) => Math.abs(t - k)))
  const count = totals.findLastIndex((t) => Math.abs(t - k) === distance)
  return { dropped: sorted.slice(0, count), total: totals[count] ?? 0, distance }
}

function assertBlocks(pool: readonly AxisMember[], k: number, block: Block): void {
  const { dropped } = blocksToDrop(pool, k, block)
  const planned = maskBlocks(
    pool.map((member) => gridOf(member, block, scoresOf(member, 'magnitude', 0))),
    k,
  )
  for (const [m, { member, mask, zerosBefore, zerosAfter }] of planned.entries()) {
    const gone = new Set(dropped.filter((b) => b.m === m).flatMap((b) => b.positions))
    const before = numbersIn(member.tensor)
    const after = numbersIn(mask.apply(member.tensor, member.dtype))
    assert.deepEqual(
      after,
      before.map((w, i) => (gone.has(i) ? 0 : w)),
    )
    assert.equal(zerosBefore, before.filter((w) => w === 0).length)
    assert.equal(zerosAfter, after.filter((w) => w === 0).length)
  }
}

const block = fc.record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 4 }) })

/** Numbers of which float32 holds means that are not zero. */
const moderate = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }),
  fc.constantFrom(0, -0, 0.5, -0.5, 0.25),
  weight.filter((w) => w === 0 || (Math.abs(w) > 1e-30 && Math.abs(w) < 1e30)),
)

const pool = fc
  .array(tensorOf(moderate), { minLength: 1, maxLength: 3, size: 'max' })
  .map((members) => members.map((member, index) => ({ ...member, index })))

describe('maskBlocks', () => {
  it('prunes the blocks of smallest mean, as sorting all of them does', () =>
    fc.assert(
      fc.property(pool, block, fc.double({ min: 0, max: 1, noNaN: true }), (members, block, share) => {
        const k = Math.round(share * members.reduce((n, m) => n + m.elements, 0))
        assertBlocks(members, k, block)
      }),
      { numRuns: 500 },
    ))

  for (const [name, member] of Object.entries(LAYOUTS)) {
    it(`makes blocks of outputs by inputs of ${name}`, () => {
      for (const block of [
        { rows: 2, columns: 3 },
        { rows: 4, columns: 1 },
        { rows: 100, columns: 2 },
      ]) {
        for (const k of [0, 1, 17, member.elements >> 1, member.elements]) assertBlocks([member], k, block)
      }
    })
  }

  it('comes as near to k as whole blocks come, where blocks are of one size', () => {
    const member = axisMember(
      Array.from({ length: 256 }, (_, i) => Math.sin(i + 1)),
      [16, 16],
      { out: 0, in: 1 },
    )
    for (let k = 0; k <= 256; k++) {
      const [planned] = maskBlocks([gridOf(member, { rows: 4, columns: 4 }, scoresOf(member, 'magnitude', 0))], k)
      assert.ok(planned && Math.abs(planned.zerosAfter - k) <= 8)
      assert.equal(planned.zerosAfter % 16, 0)
    }
  })

  it('makes blocks of hundreds of weights', () => {
    const member = axisMember(
      Array.from({ length: 40 * 50 }, (_, i) => Math.sin(i)),
      [40, 50],
      { out: 0, in: 1 },
    )
    for (const k of [0, 300, 1000, 1999]) {
      assertBlocks([member], k, { rows: 16, columns: 16 })
      assertBlocks([member], k, { rows: 15, columns: 17 })
    }
  })

  it('counts a block at the edge with what of it lies inside', () => {
    // One row: blocks of 4, 4 and 1.
    const member = axisMember([1, 1, 1, 1, 2, 2, 2, 2, 0.5], [1, 9], { out: 0, in: 1 })
    const zerosFor = (k: number) =>
      maskBlocks([gridOf(member, { rows: 1, columns: 4 }, scoresOf(member, 'magnitude', 0))], k)[0]?.zerosAfter
    assert.deepEqual([0, 1, 2, 3, 4, 6, 7, 9].map(zerosFor), [0, 1, 1, 5, 5, 5, 9, 9])
  })

  it('stops at the first of equal blocks that would lead away from k, though a smaller one may follow', () => {
    const members = [0, 1].map((index) => axisMember(Array(25).fill(1), [5, 5], { out: 0, in: 1 }, 'float32', index))
    for (let k = 0; k <= 50; k++) assertBlocks(members, k, { rows: 2, columns: 2 })
  })

  it('chooses among equal blocks in the order of tensors and of their first weights', () => {
    const members = [0, 1].map((index) => axisMember(Array(12).fill(1), [2, 2, 3], { out: 0, in: 1 }, 'float32', index))
    const block = { rows: 1, columns: 2 }
    const planned = maskBlocks(
      members.map((m) => gridOf(m, block, scoresOf(m, 'magnitude', 0))),
      16,
    )
    assert.deepEqual(
      planned.map(({ member, mask }) => numbersIn(mask.apply(member.tensor, 'float32'))),
      [Array(12).fill(0), [0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]],
    )
  })

  it('takes no longer where very many blocks are equal', () => {
    const member = axisMember(Array(1 << 20).fill(0.5), [1024, 1024], { out: 0, in: 1 })
    const started = performance.now()
    const [planned] = maskBlocks([gridOf(member, { rows: 1, columns: 2 }, scoresOf(member, 'magnitude', 0))], 1 << 19)
    assert.equal(planned?.zerosAfter, 1 << 19)
    assert.ok(performance.now() - started < 5000)
  })
})
