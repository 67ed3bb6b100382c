import { defineOp } from './op.js'

/** An attribute before opset 13, an input since. */
export const squeeze = defineOp({
  types: ['Squeeze', 'Unsqueeze'],
  upgrade: { 13: (u) => u.moveToInput('axes', 1) },
})
