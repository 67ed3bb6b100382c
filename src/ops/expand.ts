import type { CoupleRule, Cutter } from './coupling.js'
import { defineOp } from './op.js'

/**
 * Axes that have their extent already pass; what a single element is repeated to is a new axis of equal elements, any
 * of which may go.
 */
const coupleExpand: CoupleRule = (c) => {
  const axes = c.input(0)
  const shape = c.outputShape(0)
  const isComputed = c.param('shape') === 'computed'
  c.output(
    0,
    shape.map((size, i) => {
      const axis = axes[i - shape.length + axes.length]
      if (axis !== undefined && axis.size === size && size > 1) return axis
      if (!c.isOpen(0, i)) return c.free(size)
      if (isComputed) c.refuse('the shape is computed at run time, and it repeats along an extent that varies')
      return c.fixed(size, 'its extent varies')
    }),
  )
}

/** 1 is what leaves an axis as it is. */
function cutExpand(c: Cutter): void {
  const { before: input } = c.inputShape(0)
  const { before, after } = c.outputShape(0)
  const param = c.param('shape')
  const stated = typeof param === 'string' ? after.map(() => null) : param
  // A shape with fewer axes than the input speaks of its last ones.
  const ahead = before.length - stated.length
  const target = stated.map((entry, at) => {
    const i = at + ahead
    if (entry !== null && before[i] === after[i]) return entry
    return input[i - before.length + input.length] === before[i] ? 1 : (after[i] ?? 1)
  })
  if (target.some((entry, at) => entry !== stated[at])) c.setParam('shape', target)
}

export const expand = defineOp({ types: ['Expand'], couple: coupleExpand, cut: cutExpand })
