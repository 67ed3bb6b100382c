import { join } from 'node:path'
import type { DataOptions } from '../../../analysis/bound-data.js'
import { openDimensions } from '../../../analysis/open-dimensions.js'
import type { Running } from '../../../analysis/opened.js'
import type { Shapes } from '../../../analysis/shapes.js'
import type { Model } from '../../../ir/graph.js'
import { skeleton } from '../../../onnx/skeleton.js'
import { settle } from '../../../rewrites/settle.js'
import { runJob } from '../../../runtime/host.js'
import type { ModelSource } from '../../../runtime/session.js'
import type { PassContext } from '../../pass.js'
import { type Candidates, type Choice, expectedRuns } from './choose.js'
import { gated } from './gates.js'
import type { ResidualBlock } from './residual-blocks.js'

export interface ScoreInput extends DataOptions, Running, Candidates {
  readonly source: ModelSource
  /** For each block its input. */
  readonly gates: readonly string[]
  readonly count: number
}

/** 0..1, roughly: how often blocks are measured again is not known before. */
export interface ScoreProgress {
  readonly done: number
}

export interface ScoreOutput extends Choice {
  readonly samples: number
}

export interface Scoring {
  readonly shapes: Shapes
  /** Of one run of the model; null where they are not known. */
  readonly macs: number | null
  /** How many samples are looked at; chosen by the cost of the model without it. */
  readonly samples: number | null
}

/** About ten seconds on two idle cores. */
const MOST_MACS = 2e11
const SAMPLES = { least: 4, most: 64 } as const

/**
 * Chooses the blocks without which the outputs change least, in a child process with a single session: on the data
 * that there are, else on made-up inputs.
 *
 * The cost: with n blocks the model runs n + 1 times on each sample to remove one, up to n + (n - 1) + ... times to
 * remove several (`choose.ts`). So large models see few samples.
 */
export async function chosenBlocks(
  model: Model,
  blocks: readonly ResidualBlock[],
  candidates: Candidates,
  count: number,
  scoring: Scoring,
  { data, seed, signal, onProgress, folder }: PassContext,
): Promise<ScoreOutput> {
  const { model: variants, gates } = await gated(model, blocks)
  settle(variants, join(await folder(), 'without-blocks.bin'), new Set())
  const runs = 1 + expectedRuns(candidates.eligible.filter(Boolean).length, count)
  const samples = scoring.samples ?? affordable(scoring.macs, runs)
  const { folder: _, ...given } = data ?? { ...madeUpInputs(model, scoring.shapes, samples), folder: '' }
  const input: ScoreInput = {
    ...given,
    ...candidates,
    ...{ source: { ...skeleton(variants), name: 'the model' }, gates, count, samples, seed },
  }
  const { output } = await runJob<typeof import('./score-job.js').default>(
    new URL('./score-job.js', import.meta.url),
    input,
    {
      doing: 'running the model without its residual blocks',
      onEvent: ({ done }: ScoreProgress) => onProgress?.(done),
      signal,
      threads: data?.threads ?? undefined,
    },
  )
  return output
}

/** @param macs  null where they are not known: then as few as for a large model */
function affordable(macs: number | null, runs: number): number {
  const most = Math.floor(MOST_MACS / ((macs ?? MOST_MACS) * runs))
  return Math.min(SAMPLES.most, Math.max(SAMPLES.least, most))
}

/** Dimensions that the model leaves open, besides the batch, are those that its shapes were inferred with. */
function madeUpInputs(model: Model, { assumed }: Shapes, samples: number): DataOptions {
  const open = openDimensions(model).filter(({ kind }) => kind !== 'batch')
  const dims = open.flatMap(({ name }) => (assumed[name] === undefined ? [] : [[name, assumed[name]] as const]))
  return { data: `random?n=${samples}`, dims: Object.fromEntries(dims) }
}
