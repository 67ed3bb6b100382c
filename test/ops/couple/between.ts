import { int64, type Sketch } from '../../../fixtures/sketch.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { drawn } from '../../rewrites/rewritten.js'

/** A constant vector of integers in the model that is drawn. */
export type Integers = (...values: number[]) => Value

export function vector(...values: number[]) {
  return int64([values.length], values)
}

export interface Layers {
  readonly opset?: number
  /** What the first convolution makes. */
  readonly made: number
  /** What the second one sums up. */
  readonly summed?: number
}

/** Pointwise convolutions of images [2, 3, 4, 4], and something in between. */
export function between(
  { opset = 17, made, summed = made }: Layers,
  op: (s: Sketch, x: Value, ints: Integers) => Value,
): Model {
  return drawn(
    [2, 3, 4, 4],
    (s, x) => {
      let count = 0
      const ints = (...values: number[]) => s.constant(`ints${count++}`, vector(...values))
      const first = s.node('Conv', 'made', [x, s.weight('w', [made, 3, 1, 1])])
      return s.node('Conv', 'out', [op(s, first, ints), s.weight('v', [2, summed, 1, 1])])
    },
    opset,
  )
}
