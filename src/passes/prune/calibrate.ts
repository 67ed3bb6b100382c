import type { CollectOptions } from '../../analysis/collect.js'
import type { Layout } from '../../rewrites/weight-matrix.js'
import type { AxisMember } from './masks.js'

/** A weight for the process that prunes it. */
export interface LayerTask extends Omit<AxisMember, 'tensor'> {
  /** Where its bytes lie. */
  readonly range: { readonly path: string; readonly offset: number; readonly length: number }
  readonly layout: Layout
  /** The outputs of the capturing model whose sum is the statistic of its inputs. */
  readonly outputs: readonly string[]
  /** Of n weights round(sparsity * n) go; patterns set theirs themselves. */
  readonly sparsity: number
}

/** How weights are chosen by the statistics of their inputs. */
export interface Method {
  readonly criterion: 'wanda' | 'sparsegpt'
  readonly scope: 'layer' | 'row'
  /** n of every m inputs stay; null for single weights. */
  readonly pattern: { readonly n: number; readonly m: number } | null
  /** Added to the diagonal of H, by its mean. SparseGPT alone. */
  readonly damping: number
  /** Columns that are chosen and updated at once. SparseGPT alone. */
  readonly blockSize: number
}

/** What goes to the child process of one stage. */
export interface CalibrateInput extends CollectOptions, Method {
  readonly layers: readonly LayerTask[]
  /** The file that gets the new tensors, one behind the other. */
  readonly results: string
}

export interface CalibratedLayer {
  readonly zerosBefore: number
  readonly zerosAfter: number
  /** Weights at the ends of rows that are fewer than m, and stay. */
  readonly ragged: number
  /** What was added to the diagonal of H in the end, by its mean; null where no H is needed. */
  readonly damping: number | null
}

export interface CalibrateOutput {
  readonly samples: number
  /** In the order of `layers`. */
  readonly layers: readonly CalibratedLayer[]
}

/** A fraction 0..1 of the stage. */
export interface CalibrateProgress {
  readonly done: number
}
