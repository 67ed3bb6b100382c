import { activation, batchNorm, conv, pointwise, same } from './layers.js'
import type { Topology } from './topology.js'

/** Sums of a trunk and what layers make of it. */
export const residual: readonly Topology[] = [
  {
    name: 'residual',
    takes: 'image',
    draw(d, x) {
      const inner = d.width()
      const branch = conv(d, activation(d, batchNorm(d, conv(d, x, inner))), x.width)
      const sum = d.add(batchNorm(d, branch).value, x.value)
      return { out: activation(d, same(x, sum)), inner, outer: x.width }
    },
  },
  {
    name: 'residual with projection',
    takes: 'image',
    draw(d, x) {
      const [inner, width, stride] = [d.width(), d.width(), d.pick([1, 2])]
      const branch = batchNorm(d, conv(d, activation(d, conv(d, x, inner, { stride })), width))
      const shortcut = batchNorm(d, conv(d, x, width, { kernel: 1, stride }))
      const out = activation(d, same(branch, d.add(branch.value, shortcut.value)))
      return { out, inner, outer: x.width + width }
    },
  },
  {
    name: 'residual bottleneck, preactivated, three times',
    takes: 'image',
    draw(d, x) {
      let [trunk, inner] = [x, 0]
      for (let i = 0; i < 3; i++) {
        const [narrow, wide] = [d.width(), d.width()]
        const first = conv(d, activation(d, batchNorm(d, trunk)), narrow, { kernel: 1 })
        const second = conv(d, activation(d, batchNorm(d, first)), wide, { kernel: 3 })
        trunk = same(x, d.add(trunk.value, conv(d, second, x.width, { kernel: 1 }).value))
        inner += narrow + wide
      }
      return { out: trunk, inner, outer: x.width }
    },
  },
  {
    name: 'residual on the first channels only',
    takes: 'image',
    multiple: 2,
    draw(d, x) {
      const part = x.width / 2
      const wide = conv(d, x, x.width)
      const sum = d.add(d.slice(wide.value, 1, 0, part), d.slice(x.value, 1, 0, part))
      const out = same(x, d.concat([sum, d.slice(wide.value, 1, part, x.width)], 1))
      return { out, inner: 0, outer: 2 * x.width - part }
    },
  },
  {
    name: 'residual of tokens',
    takes: 'tokens',
    draw(d, x) {
      const inner = d.width()
      const branch = pointwise(d, activation(d, pointwise(d, x, inner)), x.width)
      return { out: same(x, d.add(x.value, branch.value)), inner, outer: x.width }
    },
  },
]
