import type { ModelFiles } from '../../runtime/consumers/consumer.js'
import { requireConsumer } from '../../runtime/consumers/index.js'
import { defineJob } from '../../runtime/job.js'
import type { ConsumerRunning } from './consumers.js'

export interface LoadInput extends ConsumerRunning {
  /** null: the engine is loaded, and no model. */
  readonly model: ModelFiles | null
}

/**
 * Opens a model in a process that does nothing else: the memory is that of the process, by its host.
 *
 * @throws EngineError of stage `load`
 */
export default defineJob<LoadInput, never, { readonly createMs: number }>(
  async ({ consumer: name, model, ...options }) => {
    const consumer = requireConsumer(name)
    await consumer.start() // which is not the model's time
    if (model === null) return { createMs: 0 }
    const start = process.hrtime.bigint()
    const session = await consumer.open(model, options)
    const createMs = Number(process.hrtime.bigint() - start) / 1e6
    await session.release()
    return { createMs }
  },
)
