import type { Dependencies } from '../../../analysis/dependencies/dependencies.js'
import type { Shapes } from '../../../analysis/shapes.js'
import type { PassContext } from '../../pass.js'
import type { Values } from '../index.js'

/** What one weight, or one value, says of the units that run through it. */
export interface Evidence {
  /** The unit of each element along an axis; -1 for those that stay. */
  readonly units: Int32Array
  /** A number for each element. What is said of a unit is the mean of its elements: a head is one thing. */
  readonly values: Float64Array
  /** 2 for squares, of whose mean the root is taken; else 1. */
  readonly power: 1 | 2
}

/** The model that units are scored in. */
export interface Subject {
  readonly dependencies: Dependencies
  readonly shapes: Shapes
  readonly samples: Values['samples']
  readonly context: PassContext
}

export interface Measured {
  /** The most telling first: `--reduce first` takes the first that knows a unit. */
  readonly evidence: readonly Evidence[]
  /** How many samples it learned from; absent when from none. */
  readonly samples?: number
}

/** A way to tell what a unit is worth. Units of which it has no evidence are scored by the norms of their weights. */
export interface Importance {
  readonly name: Values['importance']
  /** What a unit lacks that it knows nothing of, for notes: `no BatchNormalization`. */
  readonly lack: string
  measure(subject: Subject): Measured | Promise<Measured>
}

export function defineImportance(importance: Importance): Importance {
  return importance
}
