import { B } from './draw.js'
import { activation, batchNorm, conv, depthwise, globalPool, pointwise, same } from './layers.js'
import type { Topology } from './topology.js'

/** Channels that are picked, moved and repeated. */
export const channels: readonly Topology[] = [
  {
    name: 'split into unequal parts',
    takes: 'image',
    draw(d, x) {
      const [a, b, c] = [d.between(2, 4), d.between(5, 8), d.between(2, 9)]
      const wide = conv(d, x, a + b + c)
      const [first, second, third] = d.split(wide.value, d.pick([1, -3]), [a, b, c])
      if (!first || !second || !third) throw new Error('Split has three outputs.')
      const left = depthwise(d, { ...x, width: a, value: first })
      const middle = activation(d, depthwise(d, { ...x, width: b, value: second }, { kernel: 5 }))
      const value = d.concat([left.value, middle.value, third], 1)
      return { out: batchNorm(d, { ...x, width: a + b + c, value }), inner: 0, outer: x.width + a + b + c }
    },
  },
  {
    name: 'split, with a part that nothing reads',
    takes: 'image',
    draw(d, x) {
      const half = d.between(4, 8)
      const [first] = d.split(conv(d, x, 2 * half).value, 1, [half, half])
      if (!first) throw new Error('Split has two outputs.')
      return { out: { ...x, width: half, value: first }, inner: 0, outer: x.width + half }
    },
  },
  {
    name: 'partial convolution: the rest passes',
    takes: 'image',
    multiple: 8,
    draw(d, x) {
      const part = x.width / 4
      const first = conv(d, { ...x, width: part, value: d.slice(x.value, 1, 0, part) }, part, { kernel: 3 })
      const rest = d.slice(x.value, 1, part, 2 ** 31 - 1)
      const all = same(x, d.concat([first.value, rest], 1))
      const inner = activation(d, batchNorm(d, conv(d, all, d.width(), { kernel: 1 })))
      const out = same(x, d.add(x.value, conv(d, inner, x.width, { kernel: 1 }).value))
      return { out, inner: inner.width + part, outer: x.width }
    },
  },
  {
    name: 'channels in another order',
    takes: 'image',
    draw(d, x) {
      const order = Array.from(d.rng.shuffle(Uint32Array.from({ length: x.width }, (_, i) => i)))
      return { out: activation(d, same(x, d.gather(x.value, d.pick([1, -3]), order))), inner: 0, outer: x.width }
    },
  },
  {
    name: 'channels picked, some twice',
    takes: 'image',
    draw(d, x) {
      const picked = Array.from({ length: x.width + 2 }, (_, i) => (i < x.width ? i : d.between(0, x.width - 1)))
      const out = { ...x, width: picked.length, value: d.gather(x.value, 1, picked) }
      return { out: batchNorm(d, out), inner: 0, outer: x.width }
    },
  },
  {
    name: 'channels rolled',
    takes: 'image',
    draw(d, x) {
      const by = d.between(2, x.width - 2) // a part of one channel keeps it
      const parts = [d.slice(x.value, 1, x.width - by, 2 ** 31 - 1), d.slice(x.value, 1, 0, -by)]
      const rolled = activation(d, same(x, d.concat(parts, 1)))
      return { out: rolled, inner: 0, outer: x.width }
    },
  },
  {
    name: 'every other channel',
    takes: 'image',
    multiple: 2,
    draw(d, x) {
      const [even, odd] = [0, 1].map((start) => d.slice(x.value, 1, start, 2 ** 31 - 1, 2))
      if (!even || !odd) throw new Error('There are two.')
      return { out: { ...x, width: x.width / 2, value: d.mul(even, odd) }, inner: 0, outer: x.width / 2 }
    },
  },
  {
    name: 'channels from the last to the first',
    takes: 'image',
    draw(d, x) {
      const ints = (value: number) => d.ints([value])
      const value = d.node('Slice', [x.value, ints(-1), ints(-(2 ** 31)), ints(1), ints(-1)])
      return { out: same(x, value), inner: 0, outer: x.width }
    },
  },
  {
    name: 'Tile in space',
    takes: 'image',
    draw(d, x) {
      const mean = globalPool(d, x)
      const tiled = d.node('Tile', [mean.value, d.ints([1, 1, ...x.space])])
      return { out: same(x, d.add(tiled, x.value)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'Tile of channels',
    takes: 'image',
    draw(d, x) {
      const value = d.node('Tile', [x.value, d.ints([1, 2, 1, 1])])
      const out = batchNorm(d, { ...x, width: 2 * x.width, value })
      return { out, inner: 0, outer: x.width }
    },
  },
  {
    name: 'one channel expanded to many',
    takes: 'image',
    draw(d, x) {
      const one = conv(d, x, 1, { kernel: 1, bias: true })
      const width = d.width()
      const many = d.expand(one.value, [B, width, ...x.space])
      const scaled = d.mul(many, d.vector(width, 1, 0.4, [1, width, 1, 1]))
      return { out: { ...x, width, value: scaled }, inner: 0, outer: x.width }
    },
  },
  {
    name: 'repeated channels by Unsqueeze, Expand and Reshape',
    takes: 'image',
    draw(d, x) {
      const many = d.expand(d.unsqueeze(x.value, [2]), [B, x.width, 2, ...x.space])
      const value = d.reshape(many, [B, 2 * x.width, ...x.space])
      return { out: batchNorm(d, { ...x, width: 2 * x.width, value }), inner: 0, outer: x.width }
    },
  },
  {
    name: 'maximum over pairs of channels',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const pairs = d.reshape(conv(d, x, 2 * width).value, [B, width, 2, ...x.space])
      return { out: { ...x, width, value: d.reduce('ReduceMax', pairs, [2], false) }, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'Squeeze and Unsqueeze',
    takes: 'image',
    draw(d, x) {
      const at = d.between(0, 4)
      const open = d.node('Relu', [d.unsqueeze(x.value, [d.chance(0.5) ? at : at - 5])])
      const back = d.squeeze(open, [d.chance(0.5) ? at : at - 5])
      return { out: pointwise(d, same(x, back), x.width), inner: 0, outer: 2 * x.width }
    },
  },
]
