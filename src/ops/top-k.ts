import { axisAt, positive } from './axis-at.js'
import { defineOp } from './op.js'

/** How many is an attribute before opset 10, and an input of one element since. */
export const topK = defineOp({
  types: ['TopK'],
  upgrade: { 10: (u) => u.moveToInput('k', 1) },
  couple: (c) => {
    const axes = c.input(0)
    const at = positive(c, c.node.int('axis', -1), axes.length)
    const why = 'its elements are put into order'
    c.keep(axisAt(c, axes, at), why)
    for (const output of [0, 1]) {
      if (c.node.outputs[output]) c.output(output, axes.with(at, c.fixed(c.outputShape(output)[at] ?? 1, why)))
    }
  },
})
