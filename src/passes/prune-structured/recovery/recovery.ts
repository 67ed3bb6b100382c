import type { CollectOptions } from '../../../analysis/collect.js'
import type { Layout } from '../../../rewrites/weight-matrix.js'
import type { FloatType } from './floats.js'
import type { Drift } from './norms.js'
import type { DriftOutputs, FitOutputs, ShiftOutputs } from './statistics.js'

/** A weight that is fitted anew. */
export interface FitTask {
  readonly kind: 'fit'
  readonly dtype: FloatType
  readonly shape: readonly number[]
  /** Where its bytes lie. */
  readonly range: { readonly path: string; readonly offset: number; readonly length: number }
  readonly layout: Layout
  /** What the products are multiplied with: Gemm's alpha. */
  readonly factor: number
  readonly uses: readonly { readonly outputs: FitOutputs; readonly bias: Float64Array }[]
}

/** A layer whose bias alone makes up for what is gone. */
export interface ShiftTask {
  readonly kind: 'shift'
  readonly outputs: ShiftOutputs
}

/** A normalization that is measured again. */
export interface NormTask {
  readonly kind: 'norm'
  readonly outputs: DriftOutputs
}

export type Task = FitTask | ShiftTask | NormTask

/** What goes to the child process of one stage. */
export interface RecoveryInput extends CollectOptions {
  readonly tasks: readonly Task[]
  /** What is tried of what may be added to the diagonals of covariances, by their mean. */
  readonly dampings: readonly number[]
  /** The file that gets the new weights, one behind the other. */
  readonly results: string
}

export interface TaskResult {
  /** What is added to the bias of each use; null where nothing could be fitted. */
  readonly deltas: readonly Float64Array[] | null
  /** Of a normalization. */
  readonly drift: Drift | null
  /** Of the outputs, by their variance; null where they do not vary. */
  readonly errorBefore: number | null
  readonly errorAfter: number | null
}

export interface RecoveryOutput {
  readonly samples: number
  /** In the order of the tasks. */
  readonly results: readonly TaskResult[]
}
