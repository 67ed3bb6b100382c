import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NdArray } from '../../data/dataset.js'
import type { Consumer, ModelFiles } from '../../runtime/consumers/consumer.js'
import { requireConsumer } from '../../runtime/consumers/index.js'
import { computedOps } from '../../runtime/consumers/profile.js'
import { defineJob } from '../../runtime/job.js'
import type { Session } from '../../runtime/session.js'
import { type Feeds, feedsFor } from '../latency/feeds.js'
import type { FeedPlan } from '../latency/latency.js'
import { runRounds } from '../latency/rounds.js'
import { fetchable } from '../opened.js'
import type { ConsumerRunning } from './consumers.js'

export interface RunInput extends ConsumerRunning {
  /** The same nodes but for those that decode: both take the same inputs. */
  readonly before: ModelFiles
  readonly after: ModelFiles
  /** How the model before is fed, and its name for messages. */
  readonly plan: FeedPlan
  readonly seed: number
  /** An empty folder, to see which nodes a run computes; null for an engine that does not tell. */
  readonly folder: string | null
}

export interface RunOutput {
  /** Milliseconds of a run, the best of all. */
  readonly beforeMs: number
  readonly afterMs: number
  /** Whether all outputs were the same bit for bit. */
  readonly equal: boolean
  /** How many nodes of each op a run computed; null where the engine does not tell. */
  readonly computed: {
    readonly before: ReadonlyMap<string, number>
    readonly after: ReadonlyMap<string, number>
  } | null
}

const ROUNDS = 5
/** Long enough for the best of many short runs to be a run that nothing disturbed. */
const MIN_MS = 250

/** Runs a model and its packed result in turns, and looks at what they give. */
export default defineJob<RunInput, { readonly done: number }, RunOutput>(async (input, emit, signal) => {
  const { consumer: name, before, after, plan, folder, seed, level, threads } = input
  const consumer = requireConsumer(name)
  const options = { level, threads }
  await consumer.start()
  const opened: Session[] = []
  try {
    for (const model of [before, after]) opened.push(await consumer.open(model, options))
    const [first, second] = opened
    if (first === undefined || second === undefined) throw new Error('Two models were opened.')
    const { feeds } = await feedsFor({ name: `"${plan.source.name ?? before.path}"`, session: first }, plan, {})
    const equal = await sameOutputs(first, second, feeds)
    const contestants = [first, second].map((session) => ({
      runs: feeds.map((each) => session.prepare(each, fetchable(session))),
      timesMs: [] as number[],
      roundsMs: [] as number[],
    }))
    await runRounds(contestants, {
      warmup: 2,
      rounds: ROUNDS,
      ms: MIN_MS,
      seed,
      check: () => signal.throwIfAborted(),
      onWarmup: () => {},
      onRound: (done) => emit({ done }),
    })
    const [beforeMs = 0, afterMs = 0] = contestants.map(({ timesMs }) => timesMs.reduce((a, b) => Math.min(a, b)))
    while (opened.length > 0) await opened.pop()?.release()
    const [feed = {}] = feeds
    return {
      beforeMs,
      afterMs,
      equal,
      computed: folder === null ? null : await computed(consumer, input, feed, folder),
    }
  } finally {
    for (const session of opened) await session.release()
  }
})

async function sameOutputs(first: Session, second: Session, feeds: readonly Feeds[]): Promise<boolean> {
  const names = fetchable(first)
  for (const each of feeds) {
    const [expected, actual] = [await first.run(each, names), await second.run(each, names)]
    if (!names.every((name) => sameArray(expected[name], actual[name]))) return false
  }
  return true
}

function sameArray(a: NdArray | undefined, b: NdArray | undefined): boolean {
  if (a === undefined || b === undefined || a.shape.join() !== b.shape.join()) return false
  if (!ArrayBuffer.isView(a.data) || !ArrayBuffer.isView(b.data)) return String(a.data) === String(b.data)
  return bytesOf(a.data).equals(bytesOf(b.data))
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

async function computed(
  consumer: Consumer,
  { before, after, level, threads }: RunInput,
  feed: Feeds,
  folder: string,
): Promise<NonNullable<RunOutput['computed']>> {
  const of = async (model: ModelFiles, name: string) => {
    const profile = join(folder, name)
    await mkdir(profile)
    const session = await consumer.open(model, { level, threads, profile })
    try {
      await session.run(feed, fetchable(session))
    } finally {
      await session.release() // which writes it
    }
    return computedOps(profile)
  }
  return { before: await of(before, 'before'), after: await of(after, 'after') }
}
