import type { Value } from '../../../../src/ir/graph.js'
import type { Draw } from './draw.js'
import { activation, conv, linear, pointwise, same } from './layers.js'
import type { Topology } from './topology.js'

/** Shapes that the graph computes. */
export const chains: readonly Topology[] = [
  {
    name: 'flatten by a computed batch',
    takes: 'image',
    draw(d, x) {
      const y = activation(d, conv(d, x, d.width()))
      const area = y.space.reduce((n, e) => n * e, 1)
      const target = d.concat([extent(d, y.value, 0), d.ints([y.width * area])], 0)
      const flat = d.node('Reshape', [y.value, target])
      const width = d.width()
      const out = linear(d, { kind: 'vector', width: y.width * area, space: [], value: flat }, width)
      return { out, inner: y.width, outer: x.width + width }
    },
  },
  {
    name: 'tokens by computed channels and a -1',
    takes: 'image',
    draw(d, x) {
      const target = d.concat([extent(d, x.value, 0), extent(d, x.value, 1), d.ints([-1])], 0)
      const flat = d.transpose(d.node('Reshape', [x.value, target]), [0, 2, 1])
      const area = x.space.reduce((n, e) => n * e, 1)
      return { out: { kind: 'tokens', width: x.width, space: [area], value: flat }, inner: 0, outer: x.width }
    },
  },
  {
    name: 'channel shuffle by computed extents',
    takes: 'image',
    multiple: 4,
    draw(d, x) {
      const [n, c, h, w] = [0, 1, 2, 3].map((i) => extent(d, x.value, i)) as [Value, Value, Value, Value] // four of four
      const each = d.node('Div', [c, d.ints([2])])
      const apart = d.node('Reshape', [x.value, d.concat([n, d.ints([2]), each, h, w], 0)])
      const turned = d.transpose(apart, [0, 2, 1, 3, 4])
      const value = d.node('Reshape', [turned, d.concat([n, d.pick([c, d.ints([-1])]), h, w], 0)])
      return { out: pointwise(d, same(x, value), x.width), inner: 0, outer: x.width + x.width / 2 }
    },
  },
  {
    name: 'expanded to the computed shape of another value',
    takes: 'image',
    draw(d, x) {
      const gate = conv(d, { ...x, value: d.node('GlobalAveragePool', [x.value]), space: [1, 1] }, x.width, {
        kernel: 1,
      })
      const spread = d.node('Expand', [gate.value, d.node('Shape', [x.value])])
      return { out: same(x, d.mul(x.value, spread)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'upsampled to the computed space of another value',
    takes: 'image',
    draw(d, x) {
      const inner = activation(d, conv(d, x, d.width(), { stride: 2 }))
      const wanted = d.slice(d.node('Shape', [x.value]), 0, 2, 4)
      const sizes = d.concat([extents(d, inner.value, 2), wanted], 0)
      const roi = d.opset < 13 ? d.floats([0], []) : null
      const scales = d.opset < 13 ? d.floats([0], []) : null
      const up = d.node('Resize', [inner.value, roi, scales, sizes], { mode: 'nearest' })
      const all = { ...x, width: inner.width + x.width, value: d.concat([up, x.value], 1) }
      return { out: conv(d, all, x.width), inner: inner.width, outer: 2 * x.width }
    },
  },
  {
    name: 'zeros of a computed shape',
    takes: 'image',
    draw(d, x) {
      const zeros = d.node('ConstantOfShape', [d.node('Shape', [x.value])])
      const most = d.node('Max', [x.value, d.node('Sub', [zeros, d.scalar(0.3)])])
      return { out: same(x, most), inner: 0, outer: x.width }
    },
  },
]

/** [1], an extent of a value. */
function extent(d: Draw, value: Value, axis: number): Value {
  const shape = d.node('Shape', [value])
  if (d.chance(0.3)) return d.slice(shape, 0, axis, axis + 1)
  return d.unsqueeze(d.node('Gather', [shape, d.ints([axis], [])], { axis: 0 }), [0])
}

/** The first extents of a value. */
function extents(d: Draw, value: Value, count: number): Value {
  return d.slice(d.node('Shape', [value]), 0, 0, count)
}
