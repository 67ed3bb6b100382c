import { MemoryTensor } from '../../../../src/ir/tensor.js'
import { bytesOf } from '../../../../src/ir/walk.js'
import { B, type Draw } from './draw.js'
import { activation, conv, depthwise, linear, pool, pooled, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** What goes together along other axes than the channels, and shifts and windows of space. */
export const joins: readonly Topology[] = [
  {
    name: 'features side by side in space',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const [a, b] = [conv(d, x, width), activation(d, conv(d, x, width))]
      const [h = 1, w = 1] = x.space
      const both = { ...a, space: [2 * h, w], value: d.concat([a.value, b.value], d.pick([2, -2])) }
      return { out: pool(d, both, 'MaxPool', 2, 2), inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'features stacked, and summed up',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const parts = [0, 1, 2].map(() => d.unsqueeze(conv(d, x, width).value, [0]))
      const stacked = d.node('Tanh', [d.concat(parts, 0)])
      const op = d.pick(['ReduceSum', 'ReduceMean', 'ReduceMax'])
      return { out: { ...x, width, value: d.reduce(op, stacked, [0], false) }, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'space split, and each part with a layer of its own',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const at = d.between(1, tokens - 1)
      const [first, second] = d.split(x.value, 1, [at, tokens - at])
      if (!first || !second) throw new Error('Split has two outputs.')
      const width = d.width()
      const parts = [first, second].map((value) => linear(d, same(x, value), width).value)
      return { out: { ...x, width, value: d.concat(parts, 1) }, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'an image rolled in space',
    takes: 'image',
    draw(d, x) {
      const [h = 1] = x.space
      const by = d.between(1, h - 1)
      const rolled = d.concat([d.slice(x.value, 2, by, 2 ** 31 - 1), d.slice(x.value, 2, 0, by)], 2)
      return { out: activation(d, same(x, rolled)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'slices of channels and space at once',
    takes: 'image',
    multiple: 2,
    draw(d, x) {
      const half = x.width / 2
      const [h = 1, w = 1] = x.space
      const [starts, ends] = [d.ints([half, 1, 0]), d.ints([1000, h, -1])]
      const value = d.node('Slice', [x.value, starts, ends, d.ints([1, 2, 3])])
      return { out: { ...x, width: half, space: [h - 1, w - 1], value }, inner: 0, outer: half }
    },
  },
  {
    name: 'an image in the layout of others around a layer',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const inner = d.width()
      const last = d.transpose(x.value, [0, 2, 3, 1])
      const flat: Feature = {
        kind: 'tokens',
        width: x.width,
        space: [h * w],
        value: d.reshape(last, [B, h * w, x.width]),
      }
      const active = activation(d, linear(d, flat, inner))
      const back = d.reshape(linear(d, active, x.width).value, [B, h, w, x.width])
      return { out: same(x, d.transpose(back, [0, 3, 1, 2])), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'rows counted among the channels',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const line: Feature = {
        kind: 'line',
        width: x.width * h,
        space: [w],
        value: d.reshape(x.value, [B, x.width * h, w]),
      }
      const inner = activation(d, conv(d, line, d.width(), { kernel: 3 }))
      const out = conv(d, inner, x.width * h, { kernel: 1 })
      return { out: same(x, d.reshape(out.value, [B, x.width, h, w])), inner: inner.width, outer: 2 * x.width }
    },
  },
  {
    name: 'two heads on one trunk',
    takes: 'image',
    draw(d, x) {
      const inner = activation(d, conv(d, x, d.width()))
      d.output(linear(d, pooled(d, inner), 3).value, [B, 3])
      return { out: conv(d, inner, x.width), inner: inner.width, outer: 2 * x.width }
    },
  },
  {
    name: 'embedding of the indices of an input',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const ids = d.input([B, tokens], 'int64')
      const found = d.node('Gather', [d.weight([7, x.width], 3), ids], { axis: 0 })
      return { out: same(x, d.add(x.value, found)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'the best of two by an index',
    takes: 'image',
    draw(d, x) {
      const pooled = d.nodes('MaxPool', [conv(d, x, x.width).value], 2, { kernel_shape: [2, 2], strides: [2, 2] })
      const [value, indices] = pooled.outputs
      if (!value || !indices) throw new Error('MaxPool has two outputs.')
      const places = d.node('Cast', [d.node('Equal', [indices, indices])], { to: 1 })
      const space = x.space.map((n) => Math.floor(n / 2))
      return { out: { ...x, space, value: d.mul(value, places) }, inner: 0, outer: 0 }
    },
  },
  {
    name: 'a layer in double precision',
    takes: 'tokens',
    draw(d, x) {
      const inner = d.width()
      const wide = d.node('Cast', [x.value], { to: 11 })
      const first = d.node('MatMul', [wide, doubles(d, [x.width, inner], x.width)])
      const active = d.node('Cast', [d.node('Tanh', [d.node('Cast', [first], { to: 1 })])], { to: 11 })
      const second = d.node('MatMul', [active, doubles(d, [inner, x.width], inner)])
      return { out: same(x, d.node('Cast', [second], { to: 1 })), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'a convolution whose filters are computed from the input',
    takes: 'image',
    staticBatch: true,
    draw(d, x) {
      const experts = d.weight([2, x.width * 9], 9)
      const shares = d.reduce(
        'ReduceMean',
        d.node('Softmax', [linear(d, pooled(d, x), 2).value], { axis: 1 }),
        [0],
        true,
      )
      const filters = d.node('Reshape', [d.node('MatMul', [shares, experts]), d.ints([x.width, 1, 3, 3])])
      const value = d.node('Conv', [x.value, filters], { group: x.width, pads: [1, 1, 1, 1] })
      return { out: same(x, d.add(value, x.value)), inner: 0, outer: 0 }
    },
  },
  {
    name: 'products of all channels with all channels',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const y = conv(d, x, d.between(4, 8))
      const flat = d.reshape(y.value, [B, y.width, h * w])
      const gram = d.node('MatMul', [flat, d.transpose(flat, [0, 2, 1])])
      const vector = d.reshape(gram, [B, y.width * y.width])
      const scaled = d.mul(vector, d.scalar(1 / (h * w)))
      const width = d.width()
      const out = linear(d, { kind: 'vector', width: y.width * y.width, space: [], value: scaled }, width)
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'context of all positions, weighted',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const flat = d.unsqueeze(d.reshape(x.value, [B, x.width, h * w]), [1])
      const scores = d.reshape(conv(d, x, 1, { kernel: 1, bias: true }).value, [B, 1, h * w])
      const shares = d.unsqueeze(d.node('Softmax', [scores], { axis: 2 }), [3])
      const context = d.reshape(d.node('MatMul', [flat, shares]), [B, x.width, 1, 1])
      const inner = activation(d, conv(d, { ...x, space: [1, 1], value: context }, d.width(), { kernel: 1 }))
      const added = conv(d, inner, x.width, { kernel: 1 })
      return { out: same(x, d.add(x.value, added.value)), inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'an image sampled along a grid',
    takes: 'image',
    opset: 17,
    draw(d, x) {
      const offsets = d.node('Tanh', [conv(d, x, 2, { kernel: 3, bias: true }).value])
      const value = d.node('GridSample', [x.value, d.transpose(offsets, [0, 2, 3, 1])], { align_corners: 1 })
      return { out: same(x, d.add(value, x.value)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'windows cut out of an image, and their mean',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const padded = d.node('Pad', [x.value, d.ints([0, 0, 1, 0, 0, 0, 1, 0])])
      const rows = Array.from({ length: 3 * h }, (_, i) => Math.floor(i / 3) + (i % 3))
      const windows = d.gather(padded, 2, rows, [h, 3]) // [N, C, H, 3, W]
      const mean = d.reduce('ReduceMean', windows, [3], false)
      const out = depthwise(d, { ...x, space: [h, w], value: mean })
      return { out, inner: 0, outer: x.width }
    },
  },
]

function doubles(d: Draw, shape: readonly [number, number], fanIn: number) {
  const numbers = Float64Array.from(d.normals(shape[0] * shape[1], 0, Math.sqrt(1 / fanIn)))
  return d.constant(new MemoryTensor('float64', shape, bytesOf(numbers)))
}
