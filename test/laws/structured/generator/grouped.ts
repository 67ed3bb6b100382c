import type { Draw } from './draw.js'
import { B } from './draw.js'
import { activation, batchNorm, conv, depthwise, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Convolutions whose channels do not all see one another. */
export const grouped: readonly Topology[] = [
  {
    name: 'depthwise separable',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const out = activation(d, conv(d, activation(d, batchNorm(d, depthwise(d, x))), width, { kernel: 1 }))
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'inverted residual',
    takes: 'image',
    draw(d, x) {
      const wide = activation(d, batchNorm(d, conv(d, x, d.width(), { kernel: 1 })))
      const narrow = batchNorm(d, conv(d, activation(d, batchNorm(d, depthwise(d, wide))), x.width, { kernel: 1 }))
      return { out: same(x, d.add(x.value, narrow.value)), inner: wide.width, outer: x.width }
    },
  },
  {
    name: 'depthwise with a multiplier',
    takes: 'image',
    draw(d, x) {
      const first = conv(d, x, d.between(4, 8))
      const more = activation(d, depthwise(d, first, { multiplier: d.pick([2, 3]) }))
      const width = d.width()
      return { out: conv(d, batchNorm(d, more), width, { kernel: 1 }), inner: first.width, outer: x.width + width }
    },
  },
  {
    name: 'depthwise, then something else takes the same input',
    takes: 'image',
    draw(d, x) {
      const y = activation(d, depthwise(d, x))
      const both = d.concat([x.value, y.value], 1)
      return { out: { ...x, width: 2 * x.width, value: both }, inner: 0, outer: x.width }
    },
  },
  {
    name: 'grouped convolution',
    takes: 'image',
    draw(d, x) {
      const [groups, ins, outs] = [d.pick([2, 3, 4]), d.between(2, 5), d.between(1, 5)]
      const first = activation(d, conv(d, x, groups * ins, { kernel: 1 }))
      const second = activation(d, batchNorm(d, conv(d, first, groups * outs, { kernel: 3, group: groups })))
      const width = d.width()
      return {
        out: conv(d, second, width, { kernel: 1 }),
        // Either whole groups, or what all groups lose alike.
        inner: Math.min(groups, ins + (outs > 1 ? outs : 0)),
        outer: x.width + width,
      }
    },
  },
  {
    name: 'grouped convolutions of different groups in a row',
    takes: 'image',
    draw(d, x) {
      const first = conv(d, x, 24, { kernel: 1 })
      const second = activation(d, conv(d, first, 24, { kernel: 3, group: d.pick([2, 4]) }))
      const third = activation(d, conv(d, second, 24, { kernel: 3, group: d.pick([3, 6]) }))
      const width = d.width()
      return { out: conv(d, third, width, { kernel: 1 }), inner: 4, outer: x.width + width }
    },
  },
  {
    name: 'resnext: grouped convolution in a residual',
    takes: 'image',
    draw(d, x) {
      const [groups, each] = [d.pick([2, 4]), d.between(2, 5)]
      const first = activation(d, conv(d, x, groups * each, { kernel: 1 }))
      const second = activation(d, conv(d, first, groups * each, { kernel: 3, group: groups }))
      const third = batchNorm(d, conv(d, second, x.width, { kernel: 1 }))
      return { out: same(x, d.add(third.value, x.value)), inner: Math.min(groups, 2 * each), outer: x.width }
    },
  },
  {
    name: 'grouped convolution on the trunk of a residual',
    takes: 'image',
    multiple: 4,
    draw(d, x) {
      const y = batchNorm(d, conv(d, x, x.width, { kernel: 3, group: 4 }))
      const each = x.width / 4
      return { out: same(x, d.add(x.value, y.value)), inner: 0, outer: each > 1 ? Math.min(4, each) : 4 }
    },
  },
  {
    name: 'shufflenet v2 unit',
    takes: 'image',
    multiple: 4,
    draw(d, x) {
      const half = x.width / 2
      const [left, right] = d.chance(0.5)
        ? d.split(x.value, 1, [half, half])
        : [d.slice(x.value, 1, 0, half), d.slice(x.value, 1, half, x.width)]
      if (!left || !right) throw new Error('Split has two outputs.')
      const inner = conv(d, { ...x, width: half, value: right }, d.width(), { kernel: 1 })
      const middle = batchNorm(d, depthwise(d, activation(d, batchNorm(d, inner))))
      const last = activation(d, conv(d, middle, half, { kernel: 1 }))
      const all = { ...x, value: d.concat([left, last.value], 1) }
      return { out: shuffled(d, all, 2), inner: inner.width, outer: half }
    },
  },
  {
    name: 'shufflenet v1 unit',
    takes: 'image',
    multiple: 4,
    draw(d, x) {
      const [groups, each] = [d.pick([2, 4]), 4]
      const first = activation(d, batchNorm(d, conv(d, x, groups * each, { kernel: 1, group: groups })))
      const middle = batchNorm(d, depthwise(d, shuffled(d, first, groups)))
      const last = batchNorm(d, conv(d, middle, x.width, { kernel: 1, group: groups }))
      const out = activation(d, same(x, d.add(last.value, x.value)))
      // Where the trunk loses whole groups, the shuffle spreads each of them over all hidden channels.
      return { out, inner: 0, outer: 0 }
    },
  },
]

/** [g][n] -> [n][g] */
function shuffled(d: Draw, x: Feature, groups: number): Feature {
  const { width, space } = x
  const apart = d.reshape(x.value, [B, groups, width / groups, ...space])
  return same(x, d.reshape(d.transpose(apart, [0, 2, 1, 3, 4]), [B, width, ...space]))
}
