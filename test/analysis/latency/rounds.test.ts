import assert from 'node:assert/strict'
import { type Contestant, type RoundsOptions, runRounds } from '../../../src/analysis/latency/rounds.js'

/** Models whose runs only write down whose they were. */
function contestants(n: number, batches = 1): { readonly list: Contestant[]; readonly log: string[] } {
  const log: string[] = []
  const list = Array.from({ length: n }, (_, model) => ({
    runs: Array.from({ length: batches }, (_, batch) => async () => {
      log.push(`${model}.${batch}`)
    }),
    timesMs: [],
    roundsMs: [],
  }))
  return { list, log }
}

const options = (given: Partial<RoundsOptions> = {}): RoundsOptions => ({
  warmup: 2,
  rounds: 8,
  ms: 0,
  seed: 1,
  check: () => {},
  onWarmup: () => {},
  onRound: () => {},
  ...given,
})

/** Which model had its turn, one after the other. */
const turns = (log: readonly string[]) => {
  const models = log.map((entry) => entry.split('.')[0])
  return models.filter((model, i) => i === 0 || model !== models[i - 1])
}

describe('runRounds', () => {
  it('gives every model a turn in each round, and as many rounds as asked for', async () => {
    const { list } = contestants(3)

    await runRounds(list, options())

    for (const { timesMs, roundsMs } of list) {
      assert.equal(roundsMs.length, 8)
      assert.ok(timesMs.length >= 8)
      assert.ok(timesMs.every((ms) => ms >= 0))
    }
  })

  it('warms up one model after the other, and counts none of that', async () => {
    const { list, log } = contestants(2)
    const warm: number[] = []

    await runRounds(list, options({ warmup: 3, onWarmup: (done) => warm.push(done) }))

    assert.deepEqual(log.slice(0, 6), ['0.0', '0.0', '0.0', '1.0', '1.0', '1.0'])
    assert.deepEqual(
      warm.map((done) => Math.round(done * 6)),
      [1, 2, 3, 4, 5, 6],
    )
    const counted = list.reduce((sum, { timesMs }) => sum + timesMs.length, 0)
    const leading = list.length * 8
    assert.equal(log.length, 6 + counted + leading)
  })

  it('needs no run before those that count of a model that is alone', async () => {
    const { list, log } = contestants(1)

    await runRounds(list, options({ warmup: 1 }))

    assert.equal(log.length, 1 + (list[0]?.timesMs.length ?? 0))
  })

  it('changes the order of the turns, by the seed', async () => {
    const orders = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const { list, log } = contestants(4)
        await runRounds(list, options({ rounds: 12, warmup: 1, seed }))
        return turns(log).join('')
      }),
    )

    assert.equal(orders[0], orders[1])
    assert.notEqual(orders[0], orders[2])
    assert.ok(new Set(orders[0]?.slice(4).match(/.{4}/g)).size > 1, orders[0])
  })

  it('feeds the batches in turn, the same to every model of a round', async () => {
    const { list, log } = contestants(2, 3)

    await runRounds(list, options({ rounds: 3, warmup: 1 }))

    const measured = log.slice(2)
    for (const batch of ['0', '1', '2']) {
      const models = new Set(measured.filter((entry) => entry.endsWith(`.${batch}`)).map((entry) => entry[0]))
      assert.deepEqual([...models].sort(), ['0', '1'])
    }
  })

  it('goes on until the runs of each model took the time asked for', async () => {
    const { list } = contestants(2)
    const done: number[] = []

    await runRounds(list, options({ rounds: 1, ms: 5, onRound: (share) => done.push(share) }))

    for (const { timesMs } of list) assert.ok(timesMs.reduce((sum, ms) => sum + ms, 0) >= 5)
    assert.equal(done.at(-1), 1)
    assert.deepEqual(
      done,
      [...done].sort((a, b) => a - b),
    )
  })

  it('takes long turns of short runs, also after a warm-up that was disturbed', async () => {
    const { list } = contestants(2)
    for (const [i, { runs }] of list.entries()) {
      let n = 0
      const [run = assert.fail()] = runs
      const slowFirst = async () => {
        if (n++ < 2) await new Promise((resolve) => setTimeout(resolve, 30))
        await run()
      }
      list[i] = { runs: [slowFirst], timesMs: [], roundsMs: [] }
    }

    await runRounds(list, options({ rounds: 2, ms: 5 }))

    for (const { roundsMs } of list) assert.ok(roundsMs.length < 20, `${roundsMs.length} rounds`)
  })

  it('stops between two runs', async () => {
    const { list, log } = contestants(2)
    const check = () => {
      if (log.length >= 20) throw new Error('enough')
    }

    await assert.rejects(runRounds(list, options({ ms: 60_000, check })), /enough/)

    assert.equal(log.length, 20)
  })
})
