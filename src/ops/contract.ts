import type { Node } from '../ir/graph.js'
import type { Coupler } from './coupling.js'
import { weightOf } from './weight-of.js'

/** An axis of an input of a node. */
export interface Place {
  readonly input: number
  readonly axis: number
}

/** Of the two factors of a product that is summed up, the one that is computed from the model's inputs. */
export function contractEither(c: Coupler, a: Place, b: Place): void {
  const { input, axis } = isStored(c.node, a.input) && !isStored(c.node, b.input) ? b : a
  c.contract(input, axis)
}

/** Whether a constant stands behind an input. */
export function isStored(node: Node, input: number): boolean {
  return !('none' in weightOf(node, input))
}
