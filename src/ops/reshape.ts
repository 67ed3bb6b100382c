import type { Value } from '../ir/graph.js'
import { defineOp, type Upgrade } from './op.js'

/**
 * The shape of a value as the second input of a Reshape that has to bring it about again: a constant where at most one
 * extent is open, so that whoever infers shapes still knows it.
 */
export function shapeAsInput(u: Upgrade, value: Value | null): Value {
  const shape = u.shape(value)?.map((extent) => (typeof extent === 'number' ? extent : -1))
  // A 0 would mean the extent of what is reshaped.
  const isConstant = shape !== undefined && !shape.includes(0) && shape.filter((extent) => extent === -1).length <= 1
  return isConstant ? u.int64('shape', shape) : u.add('Shape', [value])
}

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
