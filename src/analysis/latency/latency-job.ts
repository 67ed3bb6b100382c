import { defineJob } from '../../runtime/job.js'
import { fetchable, type Opened, openModel } from '../opened.js'
import { type Fed, feedsFor } from './feeds.js'
import type { LatencyInput, Timed } from './latency.js'
import { LoadMeter } from './load-meter.js'
import { type Contestant, runRounds } from './rounds.js'

export interface LatencyProgress {
  readonly phase: string
  readonly done: number
}

/**
 * How often all sessions are opened anew. Where its weights happen to lie makes a session a little faster or slower
 * than another of the same model, for as long as it lives.
 */
const SITTINGS = 4
/** Opening all models and running each once; what takes longer is not done again. */
const LONG_SETUP_MS = 500
const PROGRESS_MS = 100

/** What `measureLatency` runs in a child process: all models in turns. */
export default defineJob<LatencyInput, LatencyProgress, Timed>(async (input, emit, signal) => {
  const started = performance.now()
  const check = () => signal.throwIfAborted()
  const progress = throttled(emit)
  let opened: readonly Opened[] = []
  try {
    opened = await openAll(input, check)
    const fed = await feedAll(opened, input, check)
    const models = fed.map(() => ({ timesMs: [] as number[], roundsMs: [] as number[] }))
    const sittings = performance.now() - started > LONG_SETUP_MS ? 1 : Math.min(SITTINGS, input.runs)
    const load = new LoadMeter()
    for (let sitting = 0; sitting < sittings; sitting++) {
      if (sitting > 0) {
        await releaseAll(opened)
        opened = await openAll(input, check)
      }
      const contestants = models.map(
        (model, i): Contestant => ({ ...model, runs: preparedRuns(opened[i], fed[i]?.feeds ?? []) }),
      )
      await runRounds(contestants, {
        warmup: input.warmup,
        rounds: Math.ceil(input.runs / sittings),
        ms: input.minMs / sittings,
        seed: input.seed + sitting,
        check,
        onWarmup: (done) => {
          if (sitting === 0) progress('Warming up', done)
        },
        onRound: (done) => progress('Measuring latency', (sitting + done) / sittings),
      })
    }
    return {
      models: fed.map(({ feeds: _, ...rest }, i) => ({ ...rest, timesMs: [], roundsMs: [], ...models[i] })),
      othersCores: load.othersCores(),
    }
  } finally {
    await releaseAll(opened)
  }
})

async function openAll({ plans, ...options }: LatencyInput, check: () => void): Promise<Opened[]> {
  const opened: Opened[] = []
  try {
    for (const { source } of plans) {
      check()
      opened.push(await openModel(source, options))
    }
    return opened
  } catch (error) {
    await releaseAll(opened)
    throw error
  }
}

async function feedAll(opened: readonly Opened[], { plans }: LatencyInput, check: () => void): Promise<Fed[]> {
  const fed: Fed[] = []
  for (const [i, plan] of plans.entries()) {
    const model = opened[i]
    check()
    if (model !== undefined) fed.push(await feedsFor(model, plan, fed[0]?.dims ?? {}))
  }
  return fed
}

function preparedRuns(opened: Opened | undefined, feeds: Fed['feeds']): (() => Promise<void>)[] {
  if (opened === undefined) return []
  const { session } = opened
  const outputs = fetchable(session)
  return feeds.map((each) => session.prepare(each, outputs))
}

async function releaseAll(opened: readonly Opened[]): Promise<void> {
  for (const { session } of opened) await session.release()
}

/** Each message costs the other side time on a core. */
function throttled(emit: (progress: LatencyProgress) => void): (phase: string, done: number) => void {
  let saidAt = 0
  return (phase, done) => {
    const now = performance.now()
    if (now - saidAt < PROGRESS_MS) return
    saidAt = now
    emit({ phase, done })
  }
}
