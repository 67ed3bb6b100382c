import { defineJob } from '../../runtime/job.js'
import { requireProvider } from '../../runtime/session.js'
import { fetchable, openModel, type Running } from '../opened.js'
import { feedsFor } from './feeds.js'
import type { FeedPlan } from './latency.js'

export interface FootprintInput extends Running {
  /** null: ONNX Runtime is loaded, and no model. */
  readonly plan: FeedPlan | null
}

/** As many runs as it takes for the arena of ONNX Runtime to have its size. */
const RUNS = 3

/** Opens a model in a process that does nothing else, and runs it: the memory is that of the process, by its host. */
export default defineJob<FootprintInput, never, { createMs: number }>(async ({ plan, ...options }, _, signal) => {
  await requireProvider(options.provider ?? 'cpu') // loads the engine, which is not the model's time
  if (plan === null) return { createMs: 0 }
  const start = process.hrtime.bigint()
  const opened = await openModel(plan.source, options)
  const createMs = Number(process.hrtime.bigint() - start) / 1e6
  const { feeds } = await feedsFor(opened, plan, {})
  const { session } = opened
  const outputs = fetchable(session)
  for (let n = 0; n < RUNS; n++) {
    for (const each of feeds) {
      signal.throwIfAborted()
      await session.run(each, outputs)
    }
  }
  await session.release()
  return { createMs }
})
