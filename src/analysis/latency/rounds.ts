import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { permutation } from '../../data/rng.js'
import { median } from './statistics.js'

/** A model that takes part: its runs, one for each batch of inputs, prepared. */
export interface Contestant {
  readonly runs: readonly (() => Promise<void>)[]
  /** Filled while it runs: milliseconds of every counted run, and the median of each round. */
  readonly timesMs: number[]
  readonly roundsMs: number[]
}

export interface RoundsOptions {
  /** Runs of each model that do not count, at least one. */
  readonly warmup: number
  /** At least that many rounds, in each of which every model has its turn. */
  readonly rounds: number
  /** At least that long the counted runs of each model take together. */
  readonly ms: number
  readonly seed: number
  /** Between runs: throws to stop. */
  readonly check: () => void
  readonly onWarmup: (done: number) => void
  readonly onRound: (done: number) => void
}

/** A turn of short runs goes on for that long: the median of several is steadier than one. */
const TURN_MS = 10
/** A run that long fills the caches anew by itself. */
const LONG_MS = 100

/**
 * Runs models in rounds. In each, every model has its turn, in an order that changes: what slows the machine for a
 * while slows all of them. A turn begins with a run that does not count, as the models before have filled the caches
 * with what is theirs, and their threads may still be waiting for work on a core.
 */
export async function runRounds(contestants: readonly Contestant[], options: RoundsOptions): Promise<void> {
  const { rounds, ms, seed, check } = options
  const usualMs = await warmUp(contestants, options)
  const spentMs = contestants.map(() => 0)
  const collect = garbageCollection()
  for (let round = 0; round < rounds || Math.min(...spentMs) < ms; round++) {
    const turnMs = Math.max(TURN_MS, ...usualMs)
    for (const i of permutation(contestants.length, seed + round)) {
      const contestant = contestants[i]
      const run = contestant?.runs[round % contestant.runs.length]
      const usual = usualMs[i] ?? 0
      if (contestant === undefined || run === undefined) continue
      collect()
      check()
      if (contestants.length > 1 && usual < LONG_MS) await run()
      const turn: number[] = []
      for (let n = Math.max(1, Math.floor(turnMs / Math.max(usual, 1e-3))); n > 0; n--) {
        turn.push(await timed(run))
        check()
      }
      for (const each of turn) contestant.timesMs.push(each) // too many, now and then, for one call
      const turnMedian = median(turn)
      contestant.roundsMs.push(turnMedian)
      usualMs[i] = turnMedian // one that was disturbed, as the only one of a warm-up, would shorten all turns to one run
      spentMs[i] = (spentMs[i] ?? 0) + turn.reduce((sum, each) => sum + each, 0)
    }
    options.onRound(Math.min(1, (round + 1) / rounds, ms === 0 ? 1 : Math.min(...spentMs) / ms))
  }
}

/** @returns what a run of each takes, milliseconds */
async function warmUp(
  contestants: readonly Contestant[],
  { warmup, check, onWarmup }: RoundsOptions,
): Promise<number[]> {
  const usualMs: number[] = []
  for (const [i, { runs }] of contestants.entries()) {
    const times: number[] = []
    for (let n = 0; n < warmup; n++) {
      const run = runs[n % runs.length]
      if (run !== undefined) times.push(await timed(run))
      check()
      onWarmup((i + (n + 1) / warmup) / contestants.length)
    }
    usualMs.push(median(times.length > 1 ? times.slice(1) : times)) // the first one is slow
  }
  return usualMs
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint()
  await run()
  return Number(process.hrtime.bigint() - start) / 1e6
}

/** Outputs are garbage at once: it is taken away between turns, so that no run has to stop for it. */
function garbageCollection(): () => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void // what the flag puts into new contexts
  return () => gc({ type: 'minor' })
}
