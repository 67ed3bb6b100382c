import assert from 'node:assert/strict'
import type { Model } from '../../../src/ir/graph.js'
import type { LatencyTarget } from '../../../src/passes/prune-structured/index.js'
import { fewestByLatency } from '../../../src/passes/prune-structured/latency-target.js'
import { latencyTrial, type TimeModel } from '../../../src/passes/prune-structured/latency-trial.js'
import { Limits } from '../../../src/passes/prune-structured/limits.js'
import { Plan } from '../../../src/passes/prune-structured/plan.js'
import { poolsOf } from '../../../src/passes/prune-structured/ranking.js'
import { widthsOf } from '../../../src/passes/prune-structured/scores.js'
import { temporaryFolder } from '../models.js'
import { rising, selectableOf, valuesOf } from './selectable.js'

/** A chain of 64 channels that may all go but one: 32 is half of the work. */
async function halving() {
  const { dependencies, costs } = await selectableOf(rising(16, 64, 16))
  const scores = Float64Array.from({ length: dependencies.unitCount }, (_, unit) => unit)
  const pools = poolsOf(dependencies.groups, scores, { scope: 'global', ratio: null, heads: null })
  const plan = new Plan(new Limits(dependencies, valuesOf()), pools, widthsOf(dependencies))
  const before = costs.of(new Uint8Array(dependencies.unitCount))
  const context = { seed: 0, folder: () => Promise.reject(new Error('No files are needed.')) }
  return { plan, searched: { dependencies, costs, before, context } }
}

/** A clock by which a run takes as long as a function of the channels that are left says, 10 ms for all 64. */
function clock(timesOf: (channels: number) => number): { readonly time: TimeModel; readonly looks: () => number } {
  let looks = 0
  const time: TimeModel = async (model) => {
    looks++
    const value = timesOf(channelsOf(model))
    return { times: { value, low: value, high: value }, milliseconds: 10 * value, originalMilliseconds: 10 }
  }
  return { time, looks: () => looks }
}

function channelsOf(model: Model): number {
  for (const value of model.main.initializers) if (value.name === 'fc0.w') return value.constant?.shape[1] ?? 0
  return 0
}

describe('fewestByLatency', () => {
  for (const [name, timesOf] of [
    ['proportional to the work', (n: number) => n / 64],
    ['bent, with a part that no pruning makes faster', (n: number) => 0.3 + 0.7 * (n / 64) ** 2],
    ['a staircase, as widths of 16 are padded', (n: number) => 0.2 + (0.8 * Math.ceil(n / 16)) / 4],
  ] as const) {
    for (const target of [{ times: 0.7 }, { milliseconds: 7 }] as const) {
      it(`meets ${JSON.stringify(target)} in few measurements where time is ${name}`, async () => {
        const { plan, searched } = await halving()
        const { time, looks } = clock(timesOf)

        const { count, note } = await fewestByLatency(plan, searched, target, time)

        const found = timesOf(64 - count)
        assert.ok(found <= 0.7 && found > 0.55, `${found} with ${64 - count} channels`)
        assert.ok(looks() <= 8, `${looks()}`)
        assert.match(note, /^Measured here, in turns with the model as it came: [\d.]+ ms instead of 10 ms, 0\.\d+x/)
      })
    }
  }

  it('removes more where the last measurement is slower than the look before', async () => {
    const { plan, searched } = await halving()
    const { time } = clock((n) => n / 64)
    const honest: TimeModel = async (model, thorough) => {
      const timing = await time(model, thorough)
      const value = timing.times.value * (thorough ? 1.1 : 1)
      return { ...timing, times: { ...timing.times, value } }
    }

    const { count } = await fewestByLatency(plan, searched, { times: 0.5 }, honest)

    const left = (64 - count) / 64
    assert.ok(left * 1.1 <= 0.5 && left > 0.4, `${left}`)
  })

  it('says what can be reached where nothing is fast enough', async () => {
    const { plan, searched } = await halving()
    const { time } = clock((n) => 0.4 + (0.6 * n) / 64)
    const target: LatencyTarget = { times: 0.3 }

    await assert.rejects(fewestByLatency(plan, searched, target, time), (error: Error & { suggestions?: string[] }) => {
      assert.equal(error.name, 'UsageError')
      assert.match(error.message, /^--target-latency 0\.3x cannot be reached: .* 0\.409x of the latency \(4\.09 ms\)/)
      assert.equal(error.suggestions?.[0], 'What can be reached: --target-latency 0.41x')
      return true
    })
  })

  it('has nothing to do for a model that is fast enough', async () => {
    const { plan, searched } = await halving()
    const { time, looks } = clock((n) => n / 64)

    await assert.rejects(fewestByLatency(plan, searched, { times: 1 }, time), { name: 'NothingToDoError' })
    await assert.rejects(fewestByLatency(plan, searched, { milliseconds: 20 }, time), {
      name: 'NothingToDoError',
      message: 'The model is 10 ms fast already: --target-latency 20ms is met.',
    })
    assert.equal(looks(), 1)
  })
})

describe('latencyTrial', () => {
  const pathIn = temporaryFolder()

  it('runs a model beside the original', async () => {
    const original = rising(256, 512, 256)
    const time = await latencyTrial(original, {
      seed: 0,
      folder: () => Promise.resolve(pathIn('.')),
      engine: { dims: {}, provider: null, threads: 1 },
    })

    const { times, milliseconds, originalMilliseconds } = await time(original.clone().model, false)

    assert.ok(milliseconds > 0 && originalMilliseconds > 0)
    assert.ok(times.value > 0.3 && times.value < 3, `${times.value}`) // it is the same model
  })
})
