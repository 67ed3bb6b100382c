import { attr } from '../ir/attr.js'
import { defineOp } from './op.js'

export const split = defineOp({
  types: ['Split'],
  upgrade: {
    2: (u) => {
      if (u.input(1) !== null) u.refuse('its sizes are an input, which opset 2 took away')
    },
    13: (u) => u.moveToInput('split', 1),
    // Without sizes the number of parts was that of the outputs; now it has to be said.
    18: (u) => {
      if (u.input(1) === null) u.setAttr('num_outputs', attr.int(u.node.outputs.length))
    },
  },
})
