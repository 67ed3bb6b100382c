import { defineOp } from './op.js'

/** Before opset 9 it ran over each sequence of a batch, with lengths of their own. */
export const scan = defineOp({
  types: ['Scan'],
  upgrade: {
    9: (u) => u.refuse('it has a batch axis, which Scan lost with opset 9'),
  },
})
