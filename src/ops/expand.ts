import type { Axis, Coupler, Cutter } from './coupling.js'
import { overwriteShape, shapedBy, statedFor } from './extents.js'
import { defineOp } from './op.js'

/**
 * Axes that have their extent already pass; what a single element is repeated to is a new axis of equal elements, any
 * of which may go.
 */
function expandedAxes(c: Coupler): Axis[] {
  const axes = c.input(0)
  const shape = c.outputShape(0)
  const stated = statedFor(c, 1, shape.length)
  return shape.map((size, i) => {
    const axis = axes[i - shape.length + axes.length]
    if (axis !== undefined && axis.size === size && size > 1) return axis
    const said = stated[i] ?? 'unknown'
    // A stored 1 leaves the axis as it is.
    const varies = c.isOpen(0, i) && (said === 'unknown' || said === 1)
    return varies ? c.fixed(size, 'its extent varies') : c.free(size)
  })
}

/** 1 is what leaves an axis as it is. */
function cutExpand(c: Cutter): void {
  const { before: input } = c.inputShape(0)
  const { before, after } = c.outputShape(0)
  const changed = after.map((size, i) => {
    if (before[i] === size) return null
    return input[i - before.length + input.length] === before[i] ? 1 : size
  })
  const stated = c.param('shape')
  if (typeof stated === 'string') overwriteShape(c, 1, changed)
  // A shape with fewer axes than the input speaks of its last ones.
  else
    c.setParam(
      'shape',
      stated.map((entry, i) => changed[i + after.length - stated.length] ?? entry),
    )
}

export const expand = defineOp({ types: ['Expand'], couple: shapedBy(1, expandedAxes), cut: cutExpand })
