import assert from 'node:assert/strict'
import { float32, outputOf, type Sketch, sketch } from '../../../fixtures/sketch.js'
import { DataError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { weightsOf } from '../../../src/ops/weights.js'
import { importanceOf, type Weighing } from '../../../src/passes/pack/importance.js'
import type { Importance } from '../../../src/passes/pack/plan.js'
import type { LearningData } from '../../../src/passes/pass.js'
import { windowsOf } from '../../rewrites/windows.js'
import { temporaryFolder } from '../../support/data-files.js'
import { randomArray } from '../../support/ort.js'
import { oneProduct, PRODUCTS } from '../products.js'
import { closeTo, type Rows, randomRows, transpose } from '../prune/dense-algebra.js'
import { learningFrom, samples } from '../prune/learning.js'

const pathIn = temporaryFolder()

async function weighed(model: Model, data: LearningData, more: Partial<Weighing> = {}) {
  const { weights } = weightsOf(model)
  const found = await importanceOf(model, weights, { data, by: 'hessian', samples: 512, seed: 0, ...more })
  const byName = new Map([...found.importances].map(([{ name }, importance]) => [name, importance]))
  return { ...found, byName, of: (name: string): Importance => byName.get(name) ?? assert.fail(name) }
}

const ofMeanOne = (values: readonly number[]): number[] => {
  const mean = values.reduce((a, b) => a + b) / values.length
  return values.map((value) => value / mean)
}

/** Of each input the mean square over the rows, with a hundredth of their mean added, so that the mean is 1. */
function hessianOf(rows: Rows): number[] {
  const squares = transpose(rows).map((column) => column.reduce((sum, x) => sum + x * x, 0))
  return ofMeanOne(ofMeanOne(squares).map((square) => square + 0.01))
}

/** A model of one convolution of x, whose weight is called `w`. */
function oneConvolution(
  x: readonly number[],
  shape: readonly number[],
  attrs: Parameters<Sketch['node']>[3],
  stored: (s: Sketch, shape: readonly number[]) => ReturnType<Sketch['weight']> = (s) => s.weight('w', shape),
): Model {
  const s = sketch('conv')
  s.output('y', s.node('Conv', 'conv', [s.input('x', ['N', ...x.slice(1)]), stored(s, shape)], attrs), null)
  return s.model
}

describe('The importance of weights', () => {
  const x = randomRows(40, 10, 5).map((row) => row.map((v, i) => Math.fround(v * (i + 1) + (row[0] ?? 0))))
  const w = randomRows(6, 10, 6).map((row) => row.map(Math.fround))

  for (const [title, form] of Object.entries(PRODUCTS)) {
    it(`is that of the inputs that they meet: ${title}`, async () => {
      const { of, samples: looked } = await weighed(oneProduct(form, w), learningFrom(samples(x), pathIn))

      const { shape, values } = of('w')
      assert.deepEqual(shape, form.stored === 'W' ? [1, 10] : [10, 1])
      assert.equal(closeTo([...values], hessianOf(x), 1e-5), null)
      assert.equal(looked, 40)
    })
  }

  it('is the root of the mean square, by activations', async () => {
    const model = oneProduct(PRODUCTS.MatMul ?? assert.fail(), w)
    const { of } = await weighed(model, learningFrom(samples(x), pathIn), { by: 'activations' })

    const expected = ofMeanOne(hessianOf(x).map(Math.sqrt))
    assert.equal(closeTo([...of('w').values], expected, 1e-5), null)
  })

  it("tells the error of a layer's output, where inputs do not depend on one another", async () => {
    const scales = [0.1, 3, 0.5, 1, 2, 0.05, 1, 4, 0.2, 0.7]
    const inputs = randomRows(512, 10, 3).map((row) => row.map((v, i) => Math.fround(v * (scales[i] ?? 0))))
    const model = oneProduct(PRODUCTS['Gemm with transB'] ?? assert.fail(), w)
    const { of } = await weighed(model, learningFrom(samples(inputs), pathIn))
    const h = of('w').values

    const total = (terms: readonly number[]) => terms.reduce((a, b) => a + b)
    const outputError = (noise: Rows) =>
      total(inputs.flatMap((row) => noise.map((n) => total(n.map((v, i) => v * (row[i] ?? 0))) ** 2)))
    const estimate = (noise: Rows) => total(noise.flatMap((n) => n.map((v, i) => (h[i] ?? 0) * v * v)))
    const everywhere = randomRows(6, 10, 11)
    const inFront = randomRows(6, 10, 12).map((row) => row.map((v, i) => (i < 4 ? v : 0)))
    const ratio = outputError(everywhere) / outputError(inFront)
    const estimated = estimate(everywhere) / estimate(inFront)
    assert.ok(Math.abs(estimated / ratio - 1) < 0.15, `${estimated} instead of ${ratio}`)
  })

  it('is that of the windows of a convolution', async () => {
    const window = { shape: [6, 4, 9, 8], kernel: [2, 3], strides: [2, 1], dilations: [1, 2], pads: [1, 0, 0, 1] }
    const images = randomArray('float32', window.shape, 9)
    const { strides, dilations, pads } = window
    const model = oneConvolution(window.shape, [5, 4, 2, 3], { strides, dilations, pads })
    const { of } = await weighed(model, learningFrom(images, pathIn, { batchSize: 4 }))

    assert.deepEqual(of('w').shape, [1, 4, 2, 3])
    assert.equal(closeTo([...of('w').values], hessianOf(windowsOf(images, window).flat()), 1e-5), null)
  })

  it('is that of the windows of its group, for each filter, in grouped and depthwise convolutions', async () => {
    for (const groups of [2, 4]) {
      const window = { shape: [6, 4, 7, 8], kernel: [2, 2], groups }
      const images = randomArray('float32', window.shape, 9)
      const perGroup = 12 / groups
      const channels = 4 / groups
      const model = oneConvolution(window.shape, [12, channels, 2, 2], { group: groups })
      const { of } = await weighed(model, learningFrom(images, pathIn))

      assert.deepEqual(of('w').shape, [12, channels, 2, 2])
      const squares = windowsOf(images, window).map((rows) =>
        transpose(rows).map((column) => column.reduce((sum, v) => sum + v * v, 0)),
      )
      const counts = ofMeanOne(squares.flat()).map((square) => square + 0.01)
      const width = channels * 4
      const expected = Array.from({ length: 12 * width }, (_, i) => {
        const group = Math.floor(i / width / perGroup)
        return (counts[group * width + (i % width)] ?? 0) / 1.01
      })
      assert.equal(closeTo([...of('w').values], expected, 1e-5), null)
    }
  })

  it('follows weights that are stored in another order of their axes', async () => {
    const window = { shape: [6, 4, 9, 8], kernel: [2, 3] }
    const images = randomArray('float32', window.shape, 9)
    const plain = await weighed(oneConvolution(window.shape, [5, 4, 2, 3], {}), learningFrom(images, pathIn))
    const turned = await weighed(
      oneConvolution(window.shape, [5, 4, 2, 3], {}, (s) =>
        s.node('Transpose', 'turn', [s.weight('w', [2, 5, 3, 4])], { perm: [1, 3, 0, 2] }),
      ),
      learningFrom(images, pathIn),
    )

    assert.deepEqual(turned.of('w').shape, [2, 1, 3, 4])
    const at = (c: number, y: number, x: number) => plain.of('w').values[(c * 2 + y) * 3 + x] ?? 0
    const expected = [0, 1].flatMap((y) => [0, 1, 2].flatMap((x) => [0, 1, 2, 3].map((c) => at(c, y, x))))
    assert.equal(closeTo([...turned.of('w').values], expected, 1e-6), null)
  })

  it('is the sum over all uses', async () => {
    const s = sketch('shared')
    const weight = s.constant('w', float32([6, 10], w.flat()))
    const input = s.input('x', ['N', 10])
    const factors = Array.from({ length: 10 }, (_, i) => 10 - i)
    const doubled = s.node('Mul', 'mul', [input, s.constant('factors', float32([10], factors))])
    const products = [input, doubled].map((from, i) => s.node('Gemm', `fc${i}`, [from, weight], { transB: 1 }))
    s.output('y', s.node('Add', 'add', products), null)
    const { of } = await weighed(s.model, learningFrom(samples(x), pathIn))

    const both = [...x, ...x.map((row) => row.map((v, i) => v * (factors[i] ?? 0)))]
    assert.equal(closeTo([...of('w').values], hessianOf(both), 1e-5), null)
  })

  it('never is nothing: what was always zero may be another number in the next sample', async () => {
    const dead = x.map((row) => row.map((v, i) => (i < 3 ? 0 : v)))
    const model = oneProduct(PRODUCTS.MatMul ?? assert.fail(), w)
    const some = await weighed(model, learningFrom(samples(dead), pathIn))
    const none = await weighed(model, learningFrom(samples(dead.map((row) => row.map(() => 0))), pathIn))

    assert.equal(closeTo([...some.of('w').values.slice(0, 3)], Array(3).fill(0.01 / 1.01), 1e-9), null)
    assert.deepEqual([...none.of('w').values], Array(10).fill(1))
  })

  it('is not known where inputs cannot be seen, and says why', async () => {
    const s = sketch('lstm')
    const turned = s.node('Transpose', 'turn', [s.input('x', ['N', 3, 4])], { perm: [1, 0, 2] })
    const weights = [s.weight('W', [1, 20, 4]), s.weight('R', [1, 20, 5])]
    const lstm = s.nodeOf('LSTM', 'lstm', [turned, ...weights], ['h'], { hidden_size: 5 })
    s.output('y', s.node('Transpose', 'back', [outputOf(lstm)], { perm: [2, 0, 1, 3] }), null)
    const { skipped, byName } = await weighed(s.model, learningFrom('random?n=12', pathIn))

    assert.deepEqual(
      [...byName].map(([name, { shape }]) => [name, shape]),
      [['W', [1, 1, 4]]],
    )
    assert.deepEqual(skipped, [
      {
        target: 'R',
        why: 'its elements are weighed evenly, without data: LSTM "lstm" does not show what it multiplies it with',
      },
    ])
  })

  it('needs no run where there is nothing to see', async () => {
    const s = sketch('lookup')
    s.output('y', s.node('Gather', 'embed', [s.weight('table', [20, 4]), s.input('ids', ['N', 3], 'int64')]), null)
    const { skipped, importances, samples: looked } = await weighed(s.model, learningFrom('there-is-none.npz', pathIn))

    assert.equal(importances.size, 0)
    assert.equal(looked, 0)
    assert.match(skipped[0]?.why ?? '', /^its elements are weighed evenly, without data: Gather "embed" does not show/)
  })

  it('is measured with weights that an earlier step has changed', async () => {
    const s = sketch('two')
    const first = s.weight('first', [80, 10])
    const hidden = s.node('Gemm', 'fc1', [s.input('x', ['N', 10]), first], { transB: 1 })
    s.output('y', s.node('Gemm', 'fc2', [hidden, s.weight('second', [4, 80])], { transB: 1 }), null)
    const before = await weighed(s.model, learningFrom(samples(x), pathIn))
    const tensor = first.constant ?? assert.fail()
    // The first 40 rows of `first` become zero, so that half of what `second` meets is.
    const halved = tensor.map((chunk, at) => {
      if (at < 1600) chunk.fill(0, 0, 1600 - at)
    })
    s.model.setConstant(first, halved)
    const after = await weighed(s.model, learningFrom(samples(x), pathIn))

    assert.ok(before.of('second').values.every((h) => h > 0.02))
    assert.equal(closeTo([...after.of('second').values.slice(0, 40)], Array(40).fill(0.01 / 1.01), 1e-9), null)
  })

  it('follows from the seed, looks at no more samples than told, and tells how far it is', async () => {
    const model = oneProduct(PRODUCTS.MatMul ?? assert.fail(), w)
    const told: number[] = []
    const look = async (seed: number) => {
      const found = await weighed(model, learningFrom(samples(x), pathIn), {
        samples: 7,
        seed,
        onProgress: (done) => told.push(done),
      })
      assert.equal(found.samples, 7)
      return [...found.of('w').values]
    }
    const [once, again, other] = [await look(1), await look(1), await look(2)]

    assert.deepEqual(once, again)
    assert.notDeepEqual(once, other)
    assert.ok(told.length > 0 && told.every((done) => done > 0 && done <= 1), `${told}`)
  })

  it('refuses data that lead to NaN, naming the samples', async () => {
    const broken = x.map((row, i) => (i === 13 ? row.map(() => Number.NaN) : row))
    await assert.rejects(
      weighed(oneProduct(PRODUCTS.MatMul ?? assert.fail(), w), learningFrom(samples(broken), pathIn)),
      (error) => error instanceof DataError && /^Samples 8 to 15 of the calibration data lead/.test(error.message),
    )
  })
})
