import type { Axis, Coupler } from './coupling.js'

/**
 * One of the axes of a value.
 *
 * @param index  counts from the end where it is negative
 * @throws a refusal when there are not so many
 */
export function axisAt(c: Coupler, axes: readonly Axis[], index: number): Axis {
  const axis = axes.at(index)
  return axis ?? c.refuse(`it needs axis ${index} of a value that has ${axes.length}`)
}

/** @throws a refusal when an axis is not within -rank .. rank - 1 */
export function positive(c: Coupler, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis
  return at >= 0 && at < rank ? at : c.refuse(`it works along axis ${axis} of a value that has ${rank}`)
}

/** Nothing may go of any of these axes. */
export function keepAll(c: Coupler, axes: readonly Axis[], why: string): void {
  for (const axis of axes) c.keep(axis, why)
}
