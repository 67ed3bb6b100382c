import { attr } from '../ir/attr.js'
import { keepAll, positive } from './axis-at.js'
import { passesOn } from './broadcast.js'
import { withoutConsumedInputs } from './elementwise.js'
import { defineOp, type Upgrade } from './op.js'
import { shapeAsInput } from './reshape.js'

const MAX_FLOAT32 = 3.4028234663852886e38

/** The bounds are attributes before opset 11, and optional inputs of the element type since. */
export const clip = defineOp({
  types: ['Clip'],
  couple: passesOn,
  upgrade: {
    6: withoutConsumedInputs,
    11: (u) => {
      const min = u.float('min', -MAX_FLOAT32)
      const max = u.float('max', MAX_FLOAT32)
      if (min > -MAX_FLOAT32) u.setInput(1, u.floatsLike(0, 'min', [min]))
      if (max < MAX_FLOAT32) u.setInput(2, u.floatsLike(0, 'max', [max]))
      u.setAttr('min', null)
      u.setAttr('max', null)
    },
  },
})

/**
 * Before opset 13 the input counts as a matrix, all axes from `axis` on as one; since then they work along one axis.
 * The two are the same where of those axes only one is longer than 1.
 *
 *   Softmax(x, axis) = Reshape(Softmax(Flatten(x, axis), -1), Shape(x))
 */
function alongOneAxis(u: Upgrade): void {
  const x = u.input(0)
  const rank = u.rank(x)
  const axis = u.int('axis', 1)
  const first = axis < 0 && rank !== null ? axis + rank : axis
  const longer = u.shape(x)?.flatMap((extent, i) => (i >= first && extent !== 1 ? [i] : []))
  if (axis === -1 || first + 1 === rank) u.setAttr('axis', attr.int(-1))
  else if (longer !== undefined && longer.length <= 1) u.setAttr('axis', attr.int(longer[0] ?? first))
  else {
    const matrix = u.add('Flatten', [x], { axis: attr.int(axis) })
    const rows = u.add(u.node.op, [matrix], { axis: attr.int(-1) })
    u.become('Reshape', [rows, shapeAsInput(u, x)], {})
  }
}

export const activation = defineOp({
  types: ['Elu', 'HardSigmoid', 'LeakyRelu', 'Relu', 'Sigmoid', 'Tanh'],
  upgrade: { 6: withoutConsumedInputs },
  couple: passesOn,
})

/** Those that mean the same in all opsets. */
export const laterActivation = defineOp({
  types: [
    ...['Celu', 'Gelu', 'HardSwish', 'Mish', 'Shrink', 'Softplus', 'Softsign', 'Swish', 'ThresholdedRelu'],
    ...['Gelu', 'QuickGelu'].map((op) => `com.microsoft.${op}`),
  ],
  couple: passesOn,
})

/** The defaults got more digits with opset 6. */
export const selu = defineOp({
  types: ['Selu'],
  couple: passesOn,
  upgrade: {
    6: (u) => {
      withoutConsumedInputs(u)
      u.setAttr('alpha', attr.float(u.float('alpha', Math.fround(1.6732))))
      u.setAttr('gamma', attr.float(u.float('gamma', Math.fround(1.0507))))
    },
  },
})

/** @see alongOneAxis for what `axis` means before opset 13 */
export const softmax = defineOp({
  types: ['Softmax', 'LogSoftmax', 'Hardmax'],
  upgrade: { 13: alongOneAxis },
  couple: (c) => {
    const x = c.input(0)
    const axis = positive(c, c.node.int('axis', c.opset < 13 ? 1 : -1), x.length)
    keepAll(c, x.slice(axis, c.opset < 13 ? x.length : axis + 1), `${c.node.op} weighs its elements against each other`)
    c.output(0, x)
  },
})
