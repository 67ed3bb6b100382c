import { join } from 'node:path'
import { measureTimes } from '../../analysis/latency/latency.js'
import { type Estimate, median, pairedRatio } from '../../analysis/latency/statistics.js'
import type { Model } from '../../ir/graph.js'
import { skeleton } from '../../onnx/skeleton.js'
import { settle } from '../../rewrites/settle.js'
import type { ModelSource } from '../../runtime/session.js'
import type { PassContext } from '../pass.js'

/** How long a run of a model takes, measured in turns with the model as it came. */
export interface Timing {
  /** How many times as long as the original. */
  readonly times: Estimate
  readonly milliseconds: number
  readonly originalMilliseconds: number
}

/** @param thorough  for the last word, and not for a look on the way */
export type TimeModel = (model: Model, thorough: boolean) => Promise<Timing>

const LOOK = { runs: 6, minMs: 600, warmup: 3 }
const LAST_WORD = { runs: 10, minMs: 3000, warmup: 5 }

/**
 * Times models beside an original: on samples of --data where there is data, else on values that are made up.
 *
 * @param original  stays as it is
 */
export async function latencyTrial(original: Model, context: PassContext): Promise<TimeModel> {
  const { data, engine, seed, signal } = context
  const folder = data?.folder ?? (await context.folder())
  const first = { model: original, source: sourceOf(original, join(folder, 'timed-original.bin')) }
  let timed = 0
  return async (model, thorough) => {
    const second = { model, source: sourceOf(model, join(folder, `timed-${timed++}.bin`)) }
    const { models } = await measureTimes(
      {
        ...(thorough ? LAST_WORD : LOOK),
        models: [first, second],
        seed,
        ...(data && { data: data.data, binds: data.binds, batchSize: data.batchSize }),
        ...engine,
      },
      { signal },
    )
    const [before, after] = models
    if (before === undefined || after === undefined) throw new Error('Two models were to be measured.')
    return {
      times: pairedRatio(after.roundsMs, before.roundsMs),
      milliseconds: median(after.timesMs),
      originalMilliseconds: median(before.timesMs),
    }
  }
}

function sourceOf(model: Model, path: string): ModelSource {
  const { model: settled } = model.clone()
  settle(settled, path, new Set())
  return { ...skeleton(settled), name: 'the model' }
}
