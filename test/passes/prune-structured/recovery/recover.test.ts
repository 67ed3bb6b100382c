import assert from 'node:assert/strict'
import { float32, type Sketch, sketch, uniform } from '../../../../fixtures/sketch.js'
import { dependenciesOf } from '../../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../../src/analysis/shapes.js'
import { DataError } from '../../../../src/errors.js'
import { numberToFloat16 } from '../../../../src/ir/float16.js'
import type { Model, Value } from '../../../../src/ir/graph.js'
import { MemoryTensor } from '../../../../src/ir/tensor.js'
import { verify } from '../../../../src/ir/verify.js'
import { bytesOf, constantOf, walk } from '../../../../src/ir/walk.js'
import { skeleton } from '../../../../src/onnx/skeleton.js'
import type { LearningData } from '../../../../src/passes/pass.js'
import type { Values } from '../../../../src/passes/prune-structured/index.js'
import { type Recovered, recover } from '../../../../src/passes/prune-structured/recovery/recover.js'
import { cut } from '../../../../src/rewrites/cut/cut.js'
import type { NdArray } from '../../../../src/runtime/array.js'
import { temporaryFolder } from '../../../support/data-files.js'
import { assertClose, randomArray, runModel } from '../../../support/ort.js'
import { learningFrom } from '../../prune/learning.js'

const pathIn = temporaryFolder()

/** Removes channels that a node makes, and recovers. The model is changed in place. */
async function pruned(
  model: Model,
  producer: string,
  channels: readonly number[],
  recoverBy: Values['recover'],
  data: LearningData | null,
): Promise<{ before: Model } & Recovered> {
  const shapes = await inferShapes(model, { dims: data?.dims ?? {} })
  const dependencies = dependenciesOf(model, shapes, await inferShapes(model, { open: true }))
  const members = dependencies.groups.flatMap(({ producers }) => producers)
  const member = members.find(({ node }) => node.name === producer) ?? assert.fail(`${producer} makes nothing`)
  const removal = new Uint8Array(dependencies.unitCount)
  for (const channel of channels) removal[member.units[channel] ?? -1] = 1
  const { model: before } = model.clone()
  cut(dependencies, removal)
  const context = { seed: 0, folder: () => Promise.reject(new Error('not needed')), ...(data && { data }) }
  const found = await recover({ before, dependencies, removal, model }, { recover: recoverBy, samples: null }, context)
  verify(model, 'recover')
  return { before, ...found }
}

async function assertSameOutputs(after: Model, before: Model, x: NdArray): Promise<void> {
  assertClose(await runModel(skeleton(after), { x }), await runModel(skeleton(before), { x }), 1e-4)
}

/** Weights [4, size] of which row 2 is a mixture of rows 0 and 3. */
function mixing(size: number): number[] {
  const rows = uniform([4, size], 1, 7)
  for (let i = 0; i < size; i++) rows[2 * size + i] = 0.5 * (rows[i] ?? 0) - 2 * (rows[3 * size + i] ?? 0)
  return rows
}

/** Four channels of images, the third of which the others tell. */
function mixedImages(s: Sketch, size: number): Value {
  const bias = s.constant('b1', float32([4], [0.3, -0.2, 0.5 * 0.3 - 2 * 0.1, 0.1]))
  const weight = s.constant('w1', float32([4, 2, 1, 1], mixing(2)))
  return s.node('Conv', 'first', [s.input('x', ['N', 2, size, size]), weight, bias])
}

function mixedRows(s: Sketch): Value {
  const bias = s.constant('b1', float32([4], [0.3, -0.2, 0.5 * 0.3 - 2 * 0.1, 0.1]))
  const weight = s.constant('w1', float32([4, 6], mixing(6)))
  return s.node('Gemm', 'first', [s.input('x', ['N', 6]), weight, bias], { transB: 1 })
}

const IMAGES: Readonly<Record<string, (s: Sketch, x: Value) => Value>> = {
  'a padded convolution': (s, x) =>
    s.node('Conv', 'second', [x, s.weight('w2', [3, 4, 3, 3]), s.weight('b2', [3], 1)], { pads: [1, 1, 1, 1] }),
  'strides, dilations and pads that differ, no bias': (s, x) =>
    s.node('Conv', 'second', [x, s.weight('w2', [3, 4, 2, 3])], {
      strides: [2, 1],
      dilations: [1, 2],
      pads: [1, 0, 0, 2],
    }),
}

const ROWS: Readonly<Record<string, (s: Sketch, x: Value) => Value>> = {
  'Gemm with transB and factors': (s, x) =>
    s.node('Gemm', 'second', [x, s.weight('w2', [5, 4]), s.weight('b2', [5], 1)], {
      transB: 1,
      alpha: 0.5,
      beta: 0.25,
    }),
  'Gemm without a bias': (s, x) => s.node('Gemm', 'second', [x, s.weight('w2', [4, 5], 4)]),
  'MatMul and an Add': (s, x) =>
    s.node('Add', 'add', [s.node('MatMul', 'second', [x, s.weight('w2', [4, 5], 4)]), s.weight('b2', [5], 1)]),
  'MatMul alone': (s, x) => s.node('MatMul', 'second', [x, s.weight('w2', [4, 5], 4)]),
  'MatMul behind a Transpose of its weight': (s, x) =>
    s.node('MatMul', 'second', [x, s.node('Transpose', 'turn', [s.weight('w2', [5, 4])], { perm: [1, 0] })]),
}

describe('recover', () => {
  const images = randomArray('float32', [40, 2, 7, 7], 3)
  const rows = randomArray('float32', [64, 6], 4)

  for (const [title, draw] of Object.entries(IMAGES)) {
    it(`fits what the other channels tell exactly: ${title}`, async () => {
      const s = sketch('conv')
      s.output('y', draw(s, mixedImages(s, 7)), null)
      const { before, recovered } = await pruned(s.model, 'first', [2], 'auto', learningFrom(images, pathIn))

      await assertSameOutputs(s.model, before, images)
      assert.deepEqual(
        recovered.map(({ target, what }) => ({ target, what })),
        [{ target: 'second', what: 'refitted' }],
      )
      assert.ok((recovered[0]?.errorBefore ?? 0) > 0.05, `${recovered[0]?.errorBefore}`)
      assert.ok((recovered[0]?.errorAfter ?? 1) < 1e-6, `${recovered[0]?.errorAfter}`)
    })
  }

  for (const [title, draw] of Object.entries(ROWS)) {
    it(`fits what the other channels tell exactly: ${title}`, async () => {
      const s = sketch('product')
      s.output('y', draw(s, mixedRows(s)), null)
      const { before, recovered } = await pruned(s.model, 'first', [2], 'auto', learningFrom(rows, pathIn))

      await assertSameOutputs(s.model, before, rows)
      assert.equal(recovered[0]?.what, 'refitted')
    })
  }

  it('fits each group of a convolution by its own channels', async () => {
    const s = sketch('groups')
    // Channels 2 and 5 of 6, the last of each group, are mixtures of the two before them.
    const w = uniform([6, 2], 1, 9)
    for (const base of [0, 6]) for (const i of [0, 1]) w[base / 1 + 4 + i] = (w[base + i] ?? 0) - (w[base + 2 + i] ?? 0)
    const first = s.node('Conv', 'first', [s.input('x', ['N', 2, 7, 7]), s.constant('w1', float32([6, 2, 1, 1], w))])
    s.output('y', s.node('Conv', 'second', [first, s.weight('w2', [4, 3, 3, 3])], { group: 2 }), null)
    const { before } = await pruned(s.model, 'first', [2], 'refit', learningFrom(images, pathIn))

    assert.equal([...walk(s.model)].find(({ name }) => name === 'first')?.inputs[1]?.constant?.shape[0], 4)
    await assertSameOutputs(s.model, before, images)
  })

  it('a constant channel is absorbed exactly, also by what cannot be fitted', async () => {
    for (const op of ['Conv', 'ConvTranspose']) {
      const s = sketch('constant')
      const w = uniform([4, 2], 1, 5).map((v, i) => (i === 2 || i === 3 ? 0 : v)) // channel 1 is its bias
      const bias = s.constant('b1', float32([4], [0.1, 0.7, -0.3, 0.2]))
      const first = s.node('Conv', 'first', [
        s.input('x', ['N', 2, 7, 7]),
        s.constant('w1', float32([4, 2, 1, 1], w)),
        bias,
      ])
      const second = s.node('Conv' === op ? 'Conv' : 'ConvTranspose', 'second', [
        first,
        op === 'Conv' ? s.weight('w2', [3, 4, 2, 2]) : s.weight('w2', [4, 3, 1, 1], 4),
      ])
      s.output('y', second, null)
      const { before, recovered } = await pruned(s.model, 'first', [1], 'absorb', learningFrom(images, pathIn))

      await assertSameOutputs(s.model, before, images)
      assert.equal(recovered[0]?.what, 'absorbed')
    }
  })

  it('a weight that two layers share is fitted once, each with a bias of its own', async () => {
    const s = sketch('shared')
    const x = mixedRows(s)
    const weight = s.weight('w2', [4, 5], 4)
    const [a, b] = [x, s.node('Neg', 'neg', [x])].map((v, i) =>
      s.node('Relu', `relu${i}`, [s.node('MatMul', `second${i}`, [v, weight])]),
    )
    if (!a || !b) return assert.fail()
    s.output('y', s.node('Sub', 'sub', [a, b]), null)
    const { before, recovered } = await pruned(s.model, 'first', [2], 'auto', learningFrom(rows, pathIn))

    assert.deepEqual(
      recovered.map(({ target, what }) => ({ target, what })),
      [{ target: 'second0, second1', what: 'refitted' }],
    )
    await assertSameOutputs(s.model, before, rows)
  })

  it('weights of float16 are fitted, and stay float16', async () => {
    const s = sketch('half')
    const half = Uint16Array.from(uniform([4, 5], 0.8, 11), numberToFloat16)
    const stored = s.constant('w2', new MemoryTensor('float16', [4, 5], bytesOf(half)))
    const weight = s.node('Cast', 'cast', [stored], { to: 1 })
    s.output('y', s.node('MatMul', 'second', [mixedRows(s), weight]), null)
    const { recovered } = await pruned(s.model, 'first', [2], 'auto', learningFrom(rows, pathIn))

    const [layer] = recovered
    assert.ok((layer?.errorAfter ?? 1) < 1e-5 && (layer?.errorBefore ?? 0) > 0.05)
    const node = [...walk(s.model)].find(({ name }) => name === 'cast')
    const tensor = node?.inputs[0] ? constantOf(node.inputs[0]) : null
    assert.deepEqual([tensor?.dtype, tensor?.shape], ['float16', [3, 5]])
  })

  it('BatchNormalization follows what its inputs have become', async () => {
    const s = sketch('norm')
    const second = s.node('Conv', 'second', [mixedImages(s, 7), s.weight('w2', [3, 4, 1, 1])])
    const params = [
      [1, 1, 1],
      [0, 0, 0],
      [0.1, 0.2, 0.3],
      [1, 2, 3],
    ].map((values, i) => s.constant(`bn${i}`, float32([3], values)))
    s.output('y', s.node('BatchNormalization', 'norm', [second, ...params]), null)
    const data = learningFrom(images, pathIn)
    const { before, recovered } = await pruned(s.model, 'first', [2], 'norms', data)

    assert.deepEqual(
      recovered.map(({ target, what }) => ({ target, what })),
      [{ target: 'norm', what: 're-estimated' }],
    )
    const stats = async (model: Model) => {
      const { y } = await runModel(skeleton(model), { x: images })
      return [0, 1, 2].map((c) => {
        const own = Array.from(y?.data ?? [], Number).filter((_, i) => Math.floor(i / 49) % 3 === c)
        const mean = own.reduce((a, b) => a + b) / own.length
        return [mean, own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length]
      })
    }
    const [is, was] = [await stats(s.model), await stats(before)]
    for (const [c, values] of was.entries()) {
      for (const [i, value] of values.entries()) assert.ok(Math.abs((is[c]?.[i] ?? 0) - value) < 1e-3, `${is} ${was}`)
    }
  })

  it('what cannot be followed is named', async () => {
    const s = sketch('einsum')
    s.output(
      'y',
      s.node('Einsum', 'second', [mixedRows(s), s.weight('w2', [4, 5], 4)], { equation: 'nk,km->nm' }),
      null,
    )
    const { skipped, recovered, samples } = await pruned(s.model, 'first', [2], 'auto', learningFrom(rows, pathIn))

    assert.deepEqual([recovered, samples], [[], 0])
    assert.deepEqual(skipped, [
      { target: 'second', why: 'not recovered: the output of Einsum does not show what it sums up' },
    ])
  })

  it('without data, or when told to, it leaves the cut model as it is', async () => {
    for (const [how, data] of [
      ['auto', null],
      ['none', learningFrom(rows, pathIn)],
    ] as const) {
      const s = sketch('alone')
      const weight = s.weight('w2', [4, 5], 4)
      s.output('y', s.node('MatMul', 'second', [mixedRows(s), weight]), null)
      const stored = [...new Float32Array(constantOf(weight)?.read().buffer ?? new ArrayBuffer(0))]
      const { samples } = await pruned(s.model, 'first', [2], how, data)

      const node = [...walk(s.model)].find(({ name }) => name === 'second')
      const tensor = node?.inputs[1] ? constantOf(node.inputs[1]) : null
      assert.equal(samples, 0)
      assert.deepEqual(
        [...new Float32Array(tensor?.read().buffer ?? new ArrayBuffer(0))],
        stored.filter((_, i) => Math.floor(i / 5) !== 2),
      )
    }
  })

  it('refuses data that do not fit', async () => {
    const s = sketch('misfit')
    s.output('y', s.node('MatMul', 'second', [mixedRows(s), s.weight('w2', [4, 5], 4)]), null)
    const data = learningFrom(randomArray('float32', [8, 5], 1), pathIn)

    await assert.rejects(pruned(s.model, 'first', [2], 'auto', data), (error) => {
      assert.ok(error instanceof DataError)
      assert.equal(error.exitCode, 2)
      assert.match(error.message, /x/)
      return true
    })
  })
})
