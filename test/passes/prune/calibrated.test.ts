import assert from 'node:assert/strict'
import { float32, outputOf, sketch } from '../../../fixtures/sketch.js'
import { DataError, NothingToDoError, UsageError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { readModel } from '../../../src/onnx/read.js'
import { encodeToBytes } from '../../../src/onnx/write.js'
import { weightsOf } from '../../../src/ops/weights.js'
import { windowsOf } from '../../rewrites/windows.js'
import { temporaryFolder } from '../../support/data-files.js'
import { randomArray } from '../../support/ort.js'
import { type Raw, rewritten } from '../models.js'
import { oneProduct, PRODUCTS, type ProductForm } from '../products.js'
import { closeTo, flat, randomRows, transpose } from './dense-algebra.js'
import { learn, learningFrom, samples } from './learning.js'
import { memberOf, numbersIn } from './pools.js'
import { sparsegptReference } from './sparsegpt-reference.js'

const pathIn = temporaryFolder()
const fixture = (name: string): Model => readModel(`fixtures/generated/${name}.onnx`).model
const lenet = () => readModel('fixtures/lenet5.onnx').model
const FASHION = ['images-idx3', 'labels-idx1'].map((name) => `fixtures/fashion-mnist/t10k-${name}-ubyte.gz`).join(',')

/** The numbers of each weight, by name. */
function weightsIn(model: Model): Map<string, number[]> {
  return new Map(weightsOf(model).weights.map((w) => [w.value.name, numbersIn(w.tensor)]))
}

const zerosOf = (numbers: readonly number[] = []) => numbers.filter((w) => w === 0).length
const zerosIn = (model: Model) => [...weightsIn(model)].map(([, numbers]) => zerosOf(numbers))

/** W [6, 10] again. */
function matrixIn(model: Model, { stored }: ProductForm): number[] {
  const numbers = weightsIn(model).get('w') ?? []
  return stored === 'W'
    ? numbers
    : transpose(Array.from({ length: 10 }, (_, i) => numbers.slice(6 * i, 6 * i + 6))).flat()
}

describe('Pruning by data', () => {
  const x = randomRows(40, 10, 5).map((row) => row.map((v, i) => Math.fround(v * (i + 1) + (row[0] ?? 0))))
  const w = randomRows(6, 10, 6).map((row) => row.map(Math.fround))
  const data = () => learningFrom(samples(x), pathIn)

  for (const [title, form] of Object.entries(PRODUCTS)) {
    it(`sparsegpt gives the weights of the paper's algorithm: ${title}`, async () => {
      const model = oneProduct(form, w)
      await learn(model, { criterion: 'sparsegpt', sparsity: 0.5, blockSize: 4 }, data())

      const select = { kind: 'layer', sparsity: 0.5 } as const
      const expected = sparsegptReference(w, x, { select, blockSize: 4, damping: 0.01 }).flat()
      const found = matrixIn(model, form)
      assert.equal(closeTo(found, expected, 1e-5), null)
      assert.deepEqual(
        found.map((v) => v === 0),
        expected.map((v) => v === 0),
      )
    })

    it(`wanda keeps the largest of each row by magnitude times norm: ${title}`, async () => {
      const model = oneProduct(form, w)
      await learn(model, { criterion: 'wanda', sparsity: 0.4 }, data())

      const norms = transpose(x).map((column) => Math.hypot(...column))
      const expected = w.map((row) => {
        const scores = row.map((v, i) => Math.abs(v) * (norms[i] ?? 0))
        const order = [...scores].sort((a, b) => a - b)
        return row.map((v, i) => ((scores[i] ?? 0) <= (order[3] ?? 0) ? 0 : v))
      })
      assert.deepEqual(matrixIn(model, form), expected.flat())
    })
  }

  it('sparsegpt prunes convolutions by their windows, each group by its own', async () => {
    const window = {
      shape: [6, 4, 9, 8],
      kernel: [2, 2],
      groups: 2,
      strides: [2, 1],
      dilations: [1, 2],
      pads: [1, 0, 0, 1],
    }
    const images = randomArray('float32', window.shape, 9)
    const s = sketch('conv')
    const weights = randomRows(6, 8, 10).map((row) => row.map(Math.fround)) // [M, C/g * k * k]
    const weight = s.constant('w', float32([6, 2, 2, 2], weights.flat()))
    const { groups, strides, dilations, pads } = window
    const conv = s.node('Conv', 'conv', [s.input('x', ['N', 4, 9, 8]), weight], {
      group: groups,
      strides,
      dilations,
      pads,
    })
    s.output('y', conv, null)

    await learn(s.model, { criterion: 'sparsegpt', sparsity: 0.5 }, learningFrom(images, pathIn, { batchSize: 4 }))

    const select = { kind: 'layer', sparsity: 0.5 } as const
    const expected = windowsOf(images, window).flatMap((rows, group) =>
      sparsegptReference(weights.slice(3 * group, 3 * group + 3), rows, { select, blockSize: 128, damping: 0.01 }),
    )
    assert.equal(closeTo(weightsIn(s.model).get('w') ?? [], flat(expected), 1e-5), null)
  })

  it('n:m lies along the input channels of a convolution, at each place of its kernel', async () => {
    for (const criterion of ['wanda', 'sparsegpt']) {
      const s = sketch('conv')
      const conv = s.node('Conv', 'conv', [s.input('x', ['N', 6, 5, 5]), s.weight('w', [3, 6, 2, 3])])
      s.output('y', conv, null)
      const { skipped } = await learn(s.model, { criterion, pattern: '1:4' }, learningFrom('random?n=6', pathIn))

      const numbers = weightsIn(s.model).get('w') ?? []
      for (let m = 0; m < 3; m++) {
        for (let place = 0; place < 6; place++) {
          const channels = Array.from({ length: 6 }, (_, c) => numbers[(m * 6 + c) * 6 + place] ?? 0)
          assert.deepEqual([zerosOf(channels.slice(0, 4)), zerosOf(channels.slice(4))], [3, 0])
        }
      }
      assert.match(skipped[0]?.why ?? '', /^36 weights at the ends of its rows stay dense: 6 inputs/)
    }
  })

  it('a weight that is used twice meets the inputs of both uses', async () => {
    const s = sketch('shared')
    const weight = s.constant('w', float32([6, 10], w.flat()))
    const input = s.input('x', ['N', 10])
    const first = s.node('Gemm', 'first', [input, weight], { transB: 1 })
    const doubled = s.node('Mul', 'mul', [
      input,
      s.constant(
        'factor',
        float32(
          [10],
          Array(10)
            .fill(1)
            .map((_, i) => i),
        ),
      ),
    ])
    s.output('y', s.node('Add', 'add', [first, s.node('Gemm', 'second', [doubled, weight], { transB: 1 })]), null)

    await learn(s.model, { criterion: 'sparsegpt' }, data())

    const both = [...x, ...x.map((row) => row.map((v, i) => v * i))]
    const select = { kind: 'layer', sparsity: 0.5 } as const
    const expected = sparsegptReference(w, both, { select, blockSize: 128, damping: 0.01 })
    assert.equal(closeTo(weightsIn(s.model).get('w') ?? [], flat(expected), 1e-5), null)
  })
})

describe('Pruning by data goes by the promises of prune', () => {
  it('takes exactly the share of each layer, of each row, or of all', async () => {
    const sizes = [...weightsIn(lenet()).values()].map((numbers) => numbers.length)
    for (const criterion of ['wanda', 'sparsegpt']) {
      for (const sparsity of [0.371, 0.9]) {
        const pruned = async (scope: string) => {
          const model = lenet()
          await learn(model, { criterion, sparsity, scope, samples: 8 }, learningFrom(FASHION, pathIn))
          return model
        }
        assert.deepEqual(
          zerosIn(await pruned('layer')),
          sizes.map((n) => Math.round(sparsity * n)),
        )
        const rows = [
          [20, 25],
          [50, 500],
          [500, 800],
          [10, 500],
        ] as const
        assert.deepEqual(
          zerosIn(await pruned('row')),
          rows.map(([m, k]) => m * Math.round(sparsity * k)),
        )
        const all = sizes.reduce((a, b) => a + b)
        assert.equal(
          zerosIn(await pruned('global')).reduce((a, b) => a + b),
          Math.round(sparsity * all),
        )
      }
    }
  })

  it('gives layers a sparsity of their own', async () => {
    const model = lenet()
    await learn(
      model,
      { criterion: 'sparsegpt', scope: 'layer', sparsity: 0.5, layer: ['conv1*=0.2'], samples: 8 },
      learningFrom(FASHION, pathIn),
    )

    assert.deepEqual(zerosIn(model), [100, 12_500, 200_000, 2500])
  })

  it('keeps zeros that are there, and has nothing to do the second time', async () => {
    for (const raw of [
      { criterion: 'sparsegpt' },
      { criterion: 'sparsegpt', pattern: '2:4' },
      { criterion: 'wanda' },
    ]) {
      const model = lenet()
      await learn(model, { ...raw, samples: 8 }, learningFrom(FASHION, pathIn))
      const once = weightsIn(model)
      await assert.rejects(
        learn(model.clone().model, { ...raw, samples: 8 }, learningFrom(FASHION, pathIn)),
        NothingToDoError,
      )

      const more = { ...raw, samples: 8, ...('pattern' in raw ? { pattern: '1:4' } : { sparsity: 0.7 }) }
      await learn(model, more, learningFrom(FASHION, pathIn))
      for (const [name, numbers] of weightsIn(model)) {
        assert.ok(
          numbers.every((v, i) => v === 0 || once.get(name)?.[i] !== 0),
          name,
        )
      }
    }
  })

  it('is the same for a seed, and draws other samples for another', async () => {
    const pruned = async (seed: number) => {
      const model = lenet()
      await learn(model, { criterion: 'sparsegpt', samples: 16 }, learningFrom(FASHION, pathIn), seed)
      return Buffer.from(encodeToBytes(model))
    }
    const [once, again, other] = [await pruned(1), await pruned(1), await pruned(2)]

    assert.ok(once.equals(again))
    assert.ok(!once.equals(other))
  })

  it('says how many samples it looked at', async () => {
    const looked = async (raw: Raw, more: object = {}) =>
      (await learn(lenet(), { criterion: 'wanda', ...raw }, learningFrom('random?n=40', pathIn, more))).samples

    assert.equal(await looked({}), 40)
    assert.equal(await looked({ samples: 7 }), 7)
    assert.equal(await looked({}, { limit: 20 }), 20)
    assert.equal(await looked({}, { part: 'learned' }), 36)
  })

  it('writes float16 as float16, with exactly as many zeros', async () => {
    const s = sketch('half')
    const values = randomRows(8, 8, 4)
      .flat()
      .map((v) => v * 1e-6) // many are subnormal
    const weight = s.constant('w', new MemoryTensor('float16', [8, 8], memberOf(values, 'float16').tensor.read()))
    const cast = s.node('Cast', 'cast', [weight], { to: 1 })
    s.output('y', s.node('MatMul', 'fc', [s.input('x', ['N', 8]), cast]), null)
    const before = zerosIn(s.model)[0] ?? 0
    await learn(s.model, { criterion: 'sparsegpt', sparsity: 0.6 }, learningFrom('random?n=30', pathIn))

    const [{ tensor } = assert.fail()] = weightsOf(s.model).weights
    assert.ok(before < 38)
    assert.equal(tensor.dtype, 'float16')
    assert.equal(zerosOf(numbersIn(tensor)), 38)
  })

  it('goes on from weights that an earlier step has changed, whether they were written or not', async () => {
    const changed = lenet()
    for (const { value, tensor } of weightsOf(changed).weights) {
      const halved = tensor.map((chunk) => {
        const numbers = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
        for (let i = 0; i < numbers.length; i++) numbers[i] = (numbers[i] ?? 0) / 2
      })
      changed.setConstant(value, halved)
    }
    const written = await rewritten(changed, pathIn('changed.onnx'))
    for (const criterion of ['wanda', 'sparsegpt']) {
      const [lazy, read] = [changed.clone().model, written.clone().model]
      await learn(lazy, { criterion, samples: 16 }, learningFrom(FASHION, pathIn))
      await learn(read, { criterion, samples: 16 }, learningFrom(FASHION, pathIn))
      assert.deepEqual(weightsIn(lazy), weightsIn(read))
    }
  })

  it('prunes weights whose inputs were always zero first, and never more than asked for', async () => {
    const x = randomRows(30, 10, 5).map((row) => row.map((v, i) => (i < 3 ? 0 : v)))
    for (const [criterion, scope] of [
      ['sparsegpt', 'layer'],
      ['sparsegpt', 'row'],
      ['wanda', 'row'],
    ]) {
      for (const sparsity of [0.2, 0.5]) {
        const s = sketch('dead')
        const weight = s.weight('w', [6, 10])
        s.output('y', s.node('Gemm', 'fc', [s.input('x', ['N', 10]), weight], { transB: 1 }), null)
        await learn(s.model, { criterion, scope, sparsity }, learningFrom(samples(x), pathIn))

        const numbers = weightsIn(s.model).get('w') ?? []
        const dead = numbers.filter((_, i) => i % 10 < 3)
        assert.equal(zerosOf(numbers), 60 * sparsity)
        assert.equal(zerosOf(dead), Math.min(18, 60 * sparsity), `${criterion} ${scope} ${sparsity}`)
      }
    }
  })
})

describe('Pruning by data without seeing the inputs of a weight', () => {
  /** The fixture, why a weight of it cannot be seen. */
  const CASES = [
    ['conv-transpose', /ConvTranspose .* does not show what it multiplies it with/],
    ['function-nested', /stands in a function/],
    ['if', /stands in a body/],
  ] as const
  for (const [name, why] of CASES) {
    it(`prunes it by magnitude, and says so: ${name}`, async () => {
      const model = fixture(name)
      const before = [...weightsIn(model).values()]
      const { skipped } = await learn(
        model,
        { criterion: 'sparsegpt', scope: 'layer' },
        learningFrom('random?n=4', pathIn, { dims: { N: 1 } }),
      )

      const mentioned = skipped.find((skip) => why.test(skip.why))
      assert.match(mentioned?.why ?? '', /^pruned by magnitude, without calibration: /)
      assert.deepEqual(
        zerosIn(model),
        before.map((numbers) => Math.round(numbers.length / 2)),
      )
    })
  }

  it('calibrates W of an LSTM, and prunes R by magnitude', async () => {
    const s = sketch('lstm')
    const input = s.input('x', ['N', 3, 4])
    const turned = s.node('Transpose', 'turn', [input], { perm: [1, 0, 2] })
    const weights = [s.weight('W', [1, 20, 4]), s.weight('R', [1, 20, 5])]
    const lstm = s.nodeOf('LSTM', 'lstm', [turned, ...weights], ['h'], { hidden_size: 5 })
    s.output(
      'y',
      s.node('Transpose', 'back', [outputOf(lstm)], { perm: [2, 0, 1, 3] }),
      tensorType('float32', ['N', 3, 1, 5]),
    )
    const plain = s.model.clone().model
    const { skipped } = await learn(
      s.model,
      { criterion: 'sparsegpt', scope: 'layer' },
      learningFrom('random?n=12', pathIn),
    )

    assert.deepEqual(
      skipped.map((skip) => skip.target),
      ['R'],
    )
    assert.match(skipped[0]?.why ?? '', /LSTM "lstm" does not show what it multiplies it with/)
    assert.deepEqual(zerosIn(s.model), [40, 50])
    const [before, after] = [weightsIn(plain), weightsIn(s.model)]
    assert.ok(after.get('R')?.every((v, i) => v === 0 || v === before.get('R')?.[i]))
    assert.ok(after.get('W')?.some((v, i) => v !== 0 && v !== before.get('W')?.[i]))
  })
})

describe('Pruning by data refuses', () => {
  const refused = (raw: Raw, data: ReturnType<typeof learningFrom>) =>
    learn(lenet(), { criterion: 'sparsegpt', ...raw }, data)

  it('data that lead to NaN, naming the samples', async () => {
    const images = randomArray('float32', [20, 1, 28, 28], 1)
    ;(images.data as Float32Array)[784 * 13] = Number.NaN // made of floats
    await assert.rejects(
      refused({}, learningFrom(images, pathIn)),
      (error) =>
        error instanceof DataError && /^Samples 8 to 15 of the calibration data lead to NaN/.test(error.message),
    )
  })

  it('data of another shape, and none at all', async () => {
    const other = randomArray('float32', [4, 1, 27, 27], 1)
    await assert.rejects(
      refused({}, learningFrom(other, pathIn)),
      (error) => error instanceof DataError && /729/.test(error.message),
    )
    const none = { ...other, shape: [0, 1, 28, 28], data: new Float32Array(0) }
    await assert.rejects(
      refused({}, learningFrom(none, pathIn)),
      (error) => error instanceof DataError && /no samples/.test(error.message),
    )
  })

  it('to go without data', async () => {
    const { runPass } = await import('../models.js')
    const { prune } = await import('../../../src/passes/prune/index.js')
    await assert.rejects(
      runPass(prune, lenet(), { criterion: 'wanda' }),
      (error) => error instanceof UsageError && /--criterion wanda learns from data/.test(error.message),
    )
  })

  it('no Hessian: it adds damping until one can be inverted, and says so', async () => {
    const x = randomRows(3, 10, 5)
    const s = sketch('few')
    s.output('y', s.node('Gemm', 'fc', [s.input('x', ['N', 10]), s.weight('w', [6, 10])], { transB: 1 }), null)
    const { notes } = await learn(s.model, { criterion: 'sparsegpt', damping: 0 }, learningFrom(samples(x), pathIn))

    assert.match(
      notes?.[0] ?? '',
      /^Some Hessians could only be inverted with more damping than 0: w \([\de.-]{1,10}\)/,
    )
    assert.deepEqual(zerosIn(s.model), [30])
  })
})
