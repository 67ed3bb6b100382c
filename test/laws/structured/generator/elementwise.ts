import { activation, conv, filters, globalPool, pointwise, same } from './layers.js'
import type { Topology } from './topology.js'

/** Ops that work element by element, with broadcasting. */
export const elementwise: readonly Topology[] = [
  {
    name: 'element-wise with constants per channel',
    takes: 'image',
    draw(d, x) {
      const c = x.width
      const scaled = d.mul(x.value, d.vector(c, 1, 0.3, [1, c, 1, 1]))
      const shifted = d.node('Sub', [scaled, d.vector(c, 0.1, 0.2, [c, 1, 1])])
      const divided = d.node('Div', [shifted, d.positive(c, [1, c, 1, 1])])
      const powered = d.node('Pow', [d.node('Abs', [divided]), d.scalar(1.5)])
      const bounded = d.node('Min', [powered, d.scalar(5), d.positive(c, [c, 1, 1])])
      return { out: same(x, d.node('Max', [bounded, d.scalar(0.01)])), inner: 0, outer: c }
    },
  },
  {
    name: 'element-wise with the same for all channels',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const positions = d.add(x.value, d.vector(h * w, 0, 0.3, [h, w]))
      const columns = d.mul(positions, d.vector(w, 1, 0.3, [1, 1, 1, w]))
      return { out: same(x, d.node('Sub', [d.scalar(0.5, [1, 1]), columns])), inner: 0, outer: x.width }
    },
  },
  {
    name: 'element-wise constants in front of the broadcast',
    takes: 'image',
    draw(d, x) {
      const mean = globalPool(d, x)
      const gate = activation(d, mean)
      const spread = d.add(gate.value, d.vector(x.width, 0.2, 0.2, [x.width, 1, 1]))
      return { out: same(x, d.node('Mul', [spread, x.value])), inner: 0, outer: x.width }
    },
  },
  {
    name: 'spatial attention: one channel for all',
    takes: 'image',
    draw(d, x) {
      const map = d.node('Sigmoid', [conv(d, x, 1, { kernel: 3, bias: true }).value])
      return { out: same(x, d.mul(map, x.value)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'maximum, minimum, mean and sum of branches',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const [a, b, c] = [conv(d, x, width), conv(d, x, width), activation(d, conv(d, x, width))]
      const most = d.node(d.pick(['Max', 'Min']), [a.value, b.value, c.value])
      const sum = d.node(d.pick(['Sum', 'Mean']), [most, a.value])
      return { out: same(a, sum), inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'product of branches that are divided',
    takes: 'tokens',
    draw(d, x) {
      const width = d.width()
      const [a, b] = [pointwise(d, x, width), pointwise(d, x, width)]
      const below = d.add(d.node('Abs', [b.value]), d.scalar(1))
      const out = same(a, d.node('Div', [d.mul(a.value, b.value), below]))
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'where',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const [a, b] = [conv(d, x, width), conv(d, x, width)]
      const isMore = d.node('Greater', [a.value, d.vector(width, 0, 0.3, [1, width, 1, 1])])
      const otherwise = d.pick([() => b.value, () => d.scalar(0.2), () => d.vector(width, 0, 0.3, [width, 1, 1])])()
      return { out: same(a, d.node('Where', [isMore, a.value, otherwise])), inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'prelu',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, d.width())
      const slope = d.pick([
        () => d.vector(y.width, 0.2, 0.2, [y.width, 1, 1]),
        () => d.vector(y.width, 0.2, 0.2, [1, y.width, 1, 1]),
        () => d.scalar(0.25, [1]),
        () => d.scalar(0.25, [1, 1, 1]),
      ])()
      return { out: same(y, d.node('PRelu', [y.value, slope])), inner: 0, outer: x.width + y.width }
    },
  },
  {
    name: 'gated linear unit',
    takes: 'tokens',
    draw(d, x) {
      const inner = d.width()
      const both = pointwise(d, x, 2 * inner)
      const [value, gate] = d.split(both.value, -1, [inner, inner])
      if (!value || !gate) throw new Error('Split has two outputs.')
      const open = activation(d, { ...x, width: inner, value: gate })
      return {
        out: pointwise(d, same(open, d.mul(value, open.value)), x.width),
        inner,
        outer: 2 * x.width,
      }
    },
  },
  {
    name: 'gated convolution',
    takes: 'image',
    multiple: 2,
    draw(d, x) {
      const half = x.width / 2
      const value = d.slice(x.value, 1, 0, half)
      const gate = d.node('Sigmoid', [d.slice(x.value, d.pick([1, -3]), half, d.pick([x.width, 2 ** 31 - 1]))])
      return { out: { ...x, width: half, value: d.mul(value, gate) }, inner: 0, outer: half }
    },
  },
  {
    name: 'layers that share one bias for all that is equal',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const [bias, scale, variance] = [d.vector(width, 0.1), d.vector(width, 1, 0.3), d.positive(width)]
      let y = x
      for (let i = 0; i < 3; i++) {
        const [weight] = filters(d, [width, y.width, 3, 3], false)
        if (!weight) throw new Error('A convolution has filters.')
        y = conv(d, y, width, { kernel: 3, weights: [weight, bias] })
        y = same(y, d.node('BatchNormalization', [y.value, scale, bias, bias, variance]))
        y = activation(d, y)
      }
      return { out: y, inner: 2 * width, outer: x.width + width }
    },
  },
]
