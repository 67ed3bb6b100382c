import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Rng } from '../../../src/data/rng.js'
import { GraphBuilder, weigh } from '../../../src/encodings/builder.js'
import type { Encoded } from '../../../src/encodings/encoding.js'
import { build, label } from '../../../src/encodings/index.js'
import { Model } from '../../../src/ir/graph.js'
import { MemoryTensor, type Tensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { skeleton } from '../../../src/onnx/skeleton.js'
import { type LowRankPlan, lowRankPlan } from '../../../src/passes/pack/low-rank.js'
import { runModel } from '../../support/ort.js'
import { at, diagonal, normal, ObservedTensor, product, tensorOf } from './matrices.js'

describe('lowRankPlan', () => {
  it('finds the rank of a matrix below its noise', async () => {
    const tensor = product({ rows: 200, columns: 300, rank: 17, noise: 0.005 })

    const plan = await found(tensor, { maxError: 0.01, bytes: 200 * 300 })

    assert.equal(rankOf(plan), 17)
    assert.ok(plan.error > 0.0045 && plan.error <= 0.01, `error ${plan.error}`)
  })

  it('drops the components that the error allows to drop', async () => {
    const tensor = diagonal(96, (k) => 0.5 ** k)

    const plan = await found(tensor, { maxError: 0.03, bytes: 96 * 96 })

    // The rest after k components is 0.5^k of the whole: 0.5^5 = 0.031, 0.5^6 = 0.016
    assert.equal(rankOf(plan), 6)
  })

  it('stores factors in the smallest form that the error allows', async () => {
    const tensor = product({ rows: 256, columns: 128, rank: 10, noise: 0 })
    const bytes = 256 * 128 * 4

    const labels: string[] = []
    for (const maxError of [0.05, 0.002, 0.00005])
      labels.push(label((await found(tensor, { maxError, bytes })).encoded))

    assert.deepEqual(labels, ['rank 10 + int8 by channel', 'rank 10 + float16', 'rank 10 + float32'])
  })

  it('finds the same plan for the same seed', async () => {
    const tensor = product({ rows: 90, columns: 70, rank: 9, noise: 0.002 })
    const limits = { maxError: 0.01, bytes: 90 * 70 }

    const [first, second] = [await found(tensor, limits), await found(tensor, limits)]

    assert.deepEqual(await decoded(first.encoded), await decoded(second.encoded))
  })

  it('cuts a kernel between the dimensions where it takes the least', async () => {
    const byOutput = new Rng(3)
    // One kernel of 5 x 5 for all channels, times a factor: of rank 1 as [O I, kh kw], of rank 24 as [O, I kh kw].
    const shape = [24, 32, 5, 5]
    const factors = Float32Array.from({ length: 24 * 32 }, () => byOutput.normal())
    const kernel = Float32Array.from({ length: 25 }, () => byOutput.normal())
    const numbers = Float32Array.from(
      { length: 24 * 32 * 25 },
      (_, i) => at(factors, Math.floor(i / 25)) * at(kernel, i % 25),
    )

    const plan = await found(tensorOf(shape, numbers), { maxError: 0.02, bytes: 24 * 32 * 25 })

    assert.deepEqual(plan.encoded.left.shape, [768, 1])
    assert.deepEqual(plan.encoded.right.shape, [1, 25])
    assert.deepEqual(plan.encoded.shape, shape)
    assert.ok(relativeError(await decoded(plan.encoded), numbers) <= 0.02)
  })

  it('finds a kernel of few output directions', async () => {
    const { numbers } = product({ rows: 64, columns: 48 * 9, rank: 5, noise: 0.001 })

    const plan = await found(tensorOf([64, 48, 3, 3], numbers), { maxError: 0.01, bytes: 64 * 48 * 9 })

    assert.deepEqual(plan.encoded.left.shape, [64, 5])
  })

  for (const [rows, columns] of [
    [40, 1500],
    [1500, 40],
    [301, 67],
  ] as const) {
    it(`takes a matrix of ${rows} x ${columns}`, async () => {
      const tensor = product({ rows, columns, rank: 3, noise: 0.001 })

      const plan = await found(tensor, { maxError: 0.01, bytes: rows * columns })

      assert.equal(rankOf(plan), 3)
      assert.ok(relativeError(await decoded(plan.encoded), tensor.numbers) <= 0.01)
    })
  }

  it('takes a matrix whose elements are all equal', async () => {
    const tensor = tensorOf([80, 90], new Float32Array(80 * 90).fill(-3))

    const plan = await found(tensor, { maxError: 0.01, bytes: 80 * 90 })

    assert.equal(rankOf(plan), 1)
    assert.ok(plan.error < 1e-6)
  })

  it('takes very large and very small numbers', async () => {
    for (const size of [1e30, 1e-30]) {
      const { numbers } = product({ rows: 64, columns: 64, rank: 2, noise: 0 })
      const scaled = numbers.map((x) => x * size)

      const plan = await found(tensorOf([64, 64], scaled), { maxError: 0.01, bytes: 64 * 64 * 4 })

      assert.ok(relativeError(await decoded(plan.encoded), scaled) <= 0.01)
    }
  })

  it('has nothing for a matrix of full rank, after reading a sample', async () => {
    const tensor = new ObservedTensor(normal([1200, 1200], 5))

    const plan = await lowRankPlan(tensor, { maxError: 0.01, bytes: 1200 * 1200, seed: 1 })

    assert.equal(plan, null)
    assert.equal(tensor.wholes, 0)
    assert.ok(tensor.bytesRead <= 0.55 * tensor.byteLength, `${tensor.bytesRead} of ${tensor.byteLength} bytes read`)
  })

  it('has nothing for a low rank below noise that counts', async () => {
    const tensor = product({ rows: 200, columns: 200, rank: 5, noise: 0.05 })

    assert.equal(await lowRankPlan(tensor, { maxError: 0.02, bytes: 200 * 200, seed: 1 }), null)
  })

  it('has nothing where the other plan is smaller', async () => {
    const tensor = product({ rows: 200, columns: 200, rank: 10, noise: 0 })
    const { bytes } = await found(tensor, { maxError: 0.01, bytes: 40_000 })

    assert.equal(await lowRankPlan(tensor, { maxError: 0.01, bytes, seed: 1 }), null)
  })

  const zeros = new Float32Array(64 * 64)
  const refused: readonly (readonly [string, Tensor, number])[] = [
    ['a matrix of zeros', tensorOf([64, 64], zeros), 0.01],
    [
      'a vector',
      tensorOf(
        [4096],
        zeros.map((_, i) => i),
      ),
      0.01,
    ],
    [
      'one row',
      tensorOf(
        [1, 4096],
        zeros.map((_, i) => i),
      ),
      0.01,
    ],
    ['a scalar', tensorOf([], Float32Array.of(1)), 0.01],
    ['an empty matrix', tensorOf([0, 64], new Float32Array(0)), 0.01],
    [
      'NaN',
      tensorOf(
        [64, 64],
        zeros.map((_, i) => (i === 7 ? Number.NaN : 1)),
      ),
      0.01,
    ],
    [
      'Infinity',
      tensorOf(
        [64, 64],
        zeros.map((_, i) => (i === 7 ? Number.POSITIVE_INFINITY : 1)),
      ),
      0.01,
    ],
    ['float64', new MemoryTensor('float64', [64, 64], bytesOf(new Float64Array(64 * 64).fill(1))), 0.01],
    [
      'bounds that float32 products cannot promise',
      tensorOf(
        [64, 64],
        zeros.map(() => 1),
      ),
      0,
    ],
    [
      'bounds that allow anything',
      tensorOf(
        [64, 64],
        zeros.map(() => 1),
      ),
      Number.POSITIVE_INFINITY,
    ],
  ]
  for (const [what, tensor, maxError] of refused) {
    it(`has nothing for ${what}`, async () => {
      assert.equal(await lowRankPlan(tensor, { maxError, bytes: 4096, seed: 1 }), null)
    })
  }

  it('refuses what is too large without reading it', async () => {
    const tensor = new ObservedTensor(new MemoryTensor('float32', [0, 1], new Uint8Array(0)), [65536, 1025])

    assert.equal(await lowRankPlan(tensor, { maxError: 0.01, bytes: 1e8, seed: 1 }), null)
    assert.equal(tensor.bytesRead, 0)
  })

  it('stops when it is told', async () => {
    const tensor = product({ rows: 100, columns: 100, rank: 3, noise: 0 })
    const signal = AbortSignal.abort()

    await assert.rejects(lowRankPlan(tensor, { maxError: 0.01, bytes: 10_000, seed: 1, signal }), {
      name: 'AbortError',
    })
  })

  it('keeps the error bound in ONNX Runtime, and takes less than the other plan', async () => {
    const cases = fc.record({
      rows: fc.integer({ min: 2, max: 90 }),
      columns: fc.integer({ min: 2, max: 90 }),
      rank: fc.integer({ min: 1, max: 20 }),
      noise: fc.constantFrom(0, 0.001, 0.02),
      maxError: fc.constantFrom(0.0001, 0.003, 0.01, 0.05, 0.2),
      share: fc.constantFrom(0.5, 1, 2, 4),
      seed: fc.nat(1000),
    })
    let plans = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ share, maxError, seed, ...parts }) => {
        const tensor = product(parts, seed)
        const bytes = Math.floor(share * tensor.numbers.length)
        const plan = await lowRankPlan(tensor, { maxError, bytes, seed })
        if (plan === null) return
        plans++
        const error = relativeError(await decoded(plan.encoded), tensor.numbers)
        assert.ok(error <= maxError, `error ${error}`)
        assert.ok(Math.abs(error - plan.error) <= 1e-6, `error ${error}, promised ${plan.error}`)
        assert.ok(plan.bytes < bytes)
        const weighed = weigh(plan.encoded)
        assert.deepEqual([weighed.bytes, weighed.loadBytes], [plan.bytes, plan.loadBytes])
      }),
      { numRuns: 60, seed: 7 },
    )
    assert.ok(plans >= 10, `only ${plans} plans were found`)
  })
})

async function found(
  tensor: Tensor,
  limits: { readonly maxError: number; readonly bytes: number },
): Promise<LowRankPlan> {
  const plan = await lowRankPlan(tensor, { ...limits, seed: 1 })
  assert.ok(plan !== null, 'no factors were found')
  return plan
}

function rankOf({ encoded }: LowRankPlan): number | undefined {
  return encoded.left.shape[1]
}

/** What ONNX Runtime makes of an encoding, without optimizations. */
async function decoded(encoded: Encoded): Promise<Float32Array> {
  const model = new Model({ irVersion: 8, opsets: new Map([['', 13]]) })
  const value = build(encoded, new GraphBuilder(model, model.main, null))
  model.addOutput(model.main, value, { declared: tensorType(encoded.dtype, encoded.shape) })
  const [array] = Object.values(await runModel(skeleton(model), {}))
  assert.ok(array?.data instanceof Float32Array)
  return array.data
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [lost, all] = [0, 0]
  for (const [i, x] of expected.entries()) {
    lost += (at(actual, i) - x) ** 2
    all += x ** 2
  }
  return Math.sqrt(lost / all)
}
