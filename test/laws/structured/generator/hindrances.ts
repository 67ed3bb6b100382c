import type { Value } from '../../../../src/ir/graph.js'
import { B, type Draw } from './draw.js'
import { activation, linear, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Ops that look at all channels at once, or that nobody knows: what they touch has to stay, and nothing else. */
export const hindrances: readonly Topology[] = [
  onChannels('Softmax over channels', (d, x) => d.node('Softmax', [x.value], { axis: 2 })),
  onChannels('LogSoftmax over channels', (d, x) => d.node('LogSoftmax', [x.value], { axis: -1 })),
  onChannels('CumSum over channels', (d, x) => d.node('CumSum', [x.value, d.ints([2], [])])),
  onChannels('TopK of channels', (d, x) => {
    const best = d.nodes('TopK', [x.value, d.ints([x.width])], 2, { axis: -1 }).outputs[0]
    if (!best) throw new Error('TopK has outputs.')
    return best
  }),
  onChannels('ArgMax of channels', (d, x) => {
    const index = d.node('ArgMax', [x.value], { axis: -1, keepdims: 1 })
    return d.add(x.value, d.node('Cast', [index], { to: 1 }))
  }),
  onChannels('mean of channels', (d, x) => d.add(x.value, d.reduce('ReduceMean', x.value, [-1], true))),
  onChannels('most of channels', (d, x) => d.node('Sub', [x.value, d.reduce('ReduceMax', x.value, [2], true)])),
  onChannels('an op of another domain', (d, x) => d.node('QuickGelu', [x.value], {}, 'com.microsoft')),
  onChannels('a function of the model', (d, x) => d.node(d.softFunction(), [x.value], {}, 'local')),
  onChannels('positions of what is not zero', (d, x) => {
    const found = d.node('NonZero', [d.node('Relu', [x.value])])
    const count = d.node('Cast', [d.reduce('ReduceMax', found, [1], false)], { to: 1 })
    return d.add(x.value, d.mul(d.slice(count, 0, 2, 3), d.scalar(0.01)))
  }),
  onChannels('channels paired over the border of halves', (d, x) => {
    const [tokens = 1] = x.space
    // [T, C] -> [T * C / 4, 4]: rows that begin within a token.
    const flat = d.reshape(x.value, [B, (tokens * x.width) / 4, 4])
    return d.reshape(d.node('Tanh', [flat]), [B, tokens, x.width])
  }),
  {
    name: 'flattened with the batch',
    takes: 'vector',
    draw(d, x) {
      const flat = d.node('Reshape', [x.value, d.ints([-1])])
      return { out: same(x, d.reshape(d.node('Relu', [flat]), [B, x.width], { leads: false })), inner: 0, outer: 0 }
    },
  },
]

/** Between two layers whose other channels stay prunable. */
function onChannels(name: string, op: (d: Draw, x: Feature) => Value): Topology {
  return {
    name,
    takes: 'tokens',
    opset: name.includes('function') ? 13 : 11,
    draw(d, x) {
      const before = linear(d, x, d.pick([8, 12, 16]))
      const after = activation(d, linear(d, same(before, op(d, before)), d.width()))
      return { out: linear(d, after, x.width), inner: after.width, outer: 2 * x.width }
    },
  }
}
