import { runJob } from '../runtime/host.js'
import type { DataOptions } from './bound-data.js'
import type { LayerDifference } from './comparison/layers.js'
import type { OutputDifference } from './comparison/outputs.js'
import type { Running } from './opened.js'

export type { ValueDifference } from './comparison/difference.js'
export type { LayerDifference, OutputDifference }

/** A file, and what messages call it. */
export interface ComparedModel {
  readonly path: string
  readonly name: string
}

export interface CompareOptions extends DataOptions, Running {
  /** What counts as right. */
  readonly a: ComparedModel
  readonly b: ComparedModel
  /** Whether the values inside are compared, too. */
  readonly layers?: boolean
  /** Bytes of the values inside that are fetched at a time; 48 MB unless told. Several times as much is taken. */
  readonly budgetBytes?: number
}

export interface CompareProgress {
  readonly phase: 'outputs' | 'layers'
  /** 0..1; null when the data do not tell their length */
  readonly done: number | null
}

export interface CompareHooks {
  readonly onProgress?: (progress: CompareProgress) => void
  readonly signal?: AbortSignal | undefined
}

export interface Compared {
  readonly samples: number
  readonly outputs: readonly OutputDifference[]
  /** In the order of A's graph; null when only outputs were compared. */
  readonly layers: readonly LayerDifference[] | null
  readonly unmatched: { readonly a: number; readonly b: number } | null
  readonly skipped: readonly { readonly target: string; readonly why: string }[]
  /** The largest resident set of the process that ran the models. */
  readonly peakBytes: number
}

/**
 * Runs two models on the same data, in a child process, and says how their values differ. Samples stream through:
 * memory holds one batch, and of the values inside as many as fit a budget at a time.
 *
 * Outputs are those of the models as they are used, with all optimizations of ONNX Runtime; values inside are
 * computed node by node, as the file says.
 *
 * @throws UsageError when the models cannot be fed the same, or have nothing to compare
 * @throws DataError when the data do not fit the models; UnsupportedModelError when one does not load
 * @throws signal.reason when it was aborted
 */
export async function compare(options: CompareOptions, hooks: CompareHooks = {}): Promise<Compared> {
  const { output, peakBytes } = await runJob<typeof import('./compare-job.js').default>(
    new URL('./compare-job.js', import.meta.url),
    options,
    {
      doing: `comparing "${options.a.name}" and "${options.b.name}"`,
      onEvent: (progress: CompareProgress) => hooks.onProgress?.(progress),
      signal: hooks.signal,
      threads: options.threads ?? undefined,
    },
  )
  return { ...output, peakBytes }
}
