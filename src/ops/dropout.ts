import { withoutConsumedInputs } from './elementwise.js'
import { defineOp } from './op.js'

const UNDEFINED_MASK = 'its mask is used, which means something since opset 12 only'

export const dropout = defineOp({
  types: ['Dropout'],
  couple: (c) => {
    for (const index of c.node.outputs.keys()) c.output(index, c.input(0))
  },
  upgrade: {
    6: withoutConsumedInputs,
    7: (u) => {
      if (u.int('is_test', 1) === 0) u.refuse('it drops at random, as in training (is_test is 0)')
      u.setAttr('is_test', null)
    },
    10: (u) => u.keepOutputs(1, UNDEFINED_MASK),
    // The ratio counts in training alone, which a node without its third input is not in.
    12: (u) => {
      u.keepOutputs(1, UNDEFINED_MASK)
      if (u.node.attrs.has('ratio')) u.setInput(1, u.float32('ratio', [u.float('ratio', 0.5)], []))
      u.setAttr('ratio', null)
    },
  },
})
