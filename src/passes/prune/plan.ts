import type { Tensor } from '../../ir/tensor.js'
import type { Skip } from '../pass.js'
import type { Target, Values } from './targets.js'

/** The new tensor of a weight. */
export interface Planned {
  readonly target: Target
  readonly tensor: Tensor
  readonly zerosBefore: number
  readonly zerosAfter: number
}

/** What planning needs to know besides the weights. */
export interface Plan {
  readonly values: Values
  readonly seed: number
  readonly skipped: Skip[]
  /** Told what was read. @throws when the work was aborted */
  readonly onRead: (bytes: number) => void
}
