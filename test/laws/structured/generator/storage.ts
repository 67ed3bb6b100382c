import { attr } from '../../../../src/ir/attr.js'
import type { Value } from '../../../../src/ir/graph.js'
import { MemoryTensor } from '../../../../src/ir/tensor.js'
import { bytesOf } from '../../../../src/ir/walk.js'
import type { Draw } from './draw.js'
import { activation, conv, linear, same } from './layers.js'
import type { Topology } from './topology.js'

/** Weights that are not simply there. */
export const storage: readonly Topology[] = [
  {
    name: 'quantized filters, one scale per channel',
    takes: 'image',
    opset: 13,
    draw(d, x) {
      const inner = d.width()
      const first = dequantized(d, [inner, x.width, 3, 3], 0)
      const active = activation(d, conv(d, x, inner, { kernel: 3, weights: [first, d.vector(inner, 0.1)] }))
      const second = dequantized(d, [x.width, inner, 1, 1], 0)
      return { out: conv(d, active, x.width, { kernel: 1, weights: [second] }), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'quantized matrices, one scale per output or one for all',
    takes: 'tokens',
    opset: 13,
    draw(d, x) {
      const inner = d.width()
      const first = d.node('MatMul', [x.value, dequantized(d, [x.width, inner], 1)])
      const active = activation(d, { ...x, width: inner, value: d.add(first, d.vector(inner, 0.1)) })
      const second = d.node('MatMul', [active.value, dequantized(d, [inner, x.width], null)])
      return { out: same(x, second), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'filters quantized when they are read',
    takes: 'image',
    opset: 13,
    draw(d, x) {
      const inner = d.width()
      const scales = d.positive(inner)
      const scale = d.node('Mul', [scales, d.scalar(0.02)])
      const zeros = d.constant(new MemoryTensor('int8', [inner], new Uint8Array(inner)))
      const codes = d.node('QuantizeLinear', [d.weight([inner, x.width, 1, 1], x.width), scale, zeros], { axis: 0 })
      const weight = d.node('DequantizeLinear', [codes, scale, zeros], { axis: 0 })
      const active = activation(d, conv(d, x, inner, { kernel: 1, weights: [weight] }))
      return { out: conv(d, active, x.width), inner: 0, outer: 2 * x.width }
    },
  },
  {
    name: 'activations that pass through quantization',
    takes: 'image',
    rounds: true,
    draw(d, x) {
      const inner = activation(d, conv(d, x, d.width()))
      const [scale, zero] = [d.scalar(0.01), d.constant(new MemoryTensor('uint8', [], Uint8Array.of(120)))]
      const codes = d.node('QuantizeLinear', [inner.value, scale, zero])
      const back = same(inner, d.node('DequantizeLinear', [codes, scale, zero]))
      return { out: conv(d, back, x.width), inner: inner.width, outer: 2 * x.width }
    },
  },
  {
    name: 'a convolution of integers throughout, which hinders',
    takes: 'image',
    rounds: true,
    draw(d, x) {
      const inner = d.width()
      const first = activation(d, conv(d, x, inner))
      const [scale, zero] = [d.scalar(0.02), d.constant(new MemoryTensor('uint8', [], Uint8Array.of(100)))]
      const codes = d.node('QuantizeLinear', [first.value, scale, zero])
      const [weights, scales] = integers(d, [x.width, inner, 1, 1], inner)
      const none = d.constant(new MemoryTensor('int8', [x.width], new Uint8Array(x.width)))
      const sum = d.node('QLinearConv', [codes, scale, zero, weights, scales, none, scale, zero])
      return { out: same(x, d.node('DequantizeLinear', [sum, scale, zero])), inner: 0, outer: x.width }
    },
  },
  {
    name: 'a product of integers, quantized as they come',
    takes: 'tokens',
    rounds: true,
    draw(d, x) {
      const inner = linear(d, x, d.width())
      const [codes, scale, zero] = d.nodes('DynamicQuantizeLinear', [inner.value], 3).outputs
      if (!codes || !scale || !zero) throw new Error('DynamicQuantizeLinear has three outputs.')
      const [weights] = integers(d, [inner.width, x.width], inner.width)
      const sum = d.node('Cast', [d.node('MatMulInteger', [codes, weights, zero])], { to: attr.int(1) })
      return { out: same(x, d.mul(sum, d.mul(scale, d.scalar(0.01)))), inner: 0, outer: x.width }
    },
  },
  {
    name: 'weights behind Transpose, Identity, Cast, Reshape and Unsqueeze',
    takes: 'tokens',
    draw(d, x) {
      const widths = Array.from({ length: 5 }, () => d.width())
      let y = x
      for (const [i, width] of widths.entries()) {
        const product = d.node('MatMul', [y.value, behind(d, i, [y.width, width])])
        y = activation(d, { ...x, width, value: d.add(product, d.vector(width, 0.1)) })
      }
      const inner = widths.reduce((n, width) => n + width, 0)
      return { out: linear(d, y, x.width), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'filters whose mean is taken out when they are read',
    takes: 'image',
    draw(d, x) {
      const inner = d.width()
      const raw = d.weight([inner, x.width, 3, 3], 9 * x.width)
      const centred = d.node('Sub', [raw, d.reduce('ReduceMean', raw, [1, 2, 3], true)])
      const active = activation(d, conv(d, x, inner, { kernel: 3, weights: [centred] }))
      return { out: conv(d, active, x.width), inner, outer: x.width }
    },
  },
  {
    name: 'filters that are scaled when they are read',
    takes: 'image',
    draw(d, x) {
      const inner = d.width()
      const scaled = d.mul(d.weight([inner, x.width, 3, 3], 9 * x.width), d.positive(inner, [inner, 1, 1, 1]))
      const active = activation(d, conv(d, x, inner, { kernel: 3, weights: [scaled] }))
      return { out: conv(d, active, x.width), inner, outer: 2 * x.width }
    },
  },
  {
    name: 'one matrix for two layers',
    takes: 'tokens',
    draw(d, x) {
      const shared = d.weight([x.width, x.width], x.width)
      const first = activation(d, same(x, d.node('MatMul', [x.value, shared])))
      const second = d.node('MatMul', [first.value, shared])
      return { out: same(x, d.add(second, x.value)), inner: 0, outer: x.width }
    },
  },
  {
    name: 'one matrix for two layers, turned',
    takes: 'tokens',
    draw(d, x) {
      const inner = d.width()
      const shared = d.weight([x.width, inner], x.width)
      const first = activation(d, { ...x, width: inner, value: d.node('MatMul', [x.value, shared]) })
      const second = d.node('MatMul', [first.value, d.transpose(shared, [1, 0])])
      return { out: same(x, second), inner, outer: x.width }
    },
  },
]

/** An int8 weight with its scales along an axis, or with one for all. */
function dequantized(d: Draw, shape: readonly number[], axis: number | null): Value {
  const count = shape.reduce((n, e) => n * e, 1)
  const codes = Int8Array.from({ length: count }, () => d.between(-127, 127))
  const weight = d.constant(new MemoryTensor('int8', shape, bytesOf(codes)))
  const fanIn = count / (shape[axis ?? shape.length - 1] ?? 1)
  const size = (1 / 70) * Math.sqrt(1 / fanIn)
  if (axis === null) return d.node('DequantizeLinear', [weight, d.scalar(size)])
  const length = shape[axis] ?? 1
  const scales = d.floats(
    [length],
    Array.from({ length }, () => size * (0.7 + 0.6 * d.rng.uniform())),
  )
  const zeros = d.constant(
    new MemoryTensor('int8', [length], bytesOf(Int8Array.from({ length }, () => d.between(-5, 5)))),
  )
  return d.node('DequantizeLinear', d.chance(0.5) ? [weight, scales, zeros] : [weight, scales], { axis })
}

/** Weights of int8 and a scale for each slice of the first axis. */
function integers(d: Draw, shape: readonly number[], fanIn: number): readonly [Value, Value] {
  const [length = 1] = shape
  const count = shape.reduce((n, e) => n * e, 1)
  const codes = Int8Array.from({ length: count }, () => d.between(-127, 127))
  const size = (1 / 70) * Math.sqrt(1 / fanIn)
  const scales = d.floats(
    [length],
    Array.from({ length }, () => size * (0.7 + 0.6 * d.rng.uniform())),
  )
  return [d.constant(new MemoryTensor('int8', shape, bytesOf(codes))), scales]
}

/** A matrix [in, out] behind one node or several. */
function behind(d: Draw, way: number, [rows, columns]: readonly [number, number]): Value {
  if (way === 0) return d.transpose(d.weight([columns, rows], rows), [1, 0])
  if (way === 1) return d.node('Identity', [d.weight([rows, columns], rows)])
  if (way === 2) {
    const numbers = Float64Array.from(d.normals(rows * columns, 0, Math.sqrt(1 / rows)))
    const stored = d.constant(new MemoryTensor('float64', [rows, columns], bytesOf(numbers)))
    return d.node('Cast', [stored], { to: attr.int(1) })
  }
  if (way === 3) {
    const reshaped = d.node('Reshape', [d.weight([1, columns, rows], rows), d.ints([columns, rows])])
    return d.transpose(reshaped, [1, 0])
  }
  return d.squeeze(d.unsqueeze(d.weight([rows, columns], rows), [0]), [0])
}
