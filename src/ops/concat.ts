import { attr } from '../ir/attr.js'
import { defineOp } from './op.js'

/** The axis is 1 unless said before opset 4, and has to be said since. */
export const concat = defineOp({
  types: ['Concat'],
  upgrade: {
    4: (u) => {
      if (!u.node.attrs.has('axis')) u.setAttr('axis', attr.int(1))
    },
  },
})
