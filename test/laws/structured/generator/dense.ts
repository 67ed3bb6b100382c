import { attr } from '../../../../src/ir/attr.js'
import { B, type Draw } from './draw.js'
import { activation, batchNorm, conv, linear, pool, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Layers of samples, and the ways to them. */
export const dense: readonly Topology[] = [
  {
    name: 'perceptron',
    takes: 'vector',
    draw(d, x) {
      const first = activation(d, linear(d, x, d.width()))
      const second = activation(d, batchNorm(d, linear(d, first, d.width())))
      return { out: linear(d, second, x.width), inner: first.width + second.width, outer: 2 * x.width }
    },
  },
  {
    name: 'Gemm in each of its forms',
    takes: 'vector',
    draw(d, x) {
      const first = gemm(d, x, d.width())
      const second = gemm(d, activation(d, first), d.width())
      return { out: gemm(d, second, x.width), inner: first.width + second.width, outer: 2 * x.width }
    },
  },
  {
    name: 'Gemm of what is transposed',
    takes: 'vector',
    draw(d, x) {
      const width = d.width()
      const turned = d.transpose(x.value, [1, 0])
      const first = d.node('Gemm', [turned, d.weight([x.width, width], x.width), d.vector(width, 0.1)], { transA: 1 })
      const active = activation(d, { ...x, width, value: first })
      // The weight stands on the left, so the product is [M, N].
      const left = d.chance(0.5)
        ? d.node('Gemm', [d.weight([width, x.width], width), active.value], { transA: 1, transB: 1 })
        : d.node('MatMul', [d.weight([x.width, width], width), d.transpose(active.value, [1, 0])])
      return { out: same(x, d.transpose(left, [1, 0])), inner: width, outer: 2 * x.width }
    },
  },
  {
    name: 'channels and space flattened into a layer',
    takes: 'image',
    draw(d, x) {
      const [h = 1, w = 1] = x.space
      const small = h * w > 16 ? pool(d, x, 'MaxPool', 2, 2) : x
      const y = activation(d, conv(d, small, d.width()))
      const area = y.space.reduce((n, e) => n * e, 1)
      const flat = d.chance(0.5)
        ? d.node('Flatten', [y.value], d.chance(0.5) ? { axis: 1 } : {})
        : d.reshape(y.value, [B, y.width * area])
      const vector: Feature = { kind: 'vector', width: y.width * area, space: [], value: flat }
      const hidden = activation(d, linear(d, vector, d.width()))
      const width = d.width()
      return { out: linear(d, hidden, width), inner: y.width + hidden.width, outer: x.width + width }
    },
  },
  {
    name: 'space flattened in front of the channels',
    takes: 'image',
    draw(d, x) {
      const y = pool(d, x, 'MaxPool', 2, 2)
      const area = y.space.reduce((n, e) => n * e, 1)
      const flat = d.reshape(d.transpose(y.value, [0, 2, 3, 1]), [B, area * x.width])
      const width = d.width()
      const out = linear(d, { kind: 'vector', width: area * x.width, space: [], value: flat }, width)
      return { out: activation(d, out), inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'a layer that makes an image',
    takes: 'vector',
    draw(d, x) {
      const [width, h, w] = [d.width(), d.between(2, 4), d.between(2, 4)]
      const flat = activation(d, linear(d, x, width * h * w))
      const value = d.reshape(flat.value, [B, width, h, w])
      return { out: batchNorm(d, { kind: 'image', width, space: [h, w], value }), inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'batch norm of a layer, by Reshape',
    takes: 'tokens',
    draw(d, x) {
      const [tokens = 1] = x.space
      const y = linear(d, x, d.width())
      const flat = d.reshape(y.value, [{ times: tokens }, y.width], { leads: false })
      const normal = batchNorm(d, { kind: 'vector', width: y.width, space: [], value: flat })
      const back = d.reshape(normal.value, [B, tokens, y.width], { leads: false })
      return { out: linear(d, activation(d, same(y, back)), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'bilinear product of two layers',
    takes: 'vector',
    draw(d, x) {
      const [a, b] = [linear(d, x, d.width()), linear(d, x, d.width())]
      const outer = d.node('MatMul', [d.unsqueeze(a.value, [2]), d.unsqueeze(b.value, [1])]) // [N, a, b]
      const weighted = d.mul(outer, d.weight([a.width, b.width], a.width))
      const sum = d.reduce('ReduceSum', weighted, [2], false)
      return { out: linear(d, same(a, sum), x.width), inner: a.width + b.width, outer: 2 * x.width }
    },
  },
]

/** The bias and the factors in one of the forms that the op allows. */
function gemm(d: Draw, x: Feature, width: number): Feature {
  const transB = d.chance(0.5)
  const weight = d.weight(transB ? [width, x.width] : [x.width, width], x.width)
  const bias = d.pick([
    () => [],
    () => [d.vector(width, 0.1)],
    () => [d.vector(width, 0.1, 0.2, [1, width])],
    () => [d.scalar(0.2)],
    () => [d.scalar(0.2, [1])],
  ])()
  const attrs = {
    ...((transB || d.chance(0.5)) && { transB: transB ? 1 : 0 }),
    ...(d.chance(0.3) && { alpha: attr.float(0.7) }),
    ...(d.chance(0.3) && { beta: attr.float(1.4) }),
  }
  return { ...x, width, value: d.node('Gemm', [x.value, weight, ...bias], attrs) }
}
