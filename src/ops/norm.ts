import { attr } from '../ir/attr.js'
import { axisAt, keepAll, positive } from './axis-at.js'
import { tieTo } from './broadcast.js'
import type { Coupler, Cutter } from './coupling.js'
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
  couple: coupleMeanVariance,
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
  couple: coupleInstance,
  upgrade: { 6: withoutConsumedInputs },
})

export const batchNormalization = defineOp({
  types: ['BatchNormalization'],
  couple: coupleBatch,
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

export const groupNormalization = defineOp({
  types: ['GroupNormalization'],
  upgrade: { 21: parametersByChannel },
  couple: coupleGroups,
  cut: cutGroups,
})

/** SimplifiedLayerNormalization is what ONNX Runtime calls RMSNormalization. */
export const layerNormalization = defineOp({
  types: ['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization'],
  couple: coupleLayer,
})

/** LayerNormalization of a sum, which comes out as well. */
export const skipLayerNormalization = defineOp({
  types: ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'].map((op) => `com.microsoft.${op}`),
  couple: coupleSkip,
})

/** Each element is divided by sums over neighbouring channels. */
export const localResponseNormalization = defineOp({
  types: ['LRN'],
  couple: (c) => {
    const x = c.input(0)
    c.keep(axisAt(c, x, 1), 'each channel is normalized by its neighbours')
    c.output(0, x)
  },
})

/** x / |x| along an axis: a sum, to which zeros add nothing. */
export const lpNormalization = defineOp({
  types: ['LpNormalization'],
  couple: (c) => {
    c.contract(0, c.node.int('axis', -1))
    c.output(0, c.input(0))
  },
})

/** Statistics are those of each channel, read from its parameters or, in training, taken from the batch. */
function coupleBatch(c: Coupler): void {
  if (c.opset < 7) c.refuse('it is said as before opset 7')
  const x = c.input(0)
  const channels = axisAt(c, x, 1)
  if (c.opset < 9 && c.node.int('spatial', 1) === 0) c.refuse('it normalizes each position on its own (spatial is 0)')
  for (const input of [1, 2, 3, 4]) c.tie(channels, axisAt(c, c.input(input), 0))
  if (c.node.int('training_mode', 0) !== 0) {
    keepAll(
      c,
      x.filter((axis) => axis !== channels),
      'its statistics are those of the batch',
    )
  }
  c.output(0, x)
  for (const index of c.node.outputs.keys()) if (index > 0) c.output(index, [channels])
}

/** Statistics are those of each sample and channel, over all positions. */
function coupleInstance(c: Coupler): void {
  const x = c.input(0)
  const channels = axisAt(c, x, 1)
  for (const input of [1, 2]) c.tie(channels, axisAt(c, c.input(input), 0))
  for (const axis of x.keys()) if (axis > 1) c.normalize(0, axis, { output: 0 })
  c.output(0, x)
}

/** @see meanVarianceNormalization for the form before opset 9 */
function coupleMeanVariance(c: Coupler): void {
  const x = c.input(0)
  const across = c.opset < 9 && c.node.int('across_channels', 0) !== 0
  for (const axis of c.numbers('axes') ?? (across ? [0, 1, 2, 3] : [0, 2, 3])) {
    c.normalize(0, positive(c, axis, x.length), { output: 0 })
  }
  c.output(0, x)
}

/** Scale and bias lie along the last axes, all from `axis` on; mean and inverse deviation have one element there. */
function coupleLayer(c: Coupler): void {
  const x = c.input(0)
  const axis = positive(c, c.node.int('axis', -1), x.length)
  for (let i = axis; i < x.length; i++) c.normalize(0, i, { output: 0 })
  for (const input of [1, 2]) tieTo(c, input, x.slice(axis))
  const statistics = x.map((a, i) => (i < axis ? a : c.free(1)))
  c.output(0, x)
  for (const index of [1, 2]) c.output(index, statistics)
}

/** Input, skip (stretched where it has fewer samples), scale, for some a shift, and a bias that is added before. */
function coupleSkip(c: Coupler): void {
  const x = c.input(0)
  const channels = axisAt(c, x, -1)
  c.normalize(0, -1, { output: 0 })
  tieTo(c, 1, x)
  for (const input of [2, 3, 4]) tieTo(c, input, [channels])
  const statistics = [...x.slice(0, -1), c.free(1)]
  c.output(0, x)
  for (const index of [1, 2]) c.output(index, statistics)
  c.output(3, x)
}

/** Whole groups go: C = [G][C/G]. Scale and bias are those of groups before opset 21. */
function coupleGroups(c: Coupler): void {
  const x = c.input(0)
  const channels = axisAt(c, x, 1)
  const count = c.node.int('num_groups', 1)
  const [groups, within] = c.split(channels, [count, channels.size / count])
  if (!groups || !within) c.refuse(`it has ${count} groups`)
  keepAll(c, [within, ...x.slice(2)], 'all of a group is normalized together')
  for (const input of [1, 2]) tieTo(c, input, [c.opset < 21 ? groups : channels])
  c.output(0, x)
}

function cutGroups(c: Cutter): void {
  const { before, after } = c.inputShape(0)
  const count = c.node.int('num_groups', 1)
  c.setInt('num_groups', (count * (after[1] ?? 0)) / (before[1] ?? 1))
}
