import { defineOp } from './op.js'

/** The shape is an attribute before opset 5, and an input since. */
export const reshape = defineOp({
  types: ['Reshape'],
  upgrade: {
    5: (u) => {
      u.setAttr('consumed_inputs', null)
      u.moveToInput('shape', 1)
    },
  },
})

export const tile = defineOp({
  types: ['Tile'],
  upgrade: { 6: (u) => u.refuse('it repeats along one axis that is an input, and since opset 6 along all') },
})

/** An attribute before opset 13, an input since. */
export const squeeze = defineOp({
  types: ['Squeeze', 'Unsqueeze'],
  upgrade: { 13: (u) => u.moveToInput('axes', 1) },
})
