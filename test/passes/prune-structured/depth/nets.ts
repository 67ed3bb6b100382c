import { type Attrs, float32, int64, type Sketch, sketch, uniform } from '../../../../fixtures/sketch.js'
import { countMacs } from '../../../../src/analysis/macs.js'
import { inferShapes } from '../../../../src/analysis/shapes.js'
import type { Model, Value } from '../../../../src/ir/graph.js'
import { elementCount, type Shape, tensorType } from '../../../../src/ir/type.js'
import { type Residuals, residualBlocks } from '../../../../src/passes/prune-structured/depth/residual-blocks.js'

/**
 * Draws networks whose weights hang on their names alone: a network with fewer blocks has the same weights in those
 * that are left.
 */
export class Net {
  readonly sketch: Sketch
  readonly #factors: Readonly<Record<string, number>>

  /** @param factors  for weights by name: what they are multiplied by */
  constructor(opset = 17, factors: Readonly<Record<string, number>> = {}) {
    this.sketch = sketch('net', opset)
    this.#factors = factors
  }

  get model(): Model {
    return this.sketch.model
  }

  input(shape: Shape): Value {
    return this.sketch.input('x', shape)
  }

  output(value: Value, name = 'y', rank: number | null = null): Model {
    this.sketch.output(name, value, tensorType('float32', rank === null ? null : Array(rank).fill(null)))
    return this.model
  }

  /** The same one for the same name. */
  weight(name: string, shape: readonly number[]): Value {
    const known = this.sketch.graph.definitions.get(name)
    if (known !== undefined) return known
    const seed = [...name].reduce((sum, c) => (Math.imul(sum, 31) + c.charCodeAt(0)) >>> 0, 7)
    const limit = Math.sqrt(3 / elementCount(shape.slice(1))) * (this.#factors[name] ?? 1)
    return this.sketch.constant(name, float32(shape, uniform(shape, limit, seed)))
  }

  node(op: string, name: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    return this.sketch.node(op, name, inputs, attrs)
  }

  /** 3 x 3, as wide as it came unless told. */
  conv(name: string, x: Value, from: number, to = from, weight = `${name}.w`): Value {
    return this.node('Conv', name, [x, this.weight(weight, [to, from, 3, 3])], { pads: [1, 1, 1, 1] })
  }

  relu(name: string, x: Value): Value {
    return this.node('Relu', name, [x])
  }

  add(name: string, a: Value, b: Value): Value {
    return this.node('Add', name, [a, b])
  }

  /** relu(x + conv(relu(conv(x)))): `name.sum`, `name.1`, `name.2` */
  residual(name: string, x: Value, channels: number): Value {
    const inner = this.conv(`${name}.2`, this.relu(`${name}.relu`, this.conv(`${name}.1`, x, channels)), channels)
    return this.relu(`${name}.out`, this.add(`${name}.sum`, inner, x))
  }

  linear(name: string, x: Value, from: number, to: number): Value {
    const product = this.node('MatMul', name, [x, this.sketch.constant(`${name}.w`, this.#matrix(name, from, to))])
    return this.add(`${name}.biased`, product, this.weight(`${name}.b`, [to]))
  }

  norm(name: string, x: Value, width: number): Value {
    const scale = this.sketch.constant(`${name}.scale`, float32([width], Array(width).fill(1)))
    return this.node('LayerNormalization', name, [x, scale], { axis: -1 })
  }

  /** x + attention(norm(x)), of one head */
  attention(name: string, x: Value, width: number): Value {
    const normed = this.norm(`${name}.norm`, x, width)
    const [q, k, v] = ['q', 'k', 'v'].map((part) => this.linear(`${name}.${part}`, normed, width, width))
    if (!q || !k || !v) throw new Error('There are three.')
    const turned = this.node('Transpose', `${name}.turned`, [k], { perm: [0, 2, 1] })
    const weights = this.node('Softmax', `${name}.weights`, [this.node('MatMul', `${name}.scores`, [q, turned])], {
      axis: -1,
    })
    const mixed = this.node('MatMul', `${name}.mixed`, [weights, v])
    return this.add(`${name}.sum`, x, this.linear(`${name}.out`, mixed, width, width))
  }

  /** x + mlp(norm(x)), with the GELU that has a sum of its own: 0.5 h (1 + tanh(0.8 (h + 0.04 h^3))) */
  mlp(name: string, x: Value, width: number): Value {
    const h = this.linear(`${name}.in`, this.norm(`${name}.norm`, x, width), width, 2 * width)
    const of = (op: string, part: string, ...inputs: (Value | number)[]) => {
      const values = inputs.map((input, i) =>
        typeof input === 'number' ? this.sketch.constant(`${name}.${part}.${i}`, float32([], [input])) : input,
      )
      return this.node(op, `${name}.${part}`, values)
    }
    const inner = of('Add', 'cubic', h, of('Mul', 'scaled', of('Pow', 'cube', h, 3), 0.044715))
    const gate = of('Add', 'one', of('Tanh', 'tanh', of('Mul', 'stretched', inner, 0.7978845608)), 1)
    const gelu = of('Mul', 'half', of('Mul', 'gelu', h, gate), 0.5)
    return this.add(`${name}.sum`, x, this.linear(`${name}.out`, gelu, 2 * width, width))
  }

  ints(name: string, values: readonly number[]): Value {
    return this.sketch.constant(name, int64([values.length], values))
  }

  #matrix(name: string, from: number, to: number) {
    const values = this.weight(`${name}.rows`, [to, from]).constant
    if (values === null) throw new Error('It is a constant.')
    const rows = new Float32Array(values.read().buffer)
    this.sketch.model.removeConstant(this.weight(`${name}.rows`, [to, from]))
    return float32(
      [from, to],
      Array.from({ length: from * to }, (_, i) => rows[(i % to) * from + Math.floor(i / to)] ?? 0),
    )
  }
}

/** A stem, two blocks of 4 channels, a projection to 6, two blocks of 6, a head. */
export function resnet({
  without = [],
  factors = {},
  opset = 17,
}: {
  readonly without?: readonly string[]
  readonly factors?: Readonly<Record<string, number>>
  readonly opset?: number
} = {}): Model {
  const net = new Net(opset, factors)
  const stage = (x: Value, names: readonly string[], channels: number) =>
    names.filter((name) => !without.includes(name)).reduce((at, name) => net.residual(name, at, channels), x)
  const stem = net.relu('stem.out', net.conv('stem', net.input([2, 3, 6, 6]), 3, 4))
  const first = stage(stem, ['a1', 'a2'], 4)
  const shortcut = net.conv('down.shortcut', first, 4, 6)
  const down = net.relu('down.out', net.add('down.sum', net.conv('down', first, 4, 6), shortcut))
  const second = stage(down, ['b1', 'b2'], 6)
  const pooled = net.node('Flatten', 'flat', [net.node('GlobalAveragePool', 'pool', [second])])
  return net.output(net.node('Gemm', 'head', [pooled, net.weight('head.w', [6, 5])]), 'y', 2)
}

export const TRANSFORMER = ['l1.attn', 'l1.mlp', 'l2.attn', 'l2.mlp'] as const

/** Two pre-norm layers on [batch, 5, 8], a last norm and a head. */
export function transformer(without: readonly string[] = [], factors: Readonly<Record<string, number>> = {}): Model {
  const net = new Net(17, factors)
  let x = net.linear('embed', net.input(['N', 5, 3]), 3, 8)
  for (const name of TRANSFORMER) {
    if (without.includes(name)) continue
    x = name.endsWith('attn') ? net.attention(name, x, 8) : net.mlp(name, x, 8)
  }
  return net.output(net.linear('head', net.norm('norm', x, 8), 8, 4), 'y', 3)
}

export async function residualsOf(model: Model, dims: Readonly<Record<string, number>> = {}): Promise<Residuals> {
  const shapes = await inferShapes(model, { dims })
  const open = await inferShapes(model, { open: true })
  return residualBlocks(model, { shapes, open, macs: countMacs(model, shapes) })
}

export async function namesOf(model: Model): Promise<string[]> {
  const { blocks } = await residualsOf(model)
  return blocks.map(({ name }) => name)
}
