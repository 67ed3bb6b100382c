import { activation, batchNorm, conv, depthwise, pool, resize, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Branches side by side. */
export const concat: readonly Topology[] = [
  {
    name: 'concat and batch norm',
    takes: 'image',
    draw(d, x) {
      const branches = Array.from({ length: d.between(2, 3) }, () => conv(d, x, d.width()))
      const out = activation(
        d,
        batchNorm(
          d,
          joined(x, branches, (values) => d.concat(values, d.pick([1, -3]))),
        ),
      )
      return { out, inner: 0, outer: x.width + out.width }
    },
  },
  {
    name: 'the same tensor twice in a concat',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, d.width())
      const out = activation(
        d,
        batchNorm(
          d,
          joined(x, [y, y], (values) => d.concat(values, 1)),
        ),
      )
      return { out, inner: 0, outer: x.width + y.width }
    },
  },
  {
    name: 'inception',
    takes: 'image',
    draw(d, x) {
      const [narrow, middle] = [d.width(), d.width()]
      const branches = [
        conv(d, x, d.width(), { kernel: 1 }),
        conv(d, activation(d, conv(d, x, narrow, { kernel: 1 })), d.width(), { kernel: 3 }),
        conv(d, batchNorm(d, conv(d, x, middle, { kernel: 1 })), d.width(), { kernel: 5 }),
        conv(d, pool(d, x, d.pick(['MaxPool', 'AveragePool']), 3, 1), d.width(), { kernel: 1 }),
      ]
      const out = activation(
        d,
        joined(x, branches, (values) => d.concat(values, 1)),
      )
      return { out, inner: narrow + middle, outer: x.width + out.width }
    },
  },
  {
    name: 'dense block',
    takes: 'image',
    draw(d, x) {
      const [growth, layers] = [d.width(), d.between(2, 3)]
      const features: Feature[] = [x]
      let inner = 0
      for (let i = 0; i < layers; i++) {
        const all = joined(x, features, (values) => (values.length > 1 ? d.concat(values, 1) : x.value))
        const narrow = conv(d, activation(d, batchNorm(d, all)), d.width(), { kernel: 1 })
        features.push(conv(d, activation(d, batchNorm(d, narrow)), growth, { kernel: 3 }))
        inner += narrow.width
      }
      const out = joined(x, features, (values) => d.concat(values, 1))
      return { out, inner, outer: out.width }
    },
  },
  {
    name: 'nasnet cell: one tensor feeds Concat and Add',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const [left, right] = [conv(d, x, width, { kernel: 1 }), batchNorm(d, conv(d, x, width, { kernel: 1 }))]
      const a = d.add(conv(d, depthwise(d, activation(d, left)), width, { kernel: 1 }).value, right.value)
      const b = d.add(pool(d, right, 'AveragePool', 3, 1).value, left.value)
      const c = d.add(a, batchNorm(d, conv(d, same(left, b), width)).value)
      const out = { ...x, width: 4 * width, value: d.concat([left.value, a, b, c], 1) }
      return { out, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'res2net: a split whose parts are added one after the other',
    takes: 'image',
    draw(d, x) {
      const part = d.pick([4, 5, 6])
      const wide = activation(d, conv(d, x, 3 * part, { kernel: 1 }))
      const [a, b, c] = d.split(wide.value, 1, [part, part, part]).map((value) => ({ ...x, width: part, value }))
      if (!a || !b || !c) throw new Error('Split has three outputs.')
      const first = activation(d, batchNorm(d, conv(d, a, part, { kernel: 3 })))
      const second = activation(d, conv(d, same(b, d.add(first.value, b.value)), part, { kernel: 3 }))
      const all = { ...x, width: 3 * part, value: d.concat([first.value, second.value, c.value], 1) }
      const out = same(x, d.add(conv(d, all, x.width, { kernel: 1 }).value, x.value))
      return { out, inner: 3 * part, outer: x.width }
    },
  },
  {
    name: 'u-net',
    takes: 'image',
    draw(d, x) {
      const [deep, width] = [d.width(), d.width()]
      const skip = activation(d, conv(d, x, d.width()))
      const down = activation(d, conv(d, pool(d, skip, 'MaxPool', 2, 2), deep, { kernel: 3 }))
      const up = resize(d, down, x.space)
      const all = { ...x, width: deep + skip.width, value: d.concat([up.value, skip.value], 1) }
      return { out: conv(d, all, width), inner: deep + skip.width, outer: x.width + width }
    },
  },
]

function joined(
  x: Feature,
  features: readonly Feature[],
  concat: (values: readonly Feature['value'][]) => Feature['value'],
): Feature {
  const width = features.reduce((n, feature) => n + feature.width, 0)
  return { ...x, width, value: concat(features.map(({ value }) => value)) }
}
