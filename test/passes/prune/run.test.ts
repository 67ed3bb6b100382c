import assert from 'node:assert/strict'
import { sketch } from '../../../fixtures/sketch.js'
import { nonZeroOf } from '../../../src/analysis/statistics.js'
import { NothingToDoError, UnsupportedModelError, UsageError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { readModel } from '../../../src/onnx/read.js'
import { weightsOf } from '../../../src/ops/weights.js'
import type { PassContext } from '../../../src/passes/pass.js'
import { prune } from '../../../src/passes/prune/index.js'
import type { WeightDType } from '../../../src/passes/prune/keys.js'
import { type Raw, runPass, tensorsByPlace } from '../models.js'
import { memberOf, numbersIn } from './pools.js'

const fixture = (name: string): Model => readModel(`fixtures/generated/${name}.onnx`).model

interface Layer {
  readonly values: readonly number[]
  readonly dtype?: WeightDType
}

/** One product after another, with a square weight for each layer: `fc0.weight`, ...; other formats stand behind a Cast. */
function layered(...layers: readonly Layer[]): Model {
  const s = sketch('layered')
  let x = s.input('x', ['N', Math.sqrt(layers[0]?.values.length ?? 0)])
  for (const [i, { values, dtype = 'float32' }] of layers.entries()) {
    const d = Math.sqrt(values.length)
    const stored = s.constant(`fc${i}.weight`, new MemoryTensor(dtype, [d, d], memberOf(values, dtype).tensor.read()))
    x = s.node('MatMul', `fc${i}`, [x, dtype === 'float32' ? stored : s.node('Cast', `cast${i}`, [stored], { to: 1 })])
  }
  s.output('y', x, tensorType('float32', ['N', null]))
  return s.model
}

/** The numbers of each weight, by name. */
function weightsIn(model: Model): Record<string, number[]> {
  return Object.fromEntries(weightsOf(model).weights.map((w) => [w.value.name, numbersIn(w.tensor)]))
}

function zerosIn(model: Model): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weightsIn(model)).map(([name, numbers]) => [name, numbers.filter((w) => w === 0).length]),
  )
}

const prunes = (model: Model, raw: Raw = {}, context: Partial<PassContext> = {}) => runPass(prune, model, raw, context)

/** Sixteen weights: 1, 2, 3, ... times the scale. */
const ramp = (scale: number): Layer => ({ values: Array.from({ length: 16 }, (_, i) => (i + 1) * scale) })

describe('prune over one pool', () => {
  it('ranks weights of all formats by the numbers that they hold', async () => {
    const model = layered(
      { values: [1, 0.1, 0.2, 8] },
      { values: [0.15, 9, -0.3, 7], dtype: 'float16' },
      { values: [5, -0.25, 6, 0.5], dtype: 'bfloat16' },
      { values: [1e-9, 3, -4, 0.125], dtype: 'float64' },
    )
    await prunes(model, { sparsity: 0.5 })
    assert.deepEqual(weightsIn(model), {
      'fc0.weight': [1, 0, 0, 8],
      'fc1.weight': [0, 9, 0, 7],
      'fc2.weight': [5, 0, 6, 0],
      'fc3.weight': [0, 3, -4, 0],
    })
  })

  it('counts the zeros that are there', async () => {
    const model = layered({ values: [0, -0, 3, 1] }, { values: [4, 2, 6, 5] })
    const { changed } = await prunes(model, { sparsity: '37.5%' })
    assert.deepEqual(weightsIn(model), { 'fc0.weight': [0, 0, 3, 0], 'fc1.weight': [4, 2, 6, 5] })
    assert.deepEqual(changed, [{ target: 'fc0.weight', what: 'zeros 50.00 % -> 75.00 %' }])
  })

  it('breaks ties by the order of tensors and positions', async () => {
    const model = layered({ values: [1, -1, 1, 1] }, { values: [-1, 1, 1, 1] })
    await prunes(model, { sparsity: 0.625 })
    assert.deepEqual(weightsIn(model), { 'fc0.weight': [0, 0, 0, 0], 'fc1.weight': [0, 1, 1, 1] })
  })

  it('takes a layer with a sparsity of its own out of the pool, and the last glob that matches counts', async () => {
    const model = layered(ramp(1), ramp(0.001), ramp(100))
    await prunes(model, { sparsity: 0.5, layer: ['fc*=0.9', 'fc0.weight=0.25', 'fc2=0'] })
    assert.deepEqual(zerosIn(model), { 'fc0.weight': 4, 'fc1.weight': 14, 'fc2.weight': 0 })
    const other = layered(ramp(1), ramp(0.001), ramp(100))
    await prunes(other, { sparsity: 0.5, layer: ['fc1=0.25'] })
    assert.deepEqual(zerosIn(other), { 'fc0.weight': 16, 'fc1.weight': 4, 'fc2.weight': 0 })
  })

  it('gives a layer its own sparsity in every scope and in blocks', async () => {
    for (const raw of [{ scope: 'layer' }, { scope: 'row' }, { pattern: '1x2' }, { criterion: 'random' }]) {
      const model = layered(ramp(1), ramp(1))
      await prunes(model, { sparsity: 0.25, layer: ['fc1=0.75'], ...raw })
      assert.deepEqual(zerosIn(model), { 'fc0.weight': 4, 'fc1.weight': 12 }, JSON.stringify(raw))
    }
    const model = layered(ramp(1), ramp(1), ramp(1))
    await prunes(model, { sparsity: 0.25, layer: ['fc1=0.75'], criterion: 'lamp' })
    assert.equal(zerosIn(model)['fc1.weight'], 12)
  })

  it('gives each layer its share in scope layer, which the pool does not', async () => {
    const [model, pooled] = [layered(ramp(1), ramp(100)), layered(ramp(1), ramp(100))]
    await prunes(model, { scope: 'layer' })
    await prunes(pooled)
    assert.deepEqual(zerosIn(model), { 'fc0.weight': 8, 'fc1.weight': 8 })
    assert.deepEqual(zerosIn(pooled), { 'fc0.weight': 16, 'fc1.weight': 0 })
  })

  it('spares with lamp what magnitude would empty', async () => {
    const model = layered(ramp(1), ramp(100))
    await prunes(model, { criterion: 'lamp' })
    assert.deepEqual(zerosIn(model), { 'fc0.weight': 8, 'fc1.weight': 8 })
  })

  it('chooses by seed with criterion random', async () => {
    const [a, b, c] = [layered(ramp(1)), layered(ramp(1)), layered(ramp(1))]
    await prunes(a, { criterion: 'random' }, { seed: 1 })
    await prunes(b, { criterion: 'random' }, { seed: 1 })
    await prunes(c, { criterion: 'random' }, { seed: 2 })
    assert.deepEqual(weightsIn(a), weightsIn(b))
    assert.notDeepEqual(weightsIn(a), weightsIn(c))
    assert.deepEqual(zerosIn(c), { 'fc0.weight': 8 })
  })
})

describe('prune along axes', () => {
  it('runs n:m along the inputs: down the columns of a matrix on the right', async () => {
    const model = layered({ values: [4, 1, 4, 1, 3, 2, 3, 2, 2, 3, 2, 3, 1, 4, 1, 4] })
    await prunes(model, { pattern: '1:4' })
    assert.deepEqual(weightsIn(model), { 'fc0.weight': [4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4] })
  })

  it('leaves a ragged tail dense and says so', async () => {
    const model = layered({ values: Array.from({ length: 25 }, (_, i) => i + 1) })
    const { skipped } = await prunes(model, { pattern: '2:4' })
    assert.deepEqual(zerosIn(model), { 'fc0.weight': 10 })
    assert.deepEqual(skipped, [
      {
        target: 'fc0.weight',
        why: '5 weights at the ends of its rows stay dense: 5 inputs are no multiple of 4',
      },
    ])
  })

  it('leaves a weight with fewer inputs than m, and says so', async () => {
    const { skipped } = await prunes(fixture('gru'), { pattern: '2:4' })
    assert.deepEqual(skipped, [{ target: 'gru.w', why: 'its input axis is 3 long, shorter than the m of 2:4' }])
  })

  it('leaves a weight whose axes a Reshape mixes to what needs no axes', async () => {
    for (const raw of [{ pattern: '2:4' }, { pattern: '2x2' }, { scope: 'row' }]) {
      await assert.rejects(prunes(fixture('packing'), raw), (error) => {
        assert.ok(error instanceof NothingToDoError)
        assert.match(error.suggestions.join(), /1 skipped: a Reshape mixes/)
        return true
      })
    }
    const { changed, skipped } = await prunes(fixture('packing'), { scope: 'layer' })
    assert.deepEqual([changed.length, skipped], [1, []])
  })
})

describe('prune and what holds the weights', () => {
  it('prunes a weight that is read four times once', async () => {
    const model = fixture('weight-shared')
    const { changed } = await prunes(model)
    assert.equal(changed.length, 1)
    assert.deepEqual(zerosIn(model), { 'shared.weight': 18 })
  })

  it('names what is quantized, and why it stays', async () => {
    await assert.rejects(prunes(fixture('qdq')), (error) => {
      assert.ok(error instanceof NothingToDoError)
      assert.match(
        error.suggestions.join('\n'),
        /1 skipped: its weights are stored as int8 behind "conv\.weight\.dequantize"/,
      )
      return true
    })
  })

  it('leaves a sparse tensor as it is: a dense one would be larger', async () => {
    await assert.rejects(prunes(fixture('sparse'), { sparsity: 0.95 }), (error) => {
      assert.ok(error instanceof NothingToDoError)
      assert.match(error.suggestions.join('\n'), /stored as a sparse tensor/)
      return true
    })
  })

  it('prunes weights in Constant nodes, in bodies and in functions', async () => {
    for (const name of ['constants', 'nested', 'loop', 'scan', 'function-overload', 'function-nested']) {
      const model = fixture(name)
      const before = zerosIn(model)
      const { changed } = await prunes(model)
      assert.ok(changed.length > 0, name)
      for (const { target } of changed) assert.ok((zerosIn(model)[target] ?? 0) > (before[target] ?? 0), target)
    }
  })

  it('changes no tensor but the weights', async () => {
    const original = fixture('lstm')
    const { model } = original.clone()
    await prunes(model, { sparsity: 1 })
    const [before, after] = [tensorsByPlace(original), tensorsByPlace(model)]
    const changed = [...before].filter(([place, tensor]) => after.get(place) !== tensor).map(([place]) => place)
    assert.deepEqual(changed, ['0:lstm.w', '0:lstm.r'])
  })

  it('knows the zeros of what it made without reading it again', async () => {
    for (const raw of [{}, { scope: 'row' }, { pattern: '2:4' }, { pattern: '2x2' }, { criterion: 'lamp' }]) {
      const model = fixture('attention')
      await prunes(model, raw)
      for (const { value, tensor } of weightsOf(model).weights) {
        const counted = numbersIn(tensor).filter((w) => w !== 0).length
        assert.equal(nonZeroOf(tensor), counted, `${value.name} ${JSON.stringify(raw)}`)
      }
    }
  })
})

describe('prune by name', () => {
  it('includes by node or by initializer, and excludes afterwards', async () => {
    const model = layered(ramp(1), ramp(1), ramp(1))
    const { changed, skipped } = await prunes(model, { include: ['fc0', 'fc[12].weight'], exclude: ['*2*'] })
    assert.deepEqual(
      changed.map((c) => c.target),
      ['fc0.weight', 'fc1.weight'],
    )
    assert.deepEqual(skipped, [{ target: 'fc2.weight', why: 'left out by --exclude "*2*"' }])
    assert.deepEqual(zerosIn(model), { 'fc0.weight': 8, 'fc1.weight': 8, 'fc2.weight': 0 })
  })

  it('says what is not among --include', async () => {
    const { skipped } = await prunes(layered(ramp(1), ramp(1)), { include: ['fc1'] })
    assert.deepEqual(skipped, [{ target: 'fc0.weight', why: 'not among --include' }])
  })

  for (const flag of ['include', 'exclude', 'layer']) {
    it(`refuses a glob of --${flag} that matches nothing, with names that are near`, async () => {
      const glob = flag === 'layer' ? 'fx1*=0.5' : 'fx1*'
      await assert.rejects(prunes(layered(ramp(1), ramp(1)), { [flag]: [glob] }), (error) => {
        assert.ok(error instanceof UsageError)
        assert.equal(error.message, `--${flag} "fx1*" matches no weight of this model.`)
        assert.deepEqual(error.suggestions, ['Did you mean "fc1"?', 'The names are: fc0.weight, fc0, fc1.weight, fc1.'])
        return true
      })
    })
  }

  it('prunes embeddings on request only', async () => {
    const model = fixture('embedding')
    const { changed, skipped } = await prunes(model)
    assert.deepEqual(skipped, [{ target: 'embed.weight', why: 'an embedding table: --embeddings prunes it, too' }])
    const more = await prunes(fixture('embedding'), { embeddings: true })
    assert.equal(more.changed.length, changed.length + 1)
    assert.deepEqual(more.skipped, [])
  })
})

describe('prune where there is nothing to do', () => {
  const nothing = async (model: Model, raw: Raw): Promise<string> => {
    const before = tensorsByPlace(model)
    let message = ''
    await assert.rejects(prunes(model, raw), (error) => {
      assert.ok(error instanceof NothingToDoError)
      message = [error.message, ...error.suggestions].join(' ')
      return true
    })
    assert.deepEqual(tensorsByPlace(model), before)
    return message
  }

  it('says that the model has no weights', async () => {
    assert.equal(await nothing(fixture('strings'), {}), 'The model has no weight that can be pruned.')
  })

  it('says how many were left out, and why', async () => {
    assert.equal(
      await nothing(layered(ramp(1), ramp(1)), { exclude: ['*'] }),
      'The model has no weight that can be pruned. 2 skipped: left out by --exclude "*".',
    )
  })

  it('says that there are as many zeros already, and what to ask for', async () => {
    const enough = 'The weights have at least that many zeros already: nothing to prune.'
    assert.equal(await nothing(fixture('zeros'), { sparsity: 0.5 }), `${enough} Ask for a higher --sparsity.`)
    assert.equal(await nothing(layered(ramp(1)), { sparsity: 0 }), `${enough} Ask for a higher --sparsity.`)
    const half = layered({ values: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] })
    assert.equal(await nothing(half, { pattern: '2:4' }), `${enough} Choose an n:m that leaves fewer.`)
  })

  it('has nothing to do in a second run', async () => {
    for (const raw of [{}, { scope: 'row' }, { scope: 'layer' }, { criterion: 'lamp' }, { criterion: 'random' }]) {
      for (const pattern of 'criterion' in raw || 'scope' in raw ? [undefined] : [undefined, '2:4', '2x2']) {
        const model = fixture('attention')
        await prunes(model, { ...raw, pattern })
        await nothing(model, { ...raw, pattern })
      }
    }
  })
})

describe('prune and numbers that are none', () => {
  for (const raw of [
    {},
    { criterion: 'random' },
    { criterion: 'lamp' },
    { scope: 'row' },
    { pattern: '1:2' },
    { pattern: '1x2' },
  ]) {
    it(`refuses NaN and Inf and names the tensor: ${Object.values(raw).join() || 'magnitude'}`, async () => {
      for (const name of ['fc1', 'fc2']) {
        const other = name === 'fc1' ? 'fc2' : 'fc1'
        await assert.rejects(prunes(fixture('not-finite'), { ...raw, exclude: [other] }), (error) => {
          assert.ok(error instanceof UnsupportedModelError)
          assert.equal(error.message, `Weight "${name}.weight" holds NaN or Inf: its magnitudes have no order.`)
          assert.match(error.suggestions.join(), new RegExp(`--exclude "${name}\\.weight"`))
          return true
        })
      }
    })
  }
})

describe('prune while others want a turn', () => {
  const KINDS: readonly Raw[] = [
    {},
    { criterion: 'random' },
    { criterion: 'lamp' },
    { scope: 'layer' },
    { scope: 'row' },
    { pattern: '2:4' },
    { pattern: '2x2' },
  ]

  for (const raw of KINDS) {
    const name = Object.values(raw).join() || 'magnitude'

    it(`stops between tensors when it is aborted: ${name}`, async () => {
      const controller = new AbortController()
      const reason = new Error('stopped')
      const model = fixture('attention')
      const before = weightsIn(model)
      setImmediate(() => controller.abort(reason))
      await assert.rejects(prunes(model, raw, { signal: controller.signal }), reason)
      assert.deepEqual(weightsIn(model), before)
    })

    it(`tells its progress, from little to all: ${name}`, async () => {
      const seen: number[] = []
      await prunes(fixture('attention'), raw, { onProgress: (done) => seen.push(done) })
      assert.ok(seen.length >= 4)
      assert.ok(seen.every((done, i) => done > 0 && done <= 1 && done >= (seen[i - 1] ?? 0)))
      assert.equal(seen.at(-1), 1)
    })
  }
})
