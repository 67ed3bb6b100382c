import { attr } from '../ir/attr.js'
import { defineOp } from './op.js'

/** The axis is an attribute (1 unless said) before opset 20, and an input (-2 unless there) since. */
export const dft = defineOp({
  types: ['DFT'],
  upgrade: {
    20: (u) => {
      if (!u.node.attrs.has('axis')) u.setAttr('axis', attr.int(1))
      u.moveToInput('axis', 2, { scalar: true })
    },
  },
})
