import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UnsupportedModelError } from '../../../src/errors.js'
import { applyCut } from '../../../src/passes/prune/cut.js'
import { type KeyOrder, magnitudeOrder, randomOrder, wideMagnitudeOrder } from '../../../src/passes/prune/keys.js'
import { type Limits, type Member, selectSmallest } from '../../../src/passes/prune/select.js'
import { DISTRIBUTIONS, memberOf, numbersIn, poolAndCount, smallestOf } from './pools.js'

/** Ways of searching: everything at once, a good sample, a useless sample, a store that is always too small. */
const LIMITS: readonly (Limits | undefined)[] = [
  undefined,
  { whole: 0, gathered: 1 << 20, samples: 64 },
  { whole: 0, gathered: 1 << 20, samples: 1 },
  { whole: 0, gathered: 3, samples: 8 },
  { whole: 1 << 20, gathered: 1, samples: 1 },
]
const limits = fc.constantFrom(...LIMITS)

const orderOf = (members: readonly Member[]): KeyOrder =>
  members.some((m) => m.dtype === 'float64') ? wideMagnitudeOrder : magnitudeOrder

const keysOf = (order: KeyOrder, member: Member): number[] => [
  ...order.reader(member.dtype, member.index)(member.tensor.read(), 0),
]

/** Compares what a selection prunes with the sorted keys, weight by weight. */
async function assertSelects(members: readonly Member[], k: number, order: KeyOrder, keys: number[][], l?: Limits) {
  const expected = smallestOf(keys, k)
  const cuts = await selectSmallest(members, k, order, undefined, l)
  assert.equal(cuts.length, members.length)
  for (const [m, member] of members.entries()) {
    const cut = cuts[m]
    assert.ok(cut)
    const before = numbersIn(member.tensor)
    const after = numbersIn(applyCut({ ...cut, member, order }))
    assert.deepEqual(
      after,
      before.map((w, position) => (expected.has(`${m}:${position}`) ? 0 : w)),
    )
    assert.equal(cut.zerosBefore, before.filter((w) => w === 0).length)
    assert.equal(cut.zerosAfter, after.filter((w) => w === 0).length)
  }
}

describe('selectSmallest', () => {
  it('prunes the k smallest magnitudes of any pool, as sorting all of them does', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, limits, ({ members, k }, limits) => {
        const magnitudes = members.map((m) => numbersIn(m.tensor).map(Math.abs))
        return assertSelects(members, k, orderOf(members), magnitudes, limits)
      }),
      { numRuns: 600 },
    ))

  it('prunes the k first weights of a random order', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, limits, fc.nat(), ({ members, k }, limits, seed) => {
        const order = randomOrder(seed)
        const lots = members.map((m) => keysOf(order, m))
        return assertSelects(members, k, order, lots, limits)
      }),
      { numRuns: 300 },
    ))

  for (const [name, valuesOf] of Object.entries(DISTRIBUTIONS)) {
    it(`is exact for weights that are ${name}, whichever way it searches`, async () => {
      const values = valuesOf(3000)
      for (const dtype of ['float32', 'float16', 'float64'] as const) {
        const members = [
          memberOf(values.slice(0, 1700), dtype, 0),
          memberOf(values.slice(1700, 1701), 'bfloat16', 1),
          memberOf(values.slice(1701), 'float32', 2),
        ]
        const magnitudes = members.map((m) => numbersIn(m.tensor).map(Math.abs))
        for (const limits of LIMITS) {
          for (const k of [1, 749, 1500, 2999]) await assertSelects(members, k, orderOf(members), magnitudes, limits)
        }
      }
    })
  }

  it('divides a range to its end, however many keys it has', async () => {
    // 120,000 neighbouring float32 numbers, and samples of so few that the k-th is mostly outside of what they promise.
    const values = Array.from({ length: 120_000 }, (_, i) => 1 + ((i * 7919) % 120_000) * 2 ** -23)
    const member = memberOf(values)
    for (let k = 1; k <= 120_000; k += 6_000) {
      const [cut] = await selectSmallest([member], k, magnitudeOrder, undefined, { whole: 0, gathered: 3, samples: 1 })
      assert.ok(cut)
      const after = numbersIn(applyCut({ ...cut, member, order: magnitudeOrder }))
      assert.ok(after.every((w, i) => (w === 0) === (values[i] ?? 0) < 1 + k * 2 ** -23))
      assert.equal(cut.zerosAfter, k)
    }
  })

  it('takes nothing from a tensor whose weights are all much larger', async () => {
    const [small, large] = [
      memberOf(DISTRIBUTIONS['bell-shaped']?.(2000) ?? []),
      memberOf(Array(500).fill(1e6), 'float32', 1),
    ]
    const [fromSmall, fromLarge] = await selectSmallest([small, large], 1250, magnitudeOrder, undefined, {
      whole: 0,
      gathered: 100,
      samples: 32,
    })
    assert.equal(fromSmall?.zerosAfter, 1250)
    assert.equal(fromLarge?.zerosAfter, 0)
  })

  it('is exact in a pool that is too large to be gathered whole', async () => {
    const values = DISTRIBUTIONS['bell-shaped']?.(300_001) ?? []
    const member = memberOf(values)
    const k = 180_000
    const [cut] = await selectSmallest([member], k, magnitudeOrder)
    assert.ok(cut)
    const pruned = numbersIn(applyCut({ ...cut, member, order: magnitudeOrder }))
    const threshold =
      numbersIn(member.tensor)
        .map(Math.abs)
        .sort((a, b) => a - b)[k - 1] ?? Number.NaN
    assert.equal(pruned.filter((w) => w === 0).length, k)
    assert.ok(pruned.every((w) => w === 0 || Math.abs(w) >= threshold))
  })

  it('reads a large pool once', async () => {
    const member = memberOf(DISTRIBUTIONS['bell-shaped']?.(400_000) ?? [])
    let bytes = 0
    await selectSmallest([member], 200_000, magnitudeOrder, (n) => {
      bytes += n
    })
    assert.equal(bytes, member.tensor.byteLength)
  })

  it('counts the zeros when nothing goes', async () => {
    const members = [memberOf([0, 1, -0]), memberOf([], 'float64', 1)]
    const cuts = await selectSmallest(members, 0, wideMagnitudeOrder)
    assert.deepEqual(
      cuts.map(({ zerosBefore, zerosAfter, tieEnd }) => ({ zerosBefore, zerosAfter, tieEnd })),
      [
        { zerosBefore: 2, zerosAfter: 2, tieEnd: 0 },
        { zerosBefore: 0, zerosAfter: 0, tieEnd: 0 },
      ],
    )
  })

  for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] as const) {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      it(`refuses ${bad} in ${dtype} and names the tensor`, async () => {
        const members = [memberOf([1, 2, 3], dtype, 0), memberOf([0.5, bad, 0.25], dtype, 1)]
        for (const order of [orderOf(members), randomOrder(1)]) {
          for (const limits of LIMITS) {
            await assert.rejects(selectSmallest(members, 2, order, undefined, limits), (error) => {
              assert.ok(error instanceof UnsupportedModelError)
              assert.match(error.message, /"weight1" holds NaN or Inf/)
              return true
            })
          }
        }
      })
    }
  }
})
