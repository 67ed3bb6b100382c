import { B } from './draw.js'
import { activation, batchNorm, conv, linear, pool, pooled, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Groups, parts and blocks of channels that do not fit one another. */
export const misaligned: readonly Topology[] = [
  {
    name: 'groups over the border of what was put together',
    takes: 'image',
    draw(d, x) {
      const [a, b] = [conv(d, x, 4), activation(d, conv(d, x, 8))]
      const both = { ...x, width: 12, value: d.concat([a.value, b.value], 1) }
      const mixed = activation(d, conv(d, both, 12, { kernel: 3, group: d.pick([2, 3, 6]) }))
      return { out: conv(d, mixed, x.width), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'a shuffle over the border of what was put together',
    takes: 'image',
    draw(d, x) {
      const [a, b] = [conv(d, x, 5), activation(d, conv(d, x, 7))]
      const both = d.concat([a.value, b.value], 1)
      const apart = d.reshape(both, [B, 3, 4, ...x.space])
      const value = d.reshape(d.transpose(apart, [0, 2, 1, 3, 4]), [B, 12, ...x.space])
      return { out: batchNorm(d, { ...x, width: 12, value }), inner: 0, outer: x.width }
    },
  },
  {
    name: 'parts of groups',
    takes: 'image',
    draw(d, x) {
      const first = conv(d, conv(d, x, 12, { kernel: 1 }), 12, { kernel: 3, group: d.pick([2, 3, 4]) })
      const [a, b] = d.split(first.value, 1, [5, 7])
      if (!a || !b) throw new Error('Split has two outputs.')
      const [left, right] = [
        conv(d, { ...x, width: 5, value: a }, x.width),
        conv(d, { ...x, width: 7, value: b }, x.width),
      ]
      return { out: same(x, d.add(left.value, right.value)), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'one axis cut up in two ways',
    takes: 'image',
    draw(d, x) {
      const y = activation(d, conv(d, x, 12))
      const inPairs = d.reduce('ReduceMax', d.reshape(y.value, [B, 6, 2, ...x.space]), [2], false)
      const inThrees = d.reduce('ReduceMax', d.reshape(y.value, [B, 3, 4, ...x.space]), [1], false)
      const all = { ...x, width: 10, value: d.concat([inPairs, inThrees], 1) }
      return { out: conv(d, all, x.width), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'three factors in another order',
    takes: 'image',
    draw(d, x) {
      const [a, b, c] = [d.pick([2, 3]), d.pick([2, 3]), d.pick([2, 3])]
      const y = conv(d, x, a * b * c)
      const order = d.pick([
        [0, 3, 1, 2, 4, 5],
        [0, 2, 3, 1, 4, 5],
        [0, 3, 2, 1, 4, 5],
      ])
      const turned = d.transpose(d.reshape(y.value, [B, a, b, c, ...x.space]), order)
      const back = activation(d, same(y, d.reshape(turned, [B, y.width, ...x.space])))
      return { out: conv(d, back, x.width), inner: 2, outer: 2 * x.width }
    },
  },
  {
    name: 'factors merged in another way than they were split',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, 12)
      const apart = d.reshape(y.value, [B, 2, 2, 3, ...x.space])
      const turned = d.reshape(d.transpose(apart, [0, 2, 1, 3, 4, 5]), [B, 4, 3, ...x.space])
      const summed = { ...x, width: 4, value: d.reduce('ReduceSum', d.node('Tanh', [turned]), [2], false) }
      return { out: conv(d, summed, x.width), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'heads of other numbers on one projection',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const y = linear(d, x, 12)
      const [few, many] = [d.reshape(y.value, [B, tokens, 2, 6]), d.reshape(y.value, [B, tokens, 4, 3])]
      const sums = [few, many].map((value) => d.reduce('ReduceSum', d.node('Tanh', [value]), [3], false))
      const out = linear(d, { ...x, width: 6, value: d.concat(sums, 2) }, x.width)
      return { out, inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'channels read whole and as parts of a flattened image',
    takes: 'image',
    draw(d, x) {
      const small = x.space.some((n) => n > 5) ? pool(d, x, 'MaxPool', 2, 2) : x
      const y = activation(d, conv(d, small, d.width()))
      const area = y.space.reduce((n, e) => n * e, 1)
      const lines = d.reshape(y.value, [B, y.width, area])
      const flat = d.reshape(lines, [B, y.width * area])
      const width = d.width()
      const first = linear(d, { kind: 'vector', width: y.width * area, space: [], value: flat }, width)
      const second = linear(d, pooled(d, y), width)
      return { out: same(first, d.add(first.value, second.value)), inner: y.width, outer: x.width + width }
    },
  },
  {
    name: 'the same channels in another order on both sides of a sum',
    takes: 'image',
    draw(d, x) {
      const reversed = Array.from({ length: x.width }, (_, i) => x.width - 1 - i)
      const value = d.add(x.value, d.gather(activation(d, x).value, 1, reversed))
      return { out: same(x, value), inner: 0, outer: Math.floor(x.width / 2) }
    },
  },
  {
    name: 'channels shifted by one against themselves',
    takes: 'image',
    draw(d, x) {
      const rolled = d.concat([d.slice(x.value, 1, 1, 2 ** 31 - 1), d.slice(x.value, 1, 0, 1)], 1)
      return { out: same(x, d.add(x.value, rolled)), inner: 0, outer: 0 }
    },
  },
  {
    name: 'groups of a normalization over parts of several layers',
    takes: 'image',
    draw(d, x) {
      const [a, b] = [conv(d, x, 4), conv(d, x, 8)]
      const both: Feature = { ...x, width: 12, value: d.concat([a.value, b.value], 1) }
      const groups = d.pick([2, 3, 4])
      const flat = d.reshape(both.value, [B, groups, (12 / groups) * x.space.reduce((n, e) => n * e, 1)])
      const normal = d.node('InstanceNormalization', [flat, d.scalar(1, [groups]), d.scalar(0, [groups])])
      const back = activation(d, same(both, d.reshape(normal, [B, 12, ...x.space])))
      return { out: conv(d, back, x.width), inner: 0, outer: 2 * x.width }
    },
  },
]
