import type { Axis, Coupler } from './coupling.js'

/** Elements of an axis. A single one stays: without it there would be nothing left of the value. */
export function selected(c: Coupler, axis: Axis, indices: readonly number[]): Axis {
  if (indices.length === axis.size && indices.every((index, i) => index === i)) return axis
  const chosen = c.select(axis, indices)
  if (indices.length === 1) c.keep(chosen, 'it is taken by itself')
  return chosen
}

/** Numbers from `start` on, `step` apart. */
export function range(count: number, start = 0, step = 1): number[] {
  return Array.from({ length: count }, (_, i) => start + i * step)
}

/** The index of each element among those that stay. @param kept  rising; null when all do */
export function placesAmong(kept: Int32Array | null, size: number): (index: number) => number {
  if (kept === null) return (index) => index
  const places = new Int32Array(size).fill(-1)
  for (const [place, index] of kept.entries()) places[index] = place
  return (index) => places[index] ?? -1
}
