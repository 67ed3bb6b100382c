import { outputOf } from '../../../../fixtures/sketch.js'
import { MemoryTensor } from '../../../../src/ir/tensor.js'
import { bytesOf } from '../../../../src/ir/walk.js'
import { B, type Draw } from './draw.js'
import { activation, conv, filters, linear, pool, pooled, same, shapeOf } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Ops of one or two models each. */
export const rare: readonly Topology[] = [
  {
    name: 'GroupQueryAttention',
    takes: 'tokens',
    staticBatch: true,
    draw(d, x) {
      const [groups, repeat, each] = [2, d.pick([1, 2]), 8]
      const [batch, [tokens = 1]] = [d.batch === 'open' ? 1 : d.batch.size, x.space]
      const q = linear(d, x, groups * repeat * each).value
      const [k, v] = [0, 1].map(() => linear(d, x, groups * each).value)
      const lengths = int32(d, Array(batch).fill(tokens - 1), [batch])
      const inputs = [q, k ?? null, v ?? null, null, null, lengths, int32(d, [tokens], [1])]
      const attrs = { num_heads: groups * repeat, kv_num_heads: groups }
      const node = d.nodes('GroupQueryAttention', inputs, 3, attrs, 'com.microsoft')
      const mixed = { ...x, width: groups * repeat * each, value: outputOf(node) }
      return { out: same(x, d.add(linear(d, mixed, x.width).value, x.value)), inner: groups, outer: x.width }
    },
  },
  {
    name: 'Scan over tokens',
    takes: 'tokens',
    staticBatch: true,
    draw(d, x) {
      const batch = d.batch === 'open' ? 1 : d.batch.size
      const hidden = d.width()
      const [wx, wh] = [d.weight([x.width, hidden], x.width), d.weight([hidden, hidden], hidden)]
      const start = d.vector(batch * hidden, 0.1, 0.3, [batch, hidden])
      const node = d.nodes('Scan', [start, d.transpose(x.value, [1, 0, 2])], 2, { num_scan_inputs: 1 })
      d.body(node, 'body', (inside) => {
        const state = inside.bodyInput('float32', [batch, hidden])
        const token = inside.bodyInput('float32', [batch, x.width])
        const sum = inside.add(inside.node('MatMul', [token, wx]), inside.node('MatMul', [state, wh]))
        const next = inside.node('Tanh', [sum])
        return [next, inside.node('Identity', [next])]
      })
      const last: Feature = { kind: 'vector', width: hidden, space: [], value: outputOf(node) }
      const width = d.width()
      return { out: linear(d, last, width), inner: 0, outer: width }
    },
  },
  {
    name: 'a row written into tokens',
    takes: 'tokens',
    draw(d, x) {
      const turned = d.transpose(x.value, [1, 0, 2])
      const row = d.slice(d.node('Tanh', [turned]), 0, 1, 2)
      const written = d.node('ScatterND', [turned, d.ints([0], [1, 1]), row])
      return { out: same(x, d.transpose(written, [1, 0, 2])), inner: 0, outer: x.width }
    },
  },
  {
    name: 'softmax over tokens, channel by channel',
    takes: 'tokens',
    opset: 13,
    draw(d, x) {
      const y = linear(d, x, d.width())
      const shares = d.node('Softmax', [y.value], { axis: 1 })
      return { out: linear(d, same(y, d.mul(shares, y.value)), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'sums and orders along tokens',
    takes: 'tokens',
    draw(d, x) {
      const sum = d.node('CumSum', [x.value, d.ints([1], [])], { reverse: d.pick([0, 1]) })
      const [tokens = 1] = x.space
      const best = outputOf(d.nodes('TopK', [sum, d.ints([tokens])], 2, { axis: 1 }))
      return { out: same(x, best), inner: 0, outer: x.width }
    },
  },
  {
    name: 'scores of which a triangle counts',
    takes: 'tokens',
    opset: 14,
    draw(d, x) {
      const inner = d.width()
      const [q, k] = [linear(d, x, inner), linear(d, x, inner)]
      const scores = d.node('MatMul', [q.value, d.transpose(k.value, [0, 2, 1])])
      const mixed = d.node('MatMul', [d.node('Trilu', [scores], { upper: 0 }), x.value])
      return { out: same(x, mixed), inner, outer: x.width }
    },
  },
  {
    name: 'queries that are learned',
    takes: 'tokens',
    draw(d, x) {
      const [count, width] = [d.between(3, 5), d.between(4, 8)]
      const learned = d.expand(d.vector(count * width, 0, 1, [1, count, width]), [B, count, width])
      const keys = d.transpose(linear(d, x, width).value, [0, 2, 1])
      const shares = d.node('Softmax', [d.node('MatMul', [learned, keys])], { axis: -1 })
      return { out: { ...x, space: [count], value: d.node('MatMul', [shares, x.value]) }, inner: width, outer: x.width }
    },
  },
  {
    name: 'regions of an image',
    takes: 'image',
    lastOpset: 21,
    draw(d, x) {
      const regions = d.floats([2, 4], [0, 0, 2, 3, 1, 1, 3, 3])
      const attrs = {
        output_height: 2,
        output_width: 2,
        ...(d.opset >= 16 && { coordinate_transformation_mode: 'half_pixel' }),
      }
      const value = d.node('RoiAlign', [x.value, regions, d.ints([0, 0])], attrs)
      const sums = d.reduce('ReduceMean', value, [0, 2, 3], true) // [1, C, 1, 1]
      return { out: same(x, d.add(sums, x.value)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'MaxUnpool',
    takes: 'image',
    spaceMultiple: 2,
    draw(d, x) {
      const y = conv(d, x, d.width())
      const pooled = d.nodes('MaxPool', [y.value], 2, { kernel_shape: [2, 2], strides: [2, 2] })
      const [value, indices] = [outputOf(pooled, 0), outputOf(pooled, 1)]
      const back = d.node('MaxUnpool', [d.node('Relu', [value]), indices], { kernel_shape: [2, 2], strides: [2, 2] })
      return { out: conv(d, same(y, back), x.width), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'states to begin with that a layer makes',
    takes: 'tokens',
    draw(d, x) {
      const hidden = d.between(4, 8)
      const start = d.unsqueeze(linear(d, pooled(d, x), hidden).value, [0])
      const inputs = [
        d.transpose(x.value, [1, 0, 2]),
        d.weight([1, 3 * hidden, x.width], x.width),
        d.weight([1, 3 * hidden, hidden], hidden),
        null,
        null,
        start,
      ]
      const node = d.nodes('GRU', inputs, 2, { hidden_size: hidden })
      const all = { ...x, width: hidden, value: d.transpose(d.squeeze(outputOf(node), [1]), [1, 0, 2]) }
      const last = d.transpose(outputOf(node, 1), [1, 0, 2])
      return { out: linear(d, same(all, d.add(all.value, last)), x.width), inner: hidden, outer: 2 * x.width }
    },
  },
  {
    name: 'two bidirectional layers and all that they end with',
    takes: 'tokens',
    draw(d, x) {
      const [first, second] = [d.between(4, 6), d.between(4, 6)]
      const [tokens = 1] = x.space
      let sequence = d.transpose(x.value, [1, 0, 2])
      let width = x.width
      for (const hidden of [first, second]) {
        const weights = [d.weight([2, 4 * hidden, width], width), d.weight([2, 4 * hidden, hidden], hidden)]
        const attrs = { hidden_size: hidden, direction: 'bidirectional' }
        const node = d.nodes('LSTM', [sequence, ...weights], 3, attrs)
        const [all, last, cell] = [outputOf(node, 0), outputOf(node, 1), outputOf(node, 2)]
        const turned = d.transpose(d.add(d.add(all, last), d.node('Tanh', [cell])), [0, 2, 1, 3])
        sequence = d.reshape(turned, [tokens, B, 2 * hidden], { leads: false })
        width = 2 * hidden
      }
      const out = linear(d, { ...x, width, value: d.transpose(sequence, [1, 0, 2]) }, x.width)
      return { out, inner: first + second, outer: 2 * x.width }
    },
  },
  {
    name: 'filters that are an input with a default, which hinder',
    takes: 'image',
    draw(d, x) {
      const [weight] = filters(d, [x.width, x.width, 1, 1], false)
      if (!weight) throw new Error('A convolution has filters.')
      const given = d.optional(weight)
      const inner = conv(d, conv(d, x, x.width, { kernel: 1, weights: [given] }), d.width())
      return { out: conv(d, inner, x.width), inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'a border that is cut off',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const pads = d.ints([0, 0, -1, 0, 0, 0, 0, -1])
      const value = d.node('Pad', [x.value, pads])
      return { out: { ...x, space: [h - 1, w - 1], value }, inner: 0, outer: x.width }
    },
  },
  {
    name: 'means over everything, and over nothing',
    takes: 'image',
    draw(d, x) {
      const most = d.node('ReduceMax', [x.value], { keepdims: 1 })
      const small = d.mul(d.node('Sigmoid', [most]), d.scalar(0.1))
      return { out: same(x, d.add(x.value, small)), inner: 0, outer: 0 }
    },
  },
  {
    name: 'Dropout and Identity',
    takes: 'image',
    draw(d, x) {
      const dropped =
        d.opset < 12 ? d.node('Dropout', [x.value], { ratio: 0.3 }) : d.node('Dropout', [x.value, d.scalar(0.3)])
      const out = activation(d, same(x, d.node('Identity', [dropped])))
      return { out: pool(d, out, 'MaxPool', 3, 1), inner: 0, outer: x.width }
    },
  },
  {
    name: 'masks of what is larger',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, x.width)
      const [a, b] = [d.node('Greater', [x.value, y.value]), d.node('Less', [x.value, d.scalar(0.4)])]
      const mask = d.node('Cast', [d.node(d.pick(['And', 'Or', 'Xor']), [a, d.node('Not', [b])])], { to: 1 })
      return { out: same(x, d.add(d.mul(mask, y.value), x.value)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'zeros like another value',
    takes: 'tokens',
    draw(d, x) {
      const zeros = d.mul(x.value, d.scalar(0))
      const spread = d.add(zeros, d.vector(x.width, 0.2, 0.3))
      return { out: same(x, d.node('Max', [spread, x.value])), inner: 0, outer: x.width }
    },
  },
  {
    name: 'a convolution with offsets',
    takes: 'image',
    opset: 21,
    draw(d, x) {
      const offsets = d.node('Tanh', [conv(d, x, 18, { kernel: 3 }).value])
      const inner = d.width()
      const weight = d.weight([inner, x.width, 3, 3], 9 * x.width)
      const value = d.node('DeformConv', [x.value, weight, offsets], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
      return { out: conv(d, { ...x, width: inner, value }, x.width), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'patches folded back',
    takes: 'image',
    opset: 18,
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const patches = d.reshape(conv(d, x, x.width * 4).value, [B, x.width * 4, h * w])
      const sizes = [d.ints([h + 1, w + 1]), d.ints([2, 2])]
      const value = d.declared(d.node('Col2Im', [patches, ...sizes]), shapeOf({ ...x, space: [h + 1, w + 1] }))
      return { out: { ...x, space: [h + 1, w + 1], value }, inner: 0, outer: 0 }
    },
  },
]

function int32(d: Draw, values: readonly number[], shape: readonly number[]) {
  return d.constant(new MemoryTensor('int32', shape, bytesOf(Int32Array.from(values))))
}
