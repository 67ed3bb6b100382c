import { defineOp } from './op.js'

/** How many is an attribute before opset 10, and an input of one element since. */
export const topK = defineOp({ types: ['TopK'], upgrade: { 10: (u) => u.moveToInput('k', 1) } })
