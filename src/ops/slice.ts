import { attr } from '../ir/attr.js'
import { defineOp } from './op.js'

export const slice = defineOp({
  types: ['Slice'],
  upgrade: {
    10: (u) => {
      u.moveToInput('starts', 1)
      u.moveToInput('ends', 2)
      u.moveToInput('axes', 3)
    },
  },
})

export const pad = defineOp({
  types: ['Pad'],
  upgrade: {
    // Only the name changed.
    2: (u) => {
      u.setAttr('pads', attr.ints(u.ints('paddings') ?? u.refuse('it has no paddings')))
      u.setAttr('paddings', null)
    },
    11: (u) => {
      const value = u.float('value', 0)
      u.moveToInput('pads', 1)
      if (value !== 0 && u.string('mode', 'constant') === 'constant') u.setInput(2, u.floatsLike(0, 'value', [value]))
      u.setAttr('value', null)
    },
  },
})
