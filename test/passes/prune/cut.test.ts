import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Tensor } from '../../../src/ir/tensor.js'
import { applyCut, cutByLot, cutByMagnitude, type PlannedCut } from '../../../src/passes/prune/cut.js'
import { bytesPerWeight } from '../../../src/passes/prune/keys.js'
import { memberOf, numbersIn, pool, poolAndCount } from './pools.js'

const criterion = fc.constantFrom('magnitude', 'random')

function cutsOf(criterion: string, { members, k }: { members: Parameters<typeof cutByLot>[0]; k: number }) {
  return criterion === 'magnitude' ? cutByMagnitude(members, k) : cutByLot(members, k, 7)
}

const pruned = (cuts: readonly PlannedCut[]) => cuts.map((cut) => applyCut(cut).read())

describe('A cut', () => {
  it('leaves exactly k weights as +0 and every bit of the others as it was', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, criterion, async ({ members, k }, criterion) => {
        const zerosIn = (tensors: readonly Tensor[]) => tensors.flatMap(numbersIn).filter((w) => w === 0).length
        const cuts = await cutsOf(criterion, { members, k })
        for (const cut of cuts) {
          const width = bytesPerWeight(cut.member.dtype)
          const [before, after] = [cut.member.tensor.read(), applyCut(cut).read()]
          for (let at = 0; at < before.length; at += width) {
            const [was, is] = [before.subarray(at, at + width), after.subarray(at, at + width)]
            if (is.some((byte) => byte !== 0)) assert.deepEqual(is, was)
          }
        }
        assert.equal(zerosIn(cuts.map(applyCut)), Math.max(k, zerosIn(members.map((m) => m.tensor))))
      }),
      { numRuns: 400 },
    ))

  it('gives the same bytes however the pruned tensor is read', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, criterion, fc.integer({ min: 1, max: 9 }), async (given, criterion, chunk) => {
        for (const cut of await cutsOf(criterion, given)) {
          const tensor = applyCut(cut)
          const whole = tensor.read()
          const chunks = [...tensor.chunks(16 * chunk)].map((c) => c.slice())
          assert.deepEqual(new Uint8Array(Buffer.concat(chunks)), whole)
          const width = bytesPerWeight(cut.member.dtype)
          for (let at = whole.length - width; at >= 0; at -= width) {
            assert.deepEqual(tensor.readAt(at, width), whole.slice(at, at + width))
          }
          assert.deepEqual(tensor.readAt(0, whole.length), whole)
        }
      }),
      { numRuns: 200 },
    ))

  it('gives the same bytes in chunks as at once when there are many of them', async () => {
    const values = Array.from({ length: 400_000 }, (_, i) => Math.sin(i))
    for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] as const) {
      const [cut] = await cutByLot([memberOf(values, dtype)], 100_000, 3)
      assert.ok(cut)
      const tensor = applyCut(cut)
      const chunks = [...tensor.chunks()].map((c) => c.slice())
      assert.ok(chunks.length > 1)
      assert.ok(Buffer.concat(chunks).equals(tensor.read()))
      assert.equal(numbersIn(tensor).filter((w) => w === 0).length, 100_000)
    }
  })

  it('leaves nothing to a second cut of the same size', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, criterion, async ({ members, k }, criterion) => {
        const once = (await cutsOf(criterion, { members, k })).map((cut) => ({ ...cut.member, tensor: applyCut(cut) }))
        const again = await cutsOf(criterion, { members: once, k })
        for (const cut of again) assert.equal(cut.zerosAfter, cut.zerosBefore)
        assert.deepEqual(
          again.map((cut) => numbersIn(applyCut(cut)).map(Math.abs)),
          once.map((m) => numbersIn(m.tensor).map(Math.abs)),
        )
      }),
      { numRuns: 200 },
    ))

  it('is the same in every run', () =>
    fc.assert(
      fc.asyncProperty(poolAndCount, criterion, async (given, criterion) => {
        assert.deepEqual(pruned(await cutsOf(criterion, given)), pruned(await cutsOf(criterion, given)))
      }),
      { numRuns: 100 },
    ))

  it('compares formats by the numbers that they hold', async () => {
    const members = [
      memberOf([0.75, 0.1], 'float16', 0),
      memberOf([0.7500001, 0.7499999], 'float32', 1),
      memberOf([0.75, -0.2], 'bfloat16', 2),
    ]
    const cuts = await cutByMagnitude(members, 4)
    assert.deepEqual(
      cuts.map((cut) => numbersIn(applyCut(cut))),
      [
        [0, 0],
        [Math.fround(0.7500001), 0],
        [0.75, 0],
      ],
    )
  })

  it('tells float64 magnitudes apart that are one float32', async () => {
    const members = [memberOf([1 + 2e-16, 1 + 1e-9, 1], 'float64', 0), memberOf([1, 2], 'float32', 1)]
    const cuts = await cutByMagnitude(members, 3)
    assert.deepEqual(
      cuts.map((cut) => numbersIn(applyCut(cut))),
      [
        [0, 1 + 1e-9, 0],
        [0, 2],
      ],
    )
  })
})

describe('cutByLot', () => {
  it('takes another set of weights with another seed, and about its share of each tensor', async () => {
    const values = Array.from({ length: 20_000 }, (_, i) => 1 + i)
    const members = [memberOf(values, 'float32', 0), memberOf(values, 'float16', 1)]
    const [a, b] = await Promise.all([1, 2].map((seed) => cutByLot(members, 20_000, seed)))
    assert.ok(a && b)
    assert.notDeepEqual(pruned(a), pruned(b))
    for (const cut of [...a, ...b]) assert.ok(Math.abs(cut.zerosAfter - 10_000) < 300, String(cut.zerosAfter))
  })

  it('takes from all parts of a tensor and by no rule of magnitude', async () => {
    const values = Array.from({ length: 20_000 }, (_, i) => 1 + i)
    const [cut] = await cutByLot([memberOf(values)], 10_000, 5)
    assert.ok(cut)
    const after = numbersIn(applyCut(cut))
    for (let part = 0; part < 4; part++) {
      const zeros = after.slice(part * 5000, (part + 1) * 5000).filter((w) => w === 0).length
      assert.ok(Math.abs(zeros - 2500) < 200, String(zeros))
    }
  })

  it('lets the zeros that are there go first', () =>
    fc.assert(
      fc.asyncProperty(pool, async (members) => {
        const zeros = members.flatMap((m) => numbersIn(m.tensor)).filter((w) => w === 0).length
        const cuts = await cutByLot(members, zeros, 11)
        for (const cut of cuts) assert.equal(cut.zerosAfter, cut.zerosBefore)
      }),
    ))
})
