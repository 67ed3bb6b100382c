import { B, type Draw } from './draw.js'
import { activation, batchNorm, conv, depthwise, globalPool, hardSwish, linear, pooled, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Squeeze and excite: a factor for each channel, made of the means of all. */
export const gates: readonly Topology[] = [
  {
    name: 'squeeze-excite by convolutions',
    takes: 'image',
    draw(d, x) {
      const { out, inner } = squeezedByConvs(d, x)
      return { out, inner, outer: x.width }
    },
  },
  {
    name: 'squeeze-excite by matrices',
    takes: 'image',
    draw(d, x) {
      const narrow = activation(d, linear(d, pooled(d, x), d.width()))
      const gate = d.node('Sigmoid', [linear(d, narrow, x.width).value])
      const spread = d.chance(0.5) ? d.reshape(gate, [B, x.width, 1, 1]) : d.unsqueeze(gate, [2, 3])
      return { out: same(x, d.mul(x.value, spread)), inner: narrow.width, outer: x.width }
    },
  },
  {
    name: 'squeeze-excite, expanded first',
    takes: 'image',
    draw(d, x) {
      const narrow = activation(d, conv(d, globalPool(d, x), d.width(), { kernel: 1 }))
      const gate = d.node('Sigmoid', [conv(d, narrow, x.width, { kernel: 1 }).value])
      const spread = d.expand(gate, [B, x.width, ...x.space])
      return { out: same(x, d.mul(spread, x.value)), inner: narrow.width, outer: x.width }
    },
  },
  {
    name: 'mobilenet v3 block',
    takes: 'image',
    draw(d, x) {
      const wide = conv(d, x, d.width(), { kernel: 1 })
      const active = same(wide, hardSwish(d, batchNorm(d, wide).value))
      const { out: gated, inner } = squeezedByConvs(d, activation(d, batchNorm(d, depthwise(d, active))))
      const narrow = batchNorm(d, conv(d, gated, x.width, { kernel: 1 }))
      return { out: same(x, d.add(x.value, narrow.value)), inner: inner + wide.width, outer: x.width }
    },
  },
  {
    name: 'efficient channel attention, which hinders',
    takes: 'image',
    draw(d, x) {
      const line = d.unsqueeze(pooled(d, x).value, [1])
      const mixed = d.node('Conv', [line, d.weight([1, 1, 3], 3)], { pads: [1, 1] })
      const gate = d.node('Sigmoid', [d.reshape(mixed, [B, x.width, 1, 1])])
      return { out: same(x, d.mul(x.value, gate)), inner: 0, outer: 0 }
    },
  },
  {
    name: 'split attention over a radix axis',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const both = activation(d, conv(d, x, 2 * width))
      const parts = d.reshape(both.value, [B, 2, width, ...x.space])
      const sum = { ...x, width, value: d.reduce('ReduceSum', parts, [1], false) }
      const narrow = activation(d, conv(d, globalPool(d, sum), d.width(), { kernel: 1 }))
      const scores = d.reshape(conv(d, narrow, 2 * width, { kernel: 1 }).value, [B, 2, width, 1, 1])
      const shares = d.node('Softmax', [d.transpose(scores, [0, 2, 3, 4, 1])], { axis: -1 })
      const weighted = d.mul(parts, d.transpose(shares, [0, 4, 1, 2, 3]))
      const out = { ...x, width, value: d.reduce('ReduceSum', weighted, [1], false) }
      return { out, inner: narrow.width, outer: x.width + width }
    },
  },
  {
    name: 'pool by a Gather of all, as flattened strides are exported',
    takes: 'image',
    staticBatch: true,
    draw(d, x) {
      const batch = d.batch === 'open' ? 1 : d.batch.size
      const flat = d.reshape(d.reduce('ReduceMean', x.value, [2, 3], true), [batch * x.width])
      const indices = Array.from({ length: batch * x.width }, (_, i) => i)
      const again = d.gather(flat, 0, indices, [batch, x.width, 1, 1])
      const gate = d.node('Sigmoid', [conv(d, { ...x, value: again, space: [1, 1] }, x.width, { kernel: 1 }).value])
      return { out: same(x, d.mul(x.value, gate)), inner: 0, outer: 0 }
    },
  },
]

function squeezedByConvs(d: Draw, x: Feature): { readonly out: Feature; readonly inner: number } {
  const narrow = activation(d, conv(d, globalPool(d, x), d.width(), { kernel: 1 }))
  const gate = d.node(d.pick(['Sigmoid', 'HardSigmoid']), [conv(d, narrow, x.width, { kernel: 1 }).value])
  return { out: same(x, d.mul(x.value, gate)), inner: narrow.width }
}
