import type { Attrs } from '../../../../fixtures/sketch.js'
import { attr } from '../../../../src/ir/attr.js'
import type { Value } from '../../../../src/ir/graph.js'
import { B, type Draw } from './draw.js'
import { activation, conv, linear, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

const MICROSOFT = 'com.microsoft'

/** What ONNX Runtime's own tools make of several nodes, and the large ops of late opsets. */
export const fused: readonly Topology[] = [
  {
    name: 'Attention of com.microsoft',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const width = heads * each
      const inputs = [x.value, d.weight([x.width, 3 * width], x.width), d.vector(3 * width, 0.1)]
      const value = d.node('Attention', inputs, { num_heads: heads }, MICROSOFT)
      return finished(d, x, { ...x, width, value }, heads)
    },
  },
  {
    name: 'Attention of com.microsoft with scores to be added and narrower values',
    takes: 'tokens',
    staticBatch: true,
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [batch, [tokens = 1]] = [d.batch === 'open' ? 1 : d.batch.size, x.space]
      const [keys, values] = [heads * each, heads * (each + 2)]
      const inputs = [
        x.value,
        d.weight([x.width, 2 * keys + values], x.width),
        d.vector(2 * keys + values, 0.1),
        null,
        null,
        d.vector(batch * heads * tokens * tokens, 0, 1, [batch, heads, tokens, tokens]),
      ]
      const attrs = { num_heads: heads, qkv_hidden_sizes: [keys, keys, values] }
      const value = d.node('Attention', inputs, attrs, MICROSOFT)
      return finished(d, x, { ...x, width: values, value }, heads)
    },
  },
  {
    name: 'MultiHeadAttention',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const width = heads * each
      const [q, k, v] = [0, 1, 2].map(() => linear(d, x, width, { bias: false }).value)
      if (!q || !k || !v) throw new Error('There are three.')
      const bias = d.chance(0.5) ? [d.vector(3 * width, 0.1)] : []
      const value = d.node('MultiHeadAttention', [q, k, v, ...bias], { num_heads: heads }, MICROSOFT)
      return finished(d, x, { ...x, width, value }, heads)
    },
  },
  {
    name: 'Attention of the standard',
    takes: 'tokens',
    opset: 23,
    draw(d, x) {
      const [groups, repeat, each] = [d.pick([2, 3]), d.pick([1, 2]), d.between(2, 4)]
      const q = linear(d, x, groups * repeat * each).value
      const [k, v] = [0, 1].map(() => linear(d, x, groups * each).value)
      if (!k || !v) throw new Error('There are two.')
      const attrs = { q_num_heads: groups * repeat, kv_num_heads: groups }
      const value = d.node('Attention', [q, k, v], attrs)
      return finished(d, x, { ...x, width: groups * repeat * each, value }, groups)
    },
  },
  {
    name: 'Attention of the standard, heads apart',
    takes: 'tokens',
    opset: 23,
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [tokens = 1] = x.space
      const [q, k, v] = [0, 1, 2].map(() => {
        const flat = linear(d, x, heads * each).value
        return d.transpose(d.reshape(flat, [B, tokens, heads, each]), [0, 2, 1, 3])
      })
      if (!q || !k || !v) throw new Error('There are three.')
      const mask = d.chance(0.5) ? [d.vector(heads * tokens * tokens, 0, 1, [1, heads, tokens, tokens])] : []
      const mixed = d.node('Attention', [q, k, v, ...mask])
      const value = d.reshape(d.transpose(mixed, [0, 2, 1, 3]), [B, tokens, heads * each])
      return finished(d, x, { ...x, width: heads * each, value }, heads)
    },
  },
  {
    name: 'SkipLayerNormalization',
    takes: 'tokens',
    draw(d, x) {
      const other = activation(d, linear(d, x, x.width))
      const params = [
        d.vector(x.width, 1, 0.3),
        d.vector(x.width, 0.1),
        ...(d.chance(0.5) ? [d.vector(x.width, 0.1)] : []),
      ]
      const value = d.node('SkipLayerNormalization', [other.value, x.value, ...params], {}, MICROSOFT)
      return { out: same(x, value), inner: 0, outer: x.width }
    },
  },
  activated('BiasGelu', (d, y) => [d.vector(y.width, 0.1)]),
  activated('FastGelu', (d, y) => (d.chance(0.5) ? [d.vector(y.width, 0.1)] : [])),
  activated('Gelu', () => []),
  {
    name: 'FusedConv',
    takes: 'image',
    draw(d, x) {
      const inner = d.width()
      const inputs = [x.value, d.weight([inner, x.width, 3, 3], 9 * x.width), d.vector(inner, 0.1)]
      const attrs: Attrs = { activation: 'Relu', pads: [1, 1, 1, 1] }
      const first = { ...x, width: inner, value: d.node('FusedConv', inputs, attrs, MICROSOFT) }
      return { out: conv(d, first, x.width), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'FusedMatMul',
    takes: 'tokens',
    draw(d, x) {
      const inner = d.width()
      const attrs = { transB: 1, alpha: attr.float(0.8) }
      const first = d.node('FusedMatMul', [x.value, d.weight([inner, x.width], x.width)], attrs, MICROSOFT)
      const active = activation(d, { ...x, width: inner, value: first })
      return { out: linear(d, active, x.width), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'LpNormalization',
    takes: 'tokens',
    draw(d, x) {
      const y = linear(d, x, d.width())
      const value = d.node('LpNormalization', [y.value], { axis: -1, p: 2 })
      return { out: linear(d, same(y, value), x.width), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'MeanVarianceNormalization, whose shape ONNX Runtime does not tell',
    takes: 'image',
    hidesShapes: true,
    opset: 13,
    draw(d, x) {
      const y = conv(d, x, d.width())
      const value = d.node('MeanVarianceNormalization', [y.value], { axes: [0, 2, 3] })
      return { out: conv(d, same(y, value), x.width), inner: 0, outer: x.width }
    },
  },
]

function activated(op: string, more: (d: Draw, y: Feature) => readonly Value[]): Topology {
  return {
    name: `${op} of com.microsoft`,
    takes: 'tokens',
    draw(d, x) {
      const y = linear(d, x, d.width())
      const active = same(y, d.node(op, [y.value, ...more(d, y)], {}, MICROSOFT))
      return { out: linear(d, active, x.width), inner: y.width, outer: 2 * x.width }
    },
  }
}

function sizes(d: Draw): { readonly heads: number; readonly each: number } {
  return { heads: d.pick([2, 3, 4]), each: d.between(2, 5) }
}

function finished(d: Draw, x: Feature, mixed: Feature, heads: number) {
  return { out: same(x, d.add(linear(d, mixed, x.width).value, x.value)), inner: heads, outer: x.width }
}
