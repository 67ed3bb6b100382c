import type { Value } from '../../../../src/ir/graph.js'
import { B, batches, type Draw } from './draw.js'
import { layerNorm, linear, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Attention over tokens, as exporters write it out. */
export const attention: readonly Topology[] = [
  {
    name: 'attention with q, k and v fused, by Gather',
    takes: 'tokens',
    draw: (d, x) =>
      fused(d, x, (qkv) => {
        const heads = d.transpose(qkv, [2, 0, 3, 1, 4])
        return [0, 1, 2].map((i) => d.gather(heads, 0, [i], []))
      }),
  },
  {
    name: 'attention with q, k and v fused, by Slice and Squeeze',
    takes: 'tokens',
    draw: (d, x) =>
      fused(d, x, (qkv) => {
        const heads = d.transpose(qkv, [2, 0, 3, 1, 4])
        return [0, 1, 2].map((i) => d.squeeze(d.slice(heads, 0, i, i + 1), [0]))
      }),
  },
  {
    name: 'attention with q, k and v fused, by Split',
    takes: 'tokens',
    draw: (d, x) =>
      fused(d, x, (qkv) => d.split(qkv, 2, [1, 1, 1]).map((part) => d.transpose(d.squeeze(part, [2]), [0, 2, 1, 3]))),
  },
  {
    name: 'attention with q, k and v split before the heads',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const width = heads * each
      const parts = d.split(linear(d, x, 3 * width).value, -1, [width, width, width])
      const [q, k, v] = parts.map((part) => headed(d, part, x, heads, each))
      return finished(d, x, attended(d, { q, k, v, each }), { heads, each })
    },
  },
  {
    name: 'attention with layers for q, k and v',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [q, k, v] = [0, 1, 2].map(() => headed(d, linear(d, x, heads * each).value, x, heads, each))
      return finished(d, x, attended(d, { q, k, v, each }), { heads, each })
    },
  },
  {
    name: 'attention with values of another width than keys',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const wide = each + 2
      const [q, k] = [0, 1].map(() => headed(d, linear(d, x, heads * each).value, x, heads, each))
      const v = headed(d, linear(d, x, heads * wide).value, x, heads, wide)
      return finished(d, x, attended(d, { q, k, v, each }), { heads, each: wide })
    },
  },
  {
    name: 'attention scaled on both sides, keys flattened before they are transposed',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [tokens = 1] = x.space
      const [q, k, v] = [0, 1, 2].map(() => headed(d, linear(d, x, heads * each).value, x, heads, each))
      if (!q || !k || !v) throw new Error('There are three.')
      const flat = d.reshape(k, [batches(heads), tokens, each])
      const keys = d.reshape(d.transpose(flat, [0, 2, 1]), [B, heads, each, tokens], { leads: false })
      const root = d.scalar(each ** -0.25)
      const scores = d.node('MatMul', [d.mul(q, root), d.mul(keys, root)])
      const shares = d.node('Softmax', [scores], { axis: -1 })
      return finished(d, x, d.node('MatMul', [shares, v]), { heads, each })
    },
  },
  {
    name: 'attention as nn.MultiheadAttention has it: heads in the batch',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const width = heads * each
      const [tokens = 1] = x.space
      const sequence = same(x, d.transpose(x.value, [1, 0, 2])) // [T, N, C]
      const qkv = d.reshape(linear(d, sequence, 3 * width).value, [tokens, B, 3, width], { leads: false })
      const apart = d.squeeze(d.transpose(d.unsqueeze(qkv, [0]), [3, 1, 2, 0, 4]), [3]) // [3, T, N, C]
      const [q, k, v] = [0, 1, 2].map((i) => {
        const one = d.gather(apart, 0, [i], [])
        return d.transpose(d.reshape(one, [tokens, batches(heads), each], { leads: false }), [1, 0, 2])
      })
      if (!q || !k || !v) throw new Error('There are three.')
      const scores = d.node('MatMul', [d.mul(q, d.scalar(each ** -0.5)), d.transpose(k, [0, 2, 1])])
      const mixed = d.node('MatMul', [d.node('Softmax', [scores], { axis: -1 }), v]) // [N * H, T, D]
      const merged = d.reshape(d.transpose(mixed, [1, 0, 2]), [tokens, B, width], { leads: false })
      const out = linear(d, { ...x, width, value: merged }, x.width)
      return {
        out: same(x, d.add(d.transpose(out.value, [1, 0, 2]), x.value)),
        inner: Math.min(heads, each),
        outer: x.width,
      }
    },
  },
  {
    name: 'attention with a relative bias per head',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [tokens = 1] = x.space
      const [q, k, v] = [0, 1, 2].map(() => headed(d, linear(d, x, heads * each).value, x, heads, each))
      const shape = d.chance(0.5) ? [1, heads, tokens, tokens] : [heads, tokens, tokens]
      const bias = d.vector(heads * tokens * tokens, 0, 1, shape)
      return finished(d, x, attended(d, { q, k, v, each, bias }), { heads, each })
    },
  },
  {
    name: 'attention whose keys and values serve several heads',
    takes: 'tokens',
    draw(d, x) {
      const [shared, repeat, each] = [d.pick([2, 3]), 2, d.between(2, 4)]
      const [tokens = 1] = x.space
      const q = headed(d, linear(d, x, shared * repeat * each).value, x, shared * repeat, each)
      const [k, v] = [0, 1].map(() => {
        const few = headed(d, linear(d, x, shared * each).value, x, shared, each)
        const spread = d.expand(d.unsqueeze(few, [2]), [B, shared, repeat, tokens, each])
        return d.reshape(spread, [B, shared * repeat, tokens, each])
      })
      return finished(d, x, attended(d, { q, k, v, each }), { heads: shared, each, width: shared * repeat * each })
    },
  },
  {
    name: 'attention with one key and value for all heads',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const q = headed(d, linear(d, x, heads * each).value, x, heads, each)
      const [k, v] = [0, 1].map(() => d.unsqueeze(linear(d, x, each).value, [1]))
      return finished(d, x, attended(d, { q, k, v, each }), { heads, each })
    },
  },
  {
    name: 'attention with rotary positions',
    takes: 'tokens',
    draw(d, x) {
      const [heads, half] = [d.pick([2, 3]), d.between(1, 2)]
      const each = 2 * half
      const [tokens = 1] = x.space
      const [q, k, v] = [0, 1, 2].map(() => headed(d, linear(d, x, heads * each).value, x, heads, each))
      if (!q || !k) throw new Error('There are three.')
      const [cos, sin] = [
        d.vector(tokens * each, 0.5, 0.5, [tokens, each]),
        d.vector(tokens * each, 0, 1, [tokens, each]),
      ]
      const [turnedQ, turnedK] = [q, k].map((value) => {
        const [first, second] = [d.slice(value, -1, 0, half), d.slice(value, -1, half, each)]
        const turned = d.concat([d.node('Neg', [second]), first], -1)
        return d.add(d.mul(value, cos), d.mul(turned, sin))
      })
      return finished(d, x, attended(d, { q: turnedQ, k: turnedK, v, each }), { heads, each })
    },
  },
  {
    name: 'attention by Einsum',
    takes: 'tokens',
    opset: 13,
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [tokens = 1] = x.space
      const [q, k, v] = [0, 1, 2].map(() => d.reshape(linear(d, x, heads * each).value, [B, tokens, heads, each]))
      if (!q || !k || !v) throw new Error('There are three.')
      const scores = d.mul(d.node('Einsum', [q, k], { equation: 'bqhd,bkhd->bhqk' }), d.scalar(each ** -0.5))
      const shares = d.node('Softmax', [scores], { axis: -1 })
      const mixed = d.node('Einsum', [shares, v], { equation: 'bhqk,bkhd->bqhd' })
      const width = heads * each
      const out = linear(d, { ...x, width, value: d.reshape(mixed, [B, tokens, width]) }, x.width)
      return { out: same(x, d.add(out.value, x.value)), inner: Math.min(heads, each), outer: x.width }
    },
  },
  {
    name: 'attention of channels to channels',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [q, k, v] = [0, 1, 2].map(() =>
        d.transpose(headed(d, linear(d, x, heads * each).value, x, heads, each), [0, 1, 3, 2]),
      )
      if (!q || !k || !v) throw new Error('There are three.')
      const shares = d.node('Softmax', [d.node('MatMul', [q, d.transpose(k, [0, 1, 3, 2])])], { axis: -1 })
      const mixed = d.transpose(d.node('MatMul', [shares, v]), [0, 1, 3, 2])
      return finished(d, x, mixed, { heads, each })
    },
  },
  {
    name: 'linear attention',
    takes: 'tokens',
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [q, k, v] = [0, 1, 2].map(() => headed(d, linear(d, x, heads * each).value, x, heads, each))
      if (!q || !k || !v) throw new Error('There are three.')
      const [warm, keys] = [d.node('Softplus', [q]), d.transpose(d.node('Softplus', [k]), [0, 1, 3, 2])]
      const mixed = d.node('MatMul', [warm, d.node('MatMul', [keys, v])])
      const sum = d.add(d.node('MatMul', [warm, d.reduce('ReduceSum', keys, [-1], true)]), d.scalar(1e-3))
      return finished(d, x, d.node('Div', [mixed, sum]), { heads, each })
    },
  },
  {
    name: 'window attention',
    takes: 'image',
    spaceMultiple: 2,
    draw(d, x) {
      const { heads, each } = sizes(d)
      const [h = 1, w = 1] = x.space
      const windows = (h / 2) * (w / 2)
      const grid = layerNorm(d, {
        kind: 'tokens',
        width: x.width,
        space: x.space,
        value: d.transpose(x.value, [0, 2, 3, 1]),
      })
      const cut = d.transpose(d.reshape(grid.value, [B, h / 2, 2, w / 2, 2, x.width]), [0, 1, 3, 2, 4, 5])
      const flat = d.reshape(cut, [batches(windows), 4, x.width], { leads: false })
      const tokens: Feature = { kind: 'tokens', width: x.width, space: [4], value: flat }
      const qkv = d.reshape(linear(d, tokens, 3 * heads * each).value, [batches(windows), 4, 3, heads, each])
      const apart = d.transpose(qkv, [2, 0, 3, 1, 4])
      const [q, k, v] = [0, 1, 2].map((i) => d.gather(apart, 0, [i], []))
      const bias = d.vector(heads * 16, 0, 1, [1, heads, 4, 4])
      const mixed = d.transpose(attended(d, { q, k, v, each, bias }), [0, 2, 1, 3])
      const width = heads * each
      const merged = { ...tokens, width, value: d.reshape(mixed, [batches(windows), 4, width]) }
      const back = d.reshape(linear(d, merged, x.width).value, [B, h / 2, w / 2, 2, 2, x.width], { leads: false })
      const whole = d.reshape(d.transpose(back, [0, 1, 3, 2, 4, 5]), [B, h, w, x.width])
      const out = d.add(d.transpose(whole, [0, 3, 1, 2]), x.value)
      return { out: same(x, out), inner: Math.min(heads, each), outer: x.width }
    },
  },
]

interface Heads {
  readonly heads: number
  readonly each: number
}

function sizes(d: Draw): Heads {
  return { heads: d.pick([2, 3, 4]), each: d.between(2, 5) }
}

/** [N, T, H * D] -> [N, H, T, D] */
function headed(d: Draw, value: Value, { space: [tokens = 1] }: Feature, heads: number, each: number): Value {
  return d.transpose(d.reshape(value, [B, tokens, heads, each]), [0, 2, 1, 3])
}

interface Factors {
  readonly q: Value | undefined
  readonly k: Value | undefined
  readonly v: Value | undefined
  readonly each: number
  readonly bias?: Value
}

/** Softmax(q k' / sqrt(D) + bias) v, [..., T, D] each. */
function attended(d: Draw, { q, k, v, each, bias }: Factors): Value {
  if (!q || !k || !v) throw new Error('Attention has queries, keys and values.')
  const keys = d.transpose(k, [0, 1, 3, 2])
  const root = Math.sqrt(each)
  const scores = d.chance(0.5)
    ? d.node('Div', [d.node('MatMul', [q, keys]), d.scalar(root)])
    : d.node('MatMul', [d.mul(q, d.scalar(1 / root)), keys])
  const biased = bias === undefined ? scores : d.add(scores, bias)
  return d.node('MatMul', [d.node('Softmax', [biased], { axis: d.pick([-1, 3]) }), v])
}

/** The heads become one width again, and a layer brings the sum back to the trunk. */
function finished(d: Draw, x: Feature, mixed: Value, sizes: Heads & { readonly width?: number }) {
  const { heads, each, width = heads * each } = sizes
  const [tokens = 1] = x.space
  const merged = d.reshape(d.transpose(mixed, [0, 2, 1, 3]), [B, tokens, width])
  const out = linear(d, { ...x, width, value: merged }, x.width)
  return { out: same(x, d.add(out.value, x.value)), inner: Math.min(heads, each), outer: x.width }
}

/** One layer for all, whose output is [N, T, 3, H, D] when `apart` takes it. */
function fused(d: Draw, x: Feature, apart: (qkv: Value) => readonly Value[]) {
  const { heads, each } = sizes(d)
  const [tokens = 1] = x.space
  const qkv = d.reshape(linear(d, layerNorm(d, x), 3 * heads * each).value, [B, tokens, 3, heads, each])
  const [q, k, v] = apart(qkv)
  return finished(d, x, attended(d, { q, k, v, each }), { heads, each })
}
