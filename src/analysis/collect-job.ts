import { defineJob } from '../runtime/job.js'
import { type Collected, type CollectOptions, collect } from './collect.js'
import type { EvaluateProgress } from './evaluate.js'

const PROGRESS_MS = 100

/** `collect` in a child process: for sums that are small, a number for each input of a layer. */
export default defineJob<CollectOptions, EvaluateProgress, Collected>((options, emit, signal) => {
  let saidAt = 0
  const say = (samples: number, total: number | null) => {
    if (Date.now() - saidAt < PROGRESS_MS) return
    saidAt = Date.now()
    emit({ samples, total })
  }
  return collect(options, say, signal)
})
