import { axisAt, keepAll, positive } from './axis-at.js'
import type { CoupleRule } from './coupling.js'
import { defineOp } from './op.js'

const BY_INDEX = 'its elements are replaced by their place'

/** The axis that the indices are for stays; along the others data, indices and updates lie together. */
const coupleElements: CoupleRule = (c) => {
  const [data, indices, updates] = [c.input(0), c.input(1), c.input(2)]
  const at = positive(c, c.node.int('axis', 0), data.length)
  for (const [i, axis] of data.entries()) {
    const [place, update] = [axisAt(c, indices, i), axisAt(c, updates, i)]
    c.tie(place, update)
    if (i === at) keepAll(c, [axis, place], BY_INDEX)
    else if (axis.size === place.size) c.tie(axis, place)
    else keepAll(c, [axis, place], 'the indices are fewer than the elements')
  }
  c.output(0, data)
}

export const scatterElements = defineOp({ types: ['ScatterElements'], couple: coupleElements })

/** The same under another name since opset 11. */
export const scatter = defineOp({
  types: ['Scatter'],
  couple: coupleElements,
  upgrade: { 11: (u) => u.become('ScatterElements', u.node.inputs, Object.fromEntries(u.node.attrs)) },
})

/** Indices [.., r] name places along the first r axes; updates have the axes of the indices, and those behind. */
export const scatterNd = defineOp({
  types: ['ScatterND'],
  couple: (c) => {
    const [data, indices, updates] = [c.input(0), c.input(1), c.input(2)]
    const tuple = axisAt(c, indices, -1)
    keepAll(c, [...indices, ...data.slice(0, tuple.size)], BY_INDEX)
    for (const [i, place] of indices.slice(0, -1).entries()) c.tie(place, axisAt(c, updates, i))
    for (const [i, axis] of data.slice(tuple.size).entries()) c.tie(axis, axisAt(c, updates, i + indices.length - 1))
    c.output(0, data)
  },
})
