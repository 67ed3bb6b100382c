import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UnsupportedModelError } from '../../../src/errors.js'
import {
  type KeyOrder,
  magnitudeOrder,
  magnitudesOf,
  randomOrder,
  type WeightDType,
  wideMagnitudeOrder,
} from '../../../src/passes/prune/keys.js'
import type { Member } from '../../../src/passes/prune/select.js'
import { memberOf, numbersIn, pool } from './pools.js'

const keysOf = (order: KeyOrder, { tensor, dtype, index }: Member) => [...order.reader(dtype, index)(tensor.read(), 0)]
const isWide = (m: Member) => m.dtype === 'float64'

/** Whether keys and magnitudes put every two weights into the same order. */
function assertSameOrder(keys: readonly number[], magnitudes: readonly number[]): void {
  const places = [...keys.keys()].sort((a, b) => (magnitudes[a] ?? 0) - (magnitudes[b] ?? 0))
  for (const [i, place] of places.entries()) {
    const before = places[i - 1]
    if (before === undefined) continue
    assert.equal(
      Math.sign((keys[place] ?? 0) - (keys[before] ?? 0)),
      Math.sign((magnitudes[place] ?? 0) - (magnitudes[before] ?? 0)),
    )
  }
}

describe('Keys', () => {
  it('order weights of different formats as their magnitudes do', () =>
    fc.assert(
      fc.property(pool, (members) => {
        const narrow = members.filter((m) => !isWide(m))
        const magnitudes = (list: Member[]) => list.flatMap((m) => numbersIn(m.tensor).map(Math.abs))
        assertSameOrder(
          narrow.flatMap((m) => keysOf(magnitudeOrder, m)),
          magnitudes(narrow),
        )
        assert.deepEqual(
          members.flatMap((m) => keysOf(wideMagnitudeOrder, m)),
          magnitudes(members),
        )
      }),
    ))

  it('of a random order are 0 for zeros alone', () =>
    fc.assert(
      fc.property(pool, fc.integer(), (members, seed) => {
        for (const member of members) {
          const lots = keysOf(randomOrder(seed), member)
          for (const [i, w] of numbersIn(member.tensor).entries()) {
            assert.equal(lots[i] === 0, w === 0)
            assert.ok((lots[i] ?? -1) >= 0 && (lots[i] ?? 0) <= randomOrder(seed).largest)
          }
        }
      }),
    ))

  it('of a random order hang on place, tensor and seed, and not on how the tensor is read', () => {
    const member = memberOf(Array.from({ length: 64 }, (_, i) => 1 + i))
    const whole = keysOf(randomOrder(1), member)
    const read = randomOrder(1).reader('float32', 0)
    const halves = [128, 0].map((at) => [...read(member.tensor.readAt(at, 128), at)])
    assert.deepEqual([...(halves[1] ?? []), ...(halves[0] ?? [])], whole)
    assert.equal(new Set(whole).size, 64)
    assert.notDeepEqual(keysOf(randomOrder(2), member), whole)
    assert.notDeepEqual(keysOf(randomOrder(1), { ...member, index: 1 }), whole)
  })

  it('of Inf and NaN are above the largest that there may be', () => {
    for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] as const) {
      const member = memberOf([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1], dtype)
      for (const order of [dtype === 'float64' ? wideMagnitudeOrder : magnitudeOrder, randomOrder(1)]) {
        assert.deepEqual(
          keysOf(order, member).map((key) => key <= order.largest),
          [false, false, false, true],
        )
      }
    }
  })
})

describe('magnitudesOf', () => {
  it('gives the magnitude of every weight, over all chunks', () => {
    const values = Array.from({ length: 300_000 }, (_, i) => Math.sin(i))
    for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] satisfies WeightDType[]) {
      const member = memberOf(values, dtype)
      assert.deepEqual([...magnitudesOf(member.tensor, 'w')], numbersIn(member.tensor).map(Math.abs))
    }
  })

  it('refuses NaN and Inf and names the tensor', () => {
    for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] as const) {
      for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        assert.throws(
          () => magnitudesOf(memberOf([1, bad], dtype).tensor, 'fc.weight'),
          (error) => error instanceof UnsupportedModelError && /"fc\.weight" holds NaN or Inf/.test(error.message),
        )
      }
    }
  })
})
