import type { Value } from '../../../../src/ir/graph.js'
import { B, type Draw, type Extent } from './draw.js'
import type { Feature } from './topology.js'

/** The feature with another value of the same extents. */
export function same(x: Feature, value: Value): Feature {
  return { ...x, value }
}

/** The target shape of a feature, or of one with other channels. */
export function shapeOf({ kind, width, space }: Omit<Feature, 'value'>): readonly Extent[] {
  return kind === 'tokens' ? [B, ...space, width] : [B, width, ...space]
}

export interface ConvOptions {
  /** 1 or 3 by lot without it. */
  readonly kernel?: number
  readonly group?: number
  readonly stride?: number
  readonly bias?: boolean
  /** Shared filters [M, C/group, k...] and their bias, instead of new ones. */
  readonly weights?: readonly Value[]
}

/** A convolution that keeps the space (but for its stride). */
export function conv(d: Draw, x: Feature, width: number, options: ConvOptions = {}): Feature {
  const { group = 1, stride = 1, kernel = d.pick([1, 3]) } = options
  const rank = x.space.length
  const weights = options.weights ?? filters(d, [width, x.width / group, ...Array(rank).fill(kernel)], options.bias)
  const pad = (kernel - 1) / 2
  const attrs = {
    ...((group > 1 || d.chance(0.3)) && { group }),
    ...(stride > 1 && { strides: Array(rank).fill(stride) }),
    ...(d.chance(0.5) && { kernel_shape: Array(rank).fill(kernel) }),
    ...(d.chance(0.2) ? { auto_pad: 'SAME_UPPER' } : pad > 0 && { pads: Array(2 * rank).fill(pad) }),
  }
  const value = d.node('Conv', [x.value, ...weights], attrs)
  return { ...x, value, width, space: x.space.map((n) => Math.ceil(n / stride)) }
}

/** Filters, mostly with a bias. */
export function filters(d: Draw, shape: readonly number[], bias = d.chance(0.6)): Value[] {
  const fanIn = shape.slice(1).reduce((n, e) => n * e, 1)
  return [d.weight(shape, fanIn), ...(bias ? [d.vector(shape[0] ?? 0, 0.1)] : [])]
}

/** One filter per channel, or several. */
export function depthwise(d: Draw, x: Feature, options: ConvOptions & { readonly multiplier?: number } = {}): Feature {
  return conv(d, x, x.width * (options.multiplier ?? 1), { kernel: 3, ...options, group: x.width })
}

export function batchNorm(d: Draw, x: Feature): Feature {
  const { width: c } = x
  const params = [d.vector(c, 1, 0.3), d.vector(c, 0.1), d.vector(c, 0, 0.3), d.positive(c)]
  return same(x, d.node('BatchNormalization', [x.value, ...params], d.chance(0.5) ? { epsilon: 0.001 } : {}))
}

/** A matrix per token or vector: MatMul and Add, or Gemm where there are but two axes. */
export function linear(d: Draw, x: Feature, width: number, { bias = d.chance(0.8) } = {}): Feature {
  if (x.kind === 'vector' && d.chance(0.7)) {
    const transB = d.chance(0.7)
    const weight = d.weight(transB ? [width, x.width] : [x.width, width], x.width)
    const inputs = [x.value, weight, ...(bias ? [d.vector(width, 0.1)] : [])]
    return { ...x, width, value: d.node('Gemm', inputs, { transB: transB ? 1 : 0 }) }
  }
  const product = d.node('MatMul', [x.value, d.weight([x.width, width], x.width)])
  return { ...x, width, value: bias ? d.add(product, d.vector(width, 0.1)) : product }
}

/** A layer of the kind that suits the feature: a convolution with a kernel of 1, or a matrix. */
export function pointwise(d: Draw, x: Feature, width: number): Feature {
  return x.kind === 'tokens' || x.kind === 'vector' ? linear(d, x, width) : conv(d, x, width, { kernel: 1 })
}

/** One of the activations that the opset has, in one node or as exporters write it out. */
export function activation(d: Draw, x: Feature): Feature {
  const { value } = x
  const draws: [() => Value, ...(() => Value)[]] = [
    () => d.node('Relu', [value]),
    () => d.node('Relu', [value]),
    () => d.node('LeakyRelu', [value], { alpha: 0.1 }),
    () => d.node('Sigmoid', [value]),
    () => d.node('Tanh', [value]),
    () => d.node('Elu', [value]),
    () => d.node('Softplus', [value]),
    () => d.node('HardSigmoid', [value], { alpha: 0.3 }),
    () => d.mul(value, d.node('Sigmoid', [value])),
    () => d.node('Clip', [value, d.scalar(-0.9), d.scalar(1.1)]),
    () => gelu(d, value),
    () => hardSwish(d, value),
  ]
  if (d.opset >= 18) draws.push(() => d.node('Mish', [value]))
  return same(x, d.pick(draws)())
}

export function gelu(d: Draw, x: Value): Value {
  if (d.opset >= 20 && d.chance(0.5)) return d.node('Gelu', [x])
  const erf = d.node('Erf', [d.node('Div', [x, d.scalar(Math.SQRT2)])])
  return d.mul(d.mul(x, d.add(erf, d.scalar(1))), d.scalar(0.5))
}

export function hardSwish(d: Draw, x: Value): Value {
  if (d.opset >= 14 && d.chance(0.6)) return d.node('HardSwish', [x])
  const clipped = d.node('Clip', [d.add(x, d.scalar(3)), d.scalar(0), d.scalar(6)])
  return d.node('Div', [d.mul(x, clipped), d.scalar(6)])
}

/** Normalization over the channels of tokens, as one node where the opset has it. */
export function layerNorm(d: Draw, x: Feature): Feature {
  const params = [d.vector(x.width, 1, 0.3), d.vector(x.width, 0.1)] as const
  if (d.opset >= 17) return same(x, d.node('LayerNormalization', [x.value, ...params], { axis: -1 }))
  return same(x, writtenOutNorm(d, x.value, -1, params))
}

/** A mean and a variance over an axis, op by op. */
export function writtenOutNorm(d: Draw, x: Value, axis: number, [scale, bias]: readonly [Value, Value]): Value {
  const centred = d.node('Sub', [x, d.reduce('ReduceMean', x, [axis], true)])
  const squared = d.chance(0.5) ? d.node('Pow', [centred, d.scalar(2)]) : d.node('Mul', [centred, centred])
  const variance = d.add(d.reduce('ReduceMean', squared, [axis], true), d.scalar(1e-5))
  const normal = d.node('Div', [centred, d.node('Sqrt', [variance])])
  return d.add(d.mul(normal, scale), bias)
}

/** The mean of each channel over space: [N, C, 1, ...]. */
export function globalPool(d: Draw, x: Feature): Feature {
  const ones = x.space.map(() => 1)
  if (d.chance(0.6)) return { ...x, value: d.node('GlobalAveragePool', [x.value]), space: ones }
  return {
    ...x,
    value: d.reduce(
      'ReduceMean',
      x.value,
      x.space.map((_, i) => i + 2),
      true,
    ),
    space: ones,
  }
}

/** What a layer per sample reads: [N, C] of a feature of any kind, by a mean over its space. */
export function pooled(d: Draw, x: Feature): Feature {
  if (x.kind === 'vector') return x
  const vector = { kind: 'vector', width: x.width, space: [] } as const
  if (x.kind === 'tokens') return { ...vector, value: d.reduce('ReduceMean', x.value, [1], false) }
  if (d.chance(0.3)) {
    const axes = x.space.map((_, i) => (d.chance(0.5) ? i + 2 : i - x.space.length))
    return { ...vector, value: d.reduce('ReduceMean', x.value, axes, false) }
  }
  const { value } = globalPool(d, x)
  return { ...vector, value: flattened(d, value, x.width, x.space.length) }
}

/** [N, C, 1, ...] -> [N, C] */
function flattened(d: Draw, value: Value, width: number, rank: number): Value {
  const draws: [() => Value, ...(() => Value)[]] = [
    () => d.node('Flatten', [value], { axis: 1 }),
    () => d.reshape(value, [B, width]),
    () =>
      d.squeeze(
        value,
        Array.from({ length: rank }, (_, i) => i + 2),
      ),
  ]
  return d.pick(draws)()
}

/** A node with a pool over windows of `size`, with stride `stride`, of features with space. */
export function pool(d: Draw, x: Feature, op: 'MaxPool' | 'AveragePool', size: number, stride: number): Feature {
  const rank = x.space.length
  const pad = size % 2 === 1 ? (size - 1) / 2 : 0
  const attrs = {
    kernel_shape: Array(rank).fill(size),
    strides: Array(rank).fill(stride),
    ...(pad > 0 && { pads: Array(2 * rank).fill(pad) }),
    ...(op === 'AveragePool' && d.chance(0.5) && { count_include_pad: 1 }),
  }
  const space = x.space.map((n) => Math.floor((n + 2 * pad - size) / stride) + 1)
  return { ...x, value: d.node(op, [x.value], attrs), space }
}

/** Nearest neighbours to another space, by scales or by sizes. */
export function resize(d: Draw, x: Feature, space: readonly number[]): Feature {
  const roi = d.opset < 13 ? d.floats([0], []) : null
  const attrs = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
  const whole = space.every((n, i) => n % (x.space[i] ?? 1) === 0)
  const { batch } = d
  if (batch !== 'open' && (!whole || d.chance(0.5))) {
    const sizes = d.ints([batch.size, x.width, ...space])
    const scales = d.opset < 13 ? d.floats([0], []) : null
    return { ...x, space, value: d.node('Resize', [x.value, roi, scales, sizes], attrs) }
  }
  // A hair more than the ratio, where it is no whole number: the product is rounded down.
  const scales = [1, 1, ...space.map((n, i) => (n % (x.space[i] ?? 1) === 0 ? n : n + 0.01) / (x.space[i] ?? 1))]
  return { ...x, space, value: d.node('Resize', [x.value, roi, d.floats([scales.length], scales)], attrs) }
}
