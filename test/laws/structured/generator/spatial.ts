import type { Value } from '../../../../src/ir/graph.js'
import { B, type Draw } from './draw.js'
import { activation, batchNorm, conv, filters, pointwise, pool, pooled, resize, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Other spaces: transposed convolutions, rearrangements, borders, pyramids, one and three dimensions. */
export const spatial: readonly Topology[] = [
  {
    name: 'transposed convolution',
    takes: 'image',
    draw(d, x) {
      const first = transposed(d, x, d.width(), 1)
      const out = conv(d, activation(d, batchNorm(d, first)), x.width, { stride: 2 })
      return { out, inner: first.width, outer: 2 * x.width }
    },
  },
  {
    name: 'transposed convolution in groups',
    takes: 'image',
    draw(d, x) {
      const [groups, ins, outs] = [d.pick([2, 3]), d.between(2, 4), d.between(2, 4)]
      const first = activation(d, conv(d, x, groups * ins))
      const second = activation(d, transposed(d, first, groups * outs, groups))
      return {
        out: conv(d, second, x.width, { stride: 2 }),
        inner: Math.min(groups, ins + outs),
        outer: 2 * x.width,
      }
    },
  },
  {
    name: 'transposed convolution, depthwise',
    takes: 'image',
    draw(d, x) {
      const up = transposed(d, x, x.width, x.width)
      return { out: conv(d, activation(d, up), x.width, { stride: 2 }), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'DepthToSpace',
    takes: 'image',
    draw(d, x) {
      const width = d.between(4, 6)
      const [h = 1, w = 1] = x.space
      const wide = conv(d, x, 4 * width)
      const mode = d.pick([{ mode: 'DCR' }, { mode: 'CRD' }, {}])
      const value = d.node('DepthToSpace', [wide.value], { blocksize: 2, ...mode })
      const up = activation(d, { ...x, width, space: [2 * h, 2 * w], value })
      return { out: conv(d, up, x.width, { stride: 2 }), inner: width, outer: 2 * x.width }
    },
  },
  {
    name: 'pixel shuffle by Reshape and Transpose',
    takes: 'image',
    draw(d, x) {
      const width = d.between(4, 6)
      const [h = 1, w = 1] = x.space
      const wide = conv(d, x, 4 * width)
      const crd = d.chance(0.5)
      const apart = d.reshape(wide.value, crd ? [B, width, 2, 2, h, w] : [B, 2, 2, width, h, w])
      const turned = d.transpose(apart, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
      const value = d.reshape(turned, [B, width, 2 * h, 2 * w])
      const up = { ...x, width, space: [2 * h, 2 * w], value }
      return { out: conv(d, up, x.width, { stride: 2 }), inner: width, outer: 2 * x.width }
    },
  },
  {
    name: 'SpaceToDepth',
    takes: 'image',
    spaceMultiple: 2,
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const out = {
        ...x,
        width: 4 * x.width,
        space: [h / 2, w / 2],
        value: d.node('SpaceToDepth', [x.value], { blocksize: 2 }),
      }
      const width = d.width()
      return { out: conv(d, out, width), inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'space to depth by Reshape and Transpose',
    takes: 'image',
    spaceMultiple: 2,
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const apart = d.reshape(x.value, [B, x.width, h / 2, 2, w / 2, 2])
      const turned = d.transpose(
        apart,
        d.pick([
          [0, 3, 5, 1, 2, 4],
          [0, 1, 3, 5, 2, 4],
        ]),
      )
      const value = d.reshape(turned, [B, 4 * x.width, h / 2, w / 2])
      const width = d.width()
      const out = conv(d, { ...x, width: 4 * x.width, space: [h / 2, w / 2], value }, width)
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'focus: strided slices side by side',
    takes: 'image',
    spaceMultiple: 2,
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const parts = [0, 1].flatMap((left) => [0, 1].map((top) => strided(d, x.value, top, left)))
      const width = d.width()
      const out = conv(d, { ...x, width: 4 * x.width, space: [h / 2, w / 2], value: d.concat(parts, 1) }, width)
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'pads around an image',
    takes: 'image',
    draw(d, x) {
      const mode = d.pick(['constant', 'reflect', 'edge'])
      const pads = [0, 0, 1, 0, 0, 0, 1, 2]
      const fill = mode === 'constant' && d.chance(0.5) ? [d.scalar(d.pick([0, 0.5]))] : []
      const [h = 1, w = 1] = x.space
      const value = d.node('Pad', [x.value, d.ints(pads), ...fill], { mode })
      const width = d.width()
      const [weight] = filters(d, [width, x.width, 3, 3], false)
      if (!weight) throw new Error('A convolution has filters.')
      const out = { ...x, width, space: [h, w], value: d.node('Conv', [value, weight]) }
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'pads behind the channels, which hinder',
    takes: 'image',
    draw(d, x) {
      const more = d.between(1, 4)
      const value = d.node('Pad', [x.value, d.ints([0, 0, 0, 0, 0, more, 0, 0])])
      const width = x.width + more
      return { out: same(conv(d, x, width), d.add(conv(d, x, width).value, value)), inner: 0, outer: 0 }
    },
  },
  {
    name: 'a pad that adds nothing',
    takes: 'image',
    draw(d, x) {
      return { out: same(x, d.node('Pad', [x.value, d.ints(Array(8).fill(0))])), inner: 0, outer: x.width }
    },
  },
  {
    name: 'shared layers over a pyramid',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const shared = filters(d, [width, x.width, 3, 3], true)
      const last = filters(d, [5, width, 3, 3], true)
      const levels = [x, pool(d, x, 'MaxPool', 2, 2)].map((level) => {
        const inner = activation(d, conv(d, level, width, { kernel: 3, weights: shared }))
        return conv(d, inner, 5, { kernel: 3, weights: last })
      })
      const sums = levels.map((level) => pooled(d, level).value)
      const out = { kind: 'vector', width: 5 * levels.length, space: [], value: d.concat(sums, 1) } as const
      return { out, inner: width, outer: x.width + 5 }
    },
  },
  {
    name: 'feature pyramid, from the top down',
    takes: 'image',
    draw(d, x) {
      const [low, width] = [activation(d, conv(d, x, d.width())), d.width()]
      const high = activation(d, conv(d, pool(d, low, 'MaxPool', 2, 2), d.width()))
      const [lateral, top] = [conv(d, low, width, { kernel: 1 }), conv(d, high, width, { kernel: 1 })]
      const sum = same(lateral, d.add(lateral.value, resize(d, top, lateral.space).value))
      return {
        out: conv(d, sum, x.width, { kernel: 3 }),
        inner: low.width + high.width + width,
        outer: 2 * x.width,
      }
    },
  },
  {
    name: 'pools',
    takes: 'image',
    draw(d, x) {
      const both = d.add(pool(d, x, 'MaxPool', 3, 1).value, pool(d, x, 'AveragePool', 3, 1).value)
      const most = d.node('GlobalMaxPool', [x.value])
      const lp = d.node('LpPool', [x.value], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
      return { out: same(x, d.add(d.add(both, lp), most)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'Resize to another space',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const out = resize(
        d,
        x,
        d.pick([
          [2 * h, w],
          [h + 1, w + 2],
          [h, 2 * w],
        ]),
      )
      return { out: pool(d, activation(d, out), 'MaxPool', 2, 2), inner: 0, outer: x.width }
    },
  },
  {
    name: 'convolutions in one dimension',
    takes: 'line',
    draw(d, x) {
      const inner = activation(d, batchNorm(d, conv(d, x, d.width(), { kernel: 3 })))
      const [step = 1] = x.space
      const out = same(x, d.add(x.value, conv(d, inner, x.width, { kernel: step > 1 ? 3 : 1 }).value))
      return { out, inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'convolutions in three dimensions',
    takes: 'volume',
    draw(d, x) {
      const inner = activation(d, batchNorm(d, conv(d, x, d.width(), { kernel: 3 })))
      const gate = d.node('Sigmoid', [pointwise(d, pool(d, inner, 'MaxPool', 3, 1), x.width).value])
      return { out: same(x, d.mul(x.value, gate)), inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'convolutions in space and then in time',
    takes: 'volume',
    draw(d, x) {
      const [first, width] = [d.width(), d.width()]
      const space = d.node('Conv', [x.value, d.weight([first, x.width, 1, 3, 3], 9 * x.width)], {
        pads: [0, 1, 1, 0, 1, 1],
      })
      const active = activation(d, batchNorm(d, { ...x, width: first, value: space }))
      const time = d.node('Conv', [active.value, d.weight([width, first, 3, 1, 1], 3 * first)], {
        pads: [1, 0, 0, 1, 0, 0],
      })
      return { out: { ...x, width, value: time }, inner: first, outer: x.width + width }
    },
  },
]

/** Twice the space, [Cin, Cout / group, 2, 2]. */
function transposed(d: Draw, x: Feature, width: number, group: number): Feature {
  const weight = d.weight([x.width, width / group, 2, 2], x.width / group)
  const inputs = [x.value, weight, ...(d.chance(0.5) ? [d.vector(width, 0.1)] : [])]
  const value = d.node('ConvTranspose', inputs, { strides: [2, 2], ...(group > 1 && { group }) })
  return { ...x, width, space: x.space.map((n) => 2 * n), value }
}

function strided(d: Draw, x: Value, top: number, left: number): Value {
  if (d.chance(0.5)) return d.slice(d.slice(x, 2, top, 2 ** 31 - 1, 2), 3, left, 2 ** 31 - 1, 2)
  const [starts, ends] = [d.ints([top, left]), d.ints([2 ** 31 - 1, 2 ** 31 - 1])]
  return d.node('Slice', [x, starts, ends, d.ints([2, 3]), d.ints([2, 2])])
}
