import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Choice, choose } from '../../../src/passes/pack/choose.js'
import { paretoOf } from '../../../src/passes/pack/pareto.js'
import type { Plan } from '../../../src/passes/pack/plan.js'

const encoded = { encoding: 'dense', dtype: 'float32', shape: [1], tensor: { dtype: 'float32', shape: [1] } } as const

function plan(bytes: number, loadBytes: number, error: number): Plan {
  return { encoded, bytes, loadBytes, error }
}

/** Plans of a tensor, with the tensor as it is. */
function choice(...plans: readonly Plan[]): Choice {
  const bytes = Math.max(...plans.map((each) => each.bytes)) + 100
  return { plans: paretoOf([...plans, plan(bytes, 0, 0)]), elements: 1 }
}

function sumsOf(plans: readonly Plan[]) {
  const sum = (of: (each: Plan) => number) => plans.reduce((total, each) => total + of(each), 0)
  return { bytes: sum((p) => p.bytes), loadBytes: sum((p) => p.loadBytes), squares: sum((p) => p.error ** 2) }
}

/** Every way to choose. */
function all(tensors: readonly Choice[]): Plan[][] {
  return tensors.reduce<Plan[][]>((ways, { plans }) => ways.flatMap((way) => plans.map((each) => [...way, each])), [[]])
}

const tensors = fc.array(
  fc
    .array(
      fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 50 })),
      { minLength: 1, maxLength: 6 },
    )
    .map((plans) => choice(...plans.map(([bytes, load, error]) => plan(bytes, load, error / 100)))),
  { minLength: 1, maxLength: 4 },
)

describe('Pack: the choice of plans', () => {
  it('is the smallest of each tensor where memory allows', () => {
    const a = choice(plan(10, 90, 0.1), plan(20, 50, 0))
    const b = choice(plan(5, 70, 0.2))
    assert.deepEqual(choose([a, b], { loadBytes: 160 }), [a.plans[0], b.plans[0]])
  })

  it('exchanges those first that save most memory for a byte', () => {
    const a = choice(plan(10, 90, 0), plan(20, 10, 0))
    const b = choice(plan(10, 90, 0), plan(60, 10, 0))
    assert.deepEqual(choose([a, b], { loadBytes: 100 }), [a.plans[1], b.plans[0]])
  })

  it('is everything as it is where there is no memory at all', () => {
    const a = choice(plan(10, 90, 0), plan(20, 10, 0))
    assert.deepEqual(choose([a, a], { loadBytes: 0 }), [a.plans.at(-1), a.plans.at(-1)])
    assert.deepEqual(choose([], { loadBytes: 0 }), [])
  })

  it('keeps to the memory that there is, and is nearly as small as the smallest that does', () => {
    let losses = 0
    const runs = 300
    fc.assert(
      fc.property(tensors, fc.integer({ min: 0, max: 1200 }), (some, loadBytes) => {
        const plans = choose(some, { loadBytes })
        assert.ok(Array.isArray(plans))
        const found = sumsOf(plans)
        assert.ok(found.loadBytes <= loadBytes)
        const best = Math.min(
          ...all(some)
            .map(sumsOf)
            .filter((way) => way.loadBytes <= loadBytes)
            .map((way) => way.bytes),
        )
        assert.ok(found.bytes >= best)
        losses += found.bytes / best - 1
      }),
      { numRuns: runs, seed: 3 },
    )
    assert.ok(losses / runs < 0.03, `${losses / runs} more than the smallest, on average`)
  })

  it('meets a target with nearly the least error that does', () => {
    let losses = 0
    let met = 0
    fc.assert(
      fc.property(
        tensors,
        fc.integer({ min: 100, max: 3000 }),
        fc.integer({ min: 50, max: 2000 }),
        (some, loadBytes, targetBytes) => {
          const plans = choose(some, { loadBytes, targetBytes })
          const ways = all(some)
            .map(sumsOf)
            .filter((way) => way.loadBytes <= loadBytes)
          if (!Array.isArray(plans)) {
            // What it calls the smallest is possible, and above the target.
            assert.ok('smallest' in plans && plans.smallest > targetBytes)
            assert.ok(ways.some((way) => way.bytes === plans.smallest))
            return
          }
          const found = sumsOf(plans)
          assert.ok(found.bytes <= targetBytes && found.loadBytes <= loadBytes)
          const best = Math.min(...ways.filter((way) => way.bytes <= targetBytes).map((way) => way.squares))
          losses += found.squares - best
          met++
        },
      ),
      { numRuns: 300, seed: 4 },
    )
    assert.ok(met > 200)
    assert.ok(losses / met < 0.01, `${losses / met} more than the least, on average`)
  })

  it('tells the smallest size where the target is out of reach', () => {
    const a = choice(plan(10, 90, 0.1), plan(20, 50, 0))
    assert.deepEqual(choose([a, a], { loadBytes: 1000, targetBytes: 19 }), { smallest: 20 })
    assert.deepEqual(choose([a, a], { loadBytes: 1000, targetBytes: 20 }), [a.plans[0], a.plans[0]])
    assert.deepEqual(choose([a, a], { loadBytes: 120, targetBytes: 20 }), { smallest: 40 })
  })

  it('spends a target where it takes most of the error away', () => {
    const cheap = choice(plan(10, 10, 0.5), plan(20, 10, 0.1))
    const dear = choice(plan(10, 10, 0.5), plan(90, 10, 0.1))
    assert.deepEqual(choose([cheap, dear], { loadBytes: 100, targetBytes: 40 }), [cheap.plans[1], dear.plans[0]])
  })

  it('counts the errors of large tensors for more, by the root of their size', () => {
    const small = choice(plan(10, 10, 0.5), plan(20, 10, 0.1))
    const large = { ...choice(plan(10, 10, 0.3), plan(20, 10, 0.1)), elements: 100 }
    assert.deepEqual(choose([small, large], { loadBytes: 100, targetBytes: 30 }), [small.plans[0], large.plans[1]])
    assert.deepEqual(choose([small, { ...large, elements: 4 }], { loadBytes: 100, targetBytes: 30 }), [
      small.plans[1],
      large.plans[0],
    ])
  })

  it('loses nothing where the target asks for nothing', () => {
    const a = choice(plan(10, 10, 0.5), plan(20, 10, 0.1))
    assert.deepEqual(choose([a, a], { loadBytes: 100, targetBytes: 1e9 }), [a.plans.at(-1), a.plans.at(-1)])
  })

  it('finds its way through a thousand tensors', () => {
    const many = Array.from({ length: 1000 }, (_, t) =>
      choice(...Array.from({ length: 20 }, (_, i) => plan(1000 + t + i * 50, 4000 - i * 100, 0.5 / (i + 1) ** 2))),
    )
    const plans = choose(many, { loadBytes: 3_000_000, targetBytes: 2_200_000 })
    assert.ok(Array.isArray(plans))
    const { bytes, loadBytes } = sumsOf(plans)
    assert.ok(loadBytes <= 3_000_000 && bytes <= 2_200_000 && bytes > 2_100_000, `${bytes} ${loadBytes}`)
  })
})

describe('Pack: plans that are best in something', () => {
  it('are kept, smallest first', () => {
    const kept = [plan(10, 90, 0.1), plan(20, 95, 0), plan(30, 10, 0)]
    const others = [plan(10, 91, 0.1), plan(21, 95, 0), plan(30, 10, 0.01), plan(40, 10, 0)]
    assert.deepEqual(paretoOf([...others, ...kept].reverse()), kept)
  })
})
