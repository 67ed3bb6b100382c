import { attr } from '../../../src/ir/attr.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { dtypeCode, tensorType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { weightsOf } from '../../../src/ops/weights.js'
import { changed, constantNamed, nodeNamed, noise, sketch } from './models.js'

/** A copy with zeros, or with noise, in the place of a weight. */
export function damagedCopy(source: Model, weight: Value, how: 'zeros' | 'noise'): Model {
  const { model, of } = source.clone()
  const tensor = weight.constant ?? weightsOf(source).weights.find(({ value }) => value === weight)?.tensor
  if (!tensor) throw new Error(`"${weight.name}" is no constant.`)
  const elements = new Float32Array(tensor.read().buffer)
  const damaged = elements.map((v, i) => (how === 'zeros' ? 0 : v * (1 + 0.2 * noise(i))))
  model.setConstant(of(weight), new MemoryTensor('float32', tensor.shape, bytesOf(damaged)))
  return model
}

/** int8 weights and activations around each Conv; one layer has a scale that is thirty times too coarse. */
export function withQdq(source: Model, layers: readonly string[], coarse: string): Model {
  const { model } = source.clone()
  const scalar = (name: string, value: number) =>
    model.addConstant(
      model.main,
      model.names.fresh(name),
      new MemoryTensor('float32', [], bytesOf(Float32Array.of(value))),
    )
  const node = (op: string, inputs: Value[], name: string, before: ReturnType<typeof nodeNamed>) => {
    const [output] = model.addNode(model.main, { op, inputs, outputs: [model.names.fresh(name)] }, before).outputs
    if (!output) throw new Error('A node has an output.')
    return output
  }
  for (const name of layers) {
    const conv = nodeNamed(model, name)
    const weight = constantNamed(model, `${name}.w`)
    const [x] = conv.inputs
    if (!x || weight.constant === null) throw new Error('A Conv has an input and a weight.')
    const values = new Float32Array(weight.constant.read().buffer)
    const largest = Math.max(...values.map(Math.abs))
    const scale = (largest / 127) * (name === coarse ? 30 : 1)
    const codes = Int8Array.from(values, (v) => Math.round(v / scale))
    const stored = model.addConstant(
      model.main,
      `${name}.q`,
      new MemoryTensor('int8', weight.constant.shape, bytesOf(codes)),
    )
    model.setInput(conv, 1, node('DequantizeLinear', [stored, scalar(`${name}.s`, scale)], `${name}.dq`, conv))
    const zero = model.addConstant(model.main, `${name}.z`, new MemoryTensor('uint8', [], Uint8Array.of(128)))
    const step = scalar(`${name}.xs`, 0.05)
    const q = node('QuantizeLinear', [x, step, zero], `${name}.xq`, conv)
    model.setInput(conv, 0, node('DequantizeLinear', [q, step, zero], `${name}.xdq`, conv))
    model.removeConstant(weight)
  }
  return model
}

/** Conv and BatchNormalization, and a Conv that has taken it in. */
export function batchNormModels(): { plain: Model; folded: Model } {
  const vector = (...values: number[]) =>
    new MemoryTensor('float32', [values.length], bytesOf(Float32Array.from(values)))
  const [scale, bias, mean, variance] = [
    [2, 0.5],
    [0.1, -0.2],
    [0.3, 0.4],
    [1.5, 0.25],
  ] as const
  const a = sketch()
  const w = a.weight('conv.w', [2, 3, 3, 3])
  const conv = a.node('Conv', 'conv', [a.input('x', ['N', 3, 5, 5]), w])
  const norm = a.node(
    'BatchNormalization',
    'norm',
    [
      conv,
      a.constant('s', vector(...scale)),
      a.constant('o', vector(...bias)),
      a.constant('m', vector(...mean)),
      a.constant('v', vector(...variance)),
    ],
    { epsilon: attr.float(0) },
  )
  a.output('y', a.node('Relu', 'act', [norm]), null)

  const gain = scale.map((s, c) => s / Math.sqrt(variance[c] ?? 1))
  const values = new Float32Array(w.constant?.read().buffer ?? new ArrayBuffer(0)).map(
    (v, i) => v * (gain[Math.floor(i / 27)] ?? 1),
  )
  const b = sketch()
  const inputs = [
    b.input('x', ['N', 3, 5, 5]),
    b.constant('conv.w', new MemoryTensor('float32', [2, 3, 3, 3], bytesOf(values))),
    b.constant('conv.b', vector(...bias.map((o, c) => o - (mean[c] ?? 0) * (gain[c] ?? 1)))),
  ]
  const [out] = b.nodeOf('Conv', 'conv', inputs, ['norm.out']).outputs
  if (!out) throw new Error('A Conv has an output.')
  b.output('y', b.node('Relu', 'act', [out]), null)
  return { plain: a.model, folded: b.model }
}

/** The last of four channels is gone in the second model. */
export function prunedModels(): { whole: Model; cut: Model } {
  const make = (channels: number) => {
    const s = sketch()
    const first = new Float32Array(s.weight('all', [4, 3, 3, 3]).constant?.read().buffer ?? new ArrayBuffer(0))
    const second = new Float32Array(s.weight('all2', [2, 4, 3, 3]).constant?.read().buffer ?? new ArrayBuffer(0))
    const kept = second.filter((_, i) => Math.floor(i / 9) % 4 < channels)
    for (const value of [...s.model.main.initializers]) s.model.removeConstant(value)
    const x = s.input('x', ['N', 3, 8, 8])
    const w1 = s.constant(
      'w1',
      new MemoryTensor('float32', [channels, 3, 3, 3], bytesOf(first.slice(0, channels * 27))),
    )
    const w2 = s.constant('w2', new MemoryTensor('float32', [2, channels, 3, 3], bytesOf(kept)))
    const r1 = s.node('Relu', 'r1', [s.node('Conv', 'c1', [x, w1])])
    s.output('y', s.node('Relu', 'r2', [s.node('Conv', 'c2', [r1, w2])]), null)
    return s.model
  }
  return { whole: make(4), cut: make(3) }
}

/** y = c2(f * relu(c1(x))), and the same with f in the weights of c1 and nothing but an Identity in its place. */
export function factorModels(): { apart: Model; moved: Model } {
  const make = (factor: number) => {
    const s = sketch()
    const w = s.weight('c1.w', [6, 3, 3, 3])
    const r1 = s.node('Relu', 'r1', [s.node('Conv', 'c1', [s.input('x', ['N', 3, 8, 8]), w])])
    const scaled =
      factor === 1
        ? s.node('Identity', 'factor', [r1])
        : s.node('Mul', 'factor', [
            r1,
            s.constant('f', new MemoryTensor('float32', [], bytesOf(Float32Array.of(factor)))),
          ])
    const c2 = s.node('Conv', 'c2', [scaled, s.weight('c2.w', [4, 6, 3, 3])])
    s.output('y', s.node('Relu', 'r2', [c2]), null)
    return s.model
  }
  return { apart: make(0.25), moved: changed(make(1), 'c1.w', (v) => v * 0.25) }
}

/**
 * A copy in which values have other names.
 *
 * @param nodes  whether nodes lose theirs, too
 */
export function withOtherNames(source: Model, nodes = false): Model {
  const s = sketch()
  const copies = new Map<Value, Value>()
  for (const input of source.main.inputs) copies.set(input, s.model.addInput(s.model.main, input.name, input.declared))
  for (const value of source.main.initializers) {
    if (value.constant !== null) copies.set(value, s.constant(value.name, value.constant))
  }
  let n = 0
  for (const node of source.main.nodes) {
    const copy = s.model.addNode(s.model.main, {
      op: node.op,
      name: nodes ? '' : node.name,
      inputs: node.inputs.map((value) => value && (copies.get(value) ?? null)),
      outputs: node.outputs.map(() => `value_${n++}`),
      attrs: Object.fromEntries(node.attrs),
    })
    for (const [i, value] of node.outputs.entries()) if (value && copy.outputs[i]) copies.set(value, copy.outputs[i])
  }
  for (const slot of source.main.outputs)
    s.model.addOutput(s.model.main, copies.get(slot.value) ?? slot.value, { name: slot.name })
  return s.model
}

/** The same in float32 and, but for inputs and outputs, in float16. */
export function halfModels(): { single: Model; half: Model } {
  const make = (half: boolean) => {
    const s = sketch()
    const to = (value: Value, name: string, dtype: 'float16' | 'float32') =>
      s.node('Cast', name, [value], { to: attr.int(dtypeCode(dtype)) })
    const x = s.input('x', ['N', 8])
    const weight = (name: string) =>
      half ? to(s.weight(name, [8, 8]), `${name}.half`, 'float16') : s.weight(name, [8, 8])
    const made = (op: string, inputs: Value[], output: string) => {
      const [value] = s.nodeOf(op, output, inputs, [output]).outputs
      if (!value) throw new Error('A node has an output.')
      return value
    }
    const h1 = made('MatMul', [half ? to(x, 'x.half', 'float16') : x, weight('w1')], 'h1')
    const h2 = made('MatMul', [made('Relu', [h1], half ? 'r.half' : 'r'), weight('w2')], 'h2')
    const [y] = half
      ? s.nodeOf('Cast', 'y', [h2], ['y'], { to: attr.int(dtypeCode('float32')) }).outputs
      : s.nodeOf('Identity', 'y', [h2], ['y']).outputs
    if (!y) throw new Error('A node has an output.')
    s.output('y', y, tensorType('float32', ['N', 8]))
    return s.model
  }
  return { single: make(false), half: make(true) }
}

/** x * w, rounded to bfloat16 and back. */
export function bfloat16Model(): Model {
  const s = sketch()
  const w = s.constant('w', new MemoryTensor('float32', [4], bytesOf(Float32Array.of(1, 2, 3, 4))))
  const product = s.node('Mul', 'mul', [s.input('x', ['N', 4]), w])
  const [b] = s.nodeOf('Cast', 'down', [product], ['b'], { to: attr.int(dtypeCode('bfloat16')) }).outputs
  if (!b) throw new Error('A Cast has an output.')
  s.output('y', s.node('Cast', 'up', [b], { to: attr.int(dtypeCode('float32')) }), tensorType('float32', ['N', 4]))
  return s.model
}
