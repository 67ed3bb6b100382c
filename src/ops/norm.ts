import { attr } from '../ir/attr.js'
import { withoutConsumedInputs } from './elementwise.js'
import { defineOp, type Upgrade } from './op.js'
import { shapeAsInput } from './reshape.js'

/**
 * `spatial = 0` normalizes every element of [C, D1, ...] on its own, which is a matter of [N, C*D1*...] with as many
 * channels:
 *
 *   Reshape(BatchNormalization(Flatten(x, 1), scale, B, mean, var), Shape(x))
 */
function byElement(u: Upgrade): void {
  u.keepOutputs(1, 'its outputs behind the first, those of training, are used')
  const [x = null, ...parameters] = u.node.inputs
  const { spatial, ...attrs } = Object.fromEntries(u.node.attrs)
  const flat = [
    u.add('Flatten', [x], { axis: attr.int(1) }),
    ...parameters.map((p) => u.add('Reshape', [p, u.int64('flat', [-1])])),
  ]
  u.become('Reshape', [u.add('BatchNormalization', flat, attrs), shapeAsInput(u, x)], {})
}

/**
 * Experimental before opset 9, with switches in the place of axes. Without the variance it takes the mean away alone:
 *
 *   x - ReduceMean(x, axes)
 */
export const meanVarianceNormalization = defineOp({
  types: ['MeanVarianceNormalization'],
  upgrade: {
    9: (u) => {
      const [x, axes] = [u.input(0), attr.ints(u.int('across_channels', 0) === 0 ? [0, 2, 3] : [0, 1, 2, 3])]
      if (u.int('normalize_variance', 1) !== 0) u.become(u.node.op, [x], { axes })
      else u.become('Sub', [x, u.add('ReduceMean', [x], { axes })], {})
    },
  },
})

export const instanceNormalization = defineOp({
  types: ['InstanceNormalization'],
  upgrade: { 6: withoutConsumedInputs },
})

export const batchNormalization = defineOp({
  types: ['BatchNormalization'],
  upgrade: {
    6: withoutConsumedInputs,
    7: (u) => {
      if (u.int('is_test', 1) === 0) u.refuse('it normalizes by the batch, as in training (is_test is 0)')
      u.setAttr('is_test', null)
    },
    9: (u) => {
      if (u.int('spatial', 1) === 0) byElement(u)
      else u.setAttr('spatial', null)
    },
    14: (u) => u.keepOutputs(1, 'its outputs behind the first, those of training, are used'),
  },
})

/**
 * Scale and bias have an element for each group before opset 21, and one for each channel since:
 *
 *   [G] -> [G, 1] -> [G, C / G] -> [C]
 */
function parametersByChannel(u: Upgrade): void {
  const groups = u.int('num_groups', 1)
  const channels = u.shape(u.input(0))?.[1]
  const sizes =
    typeof channels === 'number' ? u.int64('group_sizes', [groups, channels / groups]) : computedSizes(u, groups)
  for (const index of [1, 2]) {
    const columns = u.add('Reshape', [u.input(index), u.int64('column', [groups, 1])])
    u.setInput(index, u.add('Reshape', [u.add('Expand', [columns, sizes]), u.int64('flat', [-1])]))
  }
}

function computedSizes(u: Upgrade, groups: number) {
  const channels = u.add('Shape', [u.input(0)], { start: attr.int(1), end: attr.int(2) })
  const count = u.int64('groups', [groups])
  return u.add('Concat', [count, u.add('Div', [channels, count])], { axis: attr.int(0) })
}

export const groupNormalization = defineOp({ types: ['GroupNormalization'], upgrade: { 21: parametersByChannel } })
