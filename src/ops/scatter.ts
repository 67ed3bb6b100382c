import { defineOp } from './op.js'

/** The same under another name since opset 11. */
export const scatter = defineOp({
  types: ['Scatter'],
  upgrade: { 11: (u) => u.become('ScatterElements', u.node.inputs, Object.fromEntries(u.node.attrs)) },
})
