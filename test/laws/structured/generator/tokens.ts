import { B } from './draw.js'
import { activation, conv, depthwise, gelu, layerNorm, linear, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** What transformers and their like do with tokens besides attention. */
export const tokens: readonly Topology[] = [
  {
    name: 'feed-forward of a transformer',
    takes: 'tokens',
    draw(d, x) {
      const inner = linear(d, layerNorm(d, x), d.width())
      const out = linear(d, same(inner, gelu(d, inner.value)), x.width)
      return { out: same(x, d.add(x.value, out.value)), inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'feed-forward with a gate',
    takes: 'tokens',
    draw(d, x) {
      const width = d.width()
      const [gate, value] = [activation(d, linear(d, x, width)), linear(d, x, width, { bias: false })]
      const out = linear(d, same(gate, d.mul(gate.value, value.value)), x.width)
      return { out: same(x, d.add(out.value, x.value)), inner: width, outer: x.width }
    },
  },
  {
    name: 'class token and positions',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const token = d.vector(x.width, 0.3, 0.5, [1, 1, x.width])
      const spread = d.expand(token, [B, 1, x.width])
      const all = d.concat([spread, x.value], 1)
      const placed = d.add(all, d.vector((tokens + 1) * x.width, 0, 0.3, [1, tokens + 1, x.width]))
      return { out: { ...x, space: [tokens + 1], value: placed }, inner: 0, outer: x.width }
    },
  },
  {
    name: 'the first token alone',
    takes: 'tokens',
    draw(d, x) {
      const mixed = d.transpose(
        linear(d, { ...x, width: x.space[0] ?? 1, value: d.transpose(x.value, [0, 2, 1]) }, x.space[0] ?? 1).value,
        [0, 2, 1],
      )
      const first = d.chance(0.5) ? d.gather(mixed, 1, [0], []) : d.squeeze(d.slice(mixed, 1, 0, 1), [1])
      return { out: { kind: 'vector', width: x.width, space: [], value: first }, inner: 0, outer: x.width }
    },
  },
  {
    name: 'mixer',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const turned: Feature = {
        ...x,
        width: tokens,
        space: [x.width],
        value: d.transpose(layerNorm(d, x).value, [0, 2, 1]),
      }
      const inner = linear(d, turned, d.width())
      const mixed = linear(d, same(inner, gelu(d, inner.value)), tokens)
      const out = d.add(d.transpose(mixed.value, [0, 2, 1]), x.value)
      return { out: same(x, out), inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'product with a matrix on the left',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const inner = d.width()
      const first = d.node('MatMul', [d.weight([inner, tokens], tokens), x.value])
      const active = activation(d, { ...x, space: [inner], value: d.add(first, d.vector(inner, 0.1, 0.2, [inner, 1])) })
      const second = d.node('MatMul', [d.weight([tokens, inner], inner), active.value])
      return { out: same(x, second), inner, outer: x.width }
    },
  },
  {
    name: 'patch merging of tokens',
    takes: 'image',
    spaceMultiple: 2,
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const grid = d.transpose(x.value, [0, 2, 3, 1])
      const parts = [0, 1].flatMap((left) =>
        [0, 1].map((top) => d.slice(d.slice(grid, 1, top, 2 ** 31 - 1, 2), 2, left, 2 ** 31 - 1, 2)),
      )
      const merged: Feature = { kind: 'tokens', width: 4 * x.width, space: [h / 2, w / 2], value: d.concat(parts, -1) }
      const width = d.width()
      const out = linear(d, layerNorm(d, merged), width, { bias: false })
      return {
        out: { kind: 'image', width, space: [h / 2, w / 2], value: d.transpose(out.value, [0, 3, 1, 2]) },
        inner: 0,
        outer: x.width + width,
      }
    },
  },
  {
    name: 'convnext block',
    takes: 'image',
    draw(d, x) {
      const spatial = depthwise(d, x)
      const grid: Feature = {
        kind: 'tokens',
        width: x.width,
        space: x.space,
        value: d.transpose(spatial.value, [0, 2, 3, 1]),
      }
      const inner = linear(d, layerNorm(d, grid), d.width())
      const narrow = linear(d, same(inner, gelu(d, inner.value)), x.width)
      const scaled = d.mul(narrow.value, d.vector(x.width, 0.5, 0.2))
      return {
        out: same(x, d.add(x.value, d.transpose(scaled, [0, 3, 1, 2]))),
        inner: inner.width,
        outer: x.width,
      }
    },
  },
  {
    name: 'a matrix per head',
    takes: 'tokens',
    draw(d, x) {
      const [heads, each, wide] = [d.pick([2, 3]), d.between(2, 4), d.between(2, 5)]
      const [tokens = 1] = x.space
      const first = d.reshape(linear(d, x, heads * each).value, [B, tokens, heads, each])
      const apart = d.transpose(first, [0, 2, 1, 3])
      const product = d.add(
        d.node('MatMul', [apart, d.weight([heads, each, wide], each)]),
        d.vector(heads * wide, 0.1, 0.2, [heads, 1, wide]),
      )
      const merged = d.reshape(d.transpose(product, [0, 2, 1, 3]), [B, tokens, heads * wide])
      const out = linear(d, { ...x, width: heads * wide, value: merged }, x.width)
      return { out, inner: Math.min(heads, each, wide), outer: 2 * x.width }
    },
  },
  {
    name: 'einsum with a weight',
    takes: 'tokens',
    opset: 13,
    draw(d, x) {
      const [inner, width] = [d.width(), d.width()]
      const first = d.node('Einsum', [x.value, d.weight([x.width, inner], x.width)], { equation: 'btc,cd->btd' })
      const active = activation(d, { ...x, width: inner, value: d.add(first, d.vector(inner, 0.1)) })
      const second = d.node('Einsum', [active.value, d.weight([width, inner], inner)], {
        equation: 'b t d, e d -> b t e',
      })
      return { out: { ...x, width, value: second }, inner, outer: x.width + width }
    },
  },
  {
    name: 'embedding of constant indices',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const table = d.weight([7, x.width], x.width)
      const indices = Array.from({ length: tokens }, () => d.between(0, 6))
      const placed = d.add(x.value, d.node('Gather', [table, d.ints(indices, [1, tokens])], { axis: 0 }))
      return { out: same(x, placed), inner: 0, outer: x.width }
    },
  },
  {
    name: 'convolution over tokens',
    takes: 'tokens',
    draw(d, x) {
      const line: Feature = { kind: 'line', width: x.width, space: x.space, value: d.transpose(x.value, [0, 2, 1]) }
      const inner = activation(d, conv(d, line, d.width(), { kernel: 3 }))
      const out = conv(d, depthwise(d, inner), x.width, { kernel: 1 })
      return {
        out: same(x, d.add(x.value, d.transpose(out.value, [0, 2, 1]))),
        inner: inner.width,
        outer: x.width,
      }
    },
  },
]
