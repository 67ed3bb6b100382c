import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EvaluateOptions, evaluate, type Judgement } from '../../src/analysis/evaluate.js'
import { DataError, UnsupportedModelError, UsageError } from '../../src/errors.js'
import type { ModelSource } from '../../src/runtime/session.js'
import { affine, cast, floats, node, tinyModel } from '../runtime/tiny-model.js'

const inMemory = (bytes: Uint8Array, name?: string): ModelSource => ({
  bytes,
  folder: tmpdir(),
  ...(name !== undefined && { name }),
})

/** logits = x W, three classes: the highest is where W's row of the larger of x1, x2 is. */
const classifier = (weights: readonly number[], batch: number | string = 'N') =>
  tinyModel({
    inputs: { x: ['float32', [batch, 2]] },
    outputs: ['logits'],
    nodes: [node('MatMul', ['x', 'w'], ['logits'])],
    weights: [floats('w', [2, 3], weights)],
  })
/** [1, 0] is class 0, [0, 1] is class 2. */
const GOOD = [5, 1, 0, /**/ 0, 1, 5]
/** Both are class 0. */
const BAD = [5, 1, 0, /**/ 7, 1, 5]

describe('evaluate', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evaluate-'))
  })
  after(() => rm(folder, { recursive: true }))

  let files = 0
  /** A file of JSON lines. */
  async function jsonl(samples: readonly object[]): Promise<string> {
    const path = join(folder, `data${files++}.jsonl`)
    await writeFile(path, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
    return path
  }
  const labelled = () =>
    jsonl([
      { x: [1, 0], label: 0 },
      { x: [0, 1], label: 2 },
      { x: [2, 1], label: 0 },
      { x: [1, 2], label: 0 },
      { x: [0, 3], label: 2 },
    ])
  const values = (metrics: readonly Judgement[]) =>
    Object.fromEntries(metrics.map(({ name, output, values }) => [`${name}:${output}`, values]))
  const refused = async (
    options: EvaluateOptions,
    kind: new (message: string) => Error,
    message: RegExp,
    suggestion?: RegExp,
  ) =>
    assert.rejects(evaluate(options), (error) => {
      assert.ok(error instanceof kind, String(error))
      assert.match(error.message, message)
      if (suggestion) assert.match('suggestions' in error ? String(error.suggestions) : '', suggestion)
      return true
    })

  it('judges several models on the same batches: a value for each, and what it means', async () => {
    const { metrics, samples, dims, peakBytes } = await evaluate({
      models: [inMemory(classifier(GOOD)), inMemory(classifier(BAD))],
      data: await labelled(),
      metrics: ['top1', 'top2:logits'],
      batchSize: 2,
    })
    assert.deepEqual(metrics, [
      {
        name: 'top1',
        output: 'logits',
        better: 'higher',
        unit: 'fraction',
        against: 'labels',
        samples: 5,
        values: [0.8, 0.6],
      },
      {
        name: 'top2',
        output: 'logits',
        better: 'higher',
        unit: 'fraction',
        against: 'labels',
        samples: 5,
        values: [1, 1],
      },
    ])
    assert.equal(samples, 5)
    assert.deepEqual(dims, { N: 2 })
    assert.ok(peakBytes > 20e6, `${peakBytes}`)
  })

  it('says the same whatever the batch size', async () => {
    const data = await labelled()
    const of = async (batchSize: number) => {
      const models = [inMemory(classifier(GOOD)), inMemory(classifier(BAD))]
      const metrics = ['top1', 'f1', 'agreement', 'sqnr', 'cosine', 'mse', 'mae', 'max-error']
      return (await evaluate({ models, reference: models[0] ?? null, data, metrics, batchSize })).metrics
    }
    const [one, two, all] = await Promise.all([of(1), of(2), of(64)])
    assert.deepEqual(one, all)
    assert.deepEqual(two, all)
  })

  it('fills the last batch of a fixed size up, and leaves what was added out of the figures', async () => {
    const data = await labelled()
    for (const batch of [1, 2, 3, 5, 8]) {
      const { metrics, samples } = await evaluate({
        models: [inMemory(classifier(GOOD, batch))],
        data,
        metrics: ['top1'],
        batchSize: 4,
      })
      assert.deepEqual({ samples, ...values(metrics) }, { samples: 5, 'top1:logits': [0.8] }, `batch of ${batch}`)
    }
  })

  it('reaches the accuracy of LeNet-5 that its fixture is described with', async () => {
    const data = 'fixtures/fashion-mnist/t10k'
    const { metrics, samples } = await evaluate({
      models: [{ path: 'fixtures/lenet5.onnx' }],
      data: `${data}-images-idx3-ubyte.gz,${data}-labels-idx1-ubyte.gz`,
      batchSize: 500,
    })
    assert.equal(samples, 10_000)
    assert.deepEqual(
      metrics.map(({ name, output, against }) => ({ name, output, against })),
      [{ name: 'top1', output: 'logits', against: 'labels' }],
    )
    assert.ok(Math.abs((metrics[0]?.values[0] ?? 0) - 0.9211) <= 0.0005)
  })

  describe('without metrics', () => {
    const defaults = async (options: Omit<EvaluateOptions, 'models'> & { model: Uint8Array }) => {
      const { model, ...rest } = options
      const { metrics } = await evaluate({ models: [inMemory(model)], ...rest })
      return metrics.map(({ name, output, against }) => `${name}:${output} against ${against}`)
    }
    const regression = affine()
    const reference = inMemory(affine(), 'the reference')

    it('takes top1 for class indices within the range of an output', async () => {
      assert.deepEqual(await defaults({ model: classifier(GOOD), data: await labelled() }), [
        'top1:logits against labels',
      ])
    })

    it('passes by outputs that the labels do not fit', async () => {
      const model = tinyModel({
        inputs: { x: ['float32', ['N', 2]] },
        outputs: ['x2', 'logits'],
        nodes: [node('Neg', ['x'], ['x2']), node('MatMul', ['x', 'w'], ['logits'])],
        weights: [floats('w', [2, 3], GOOD)],
      })
      assert.deepEqual(await defaults({ model, data: await labelled() }), ['top1:logits against labels'])
    })

    it('takes top1 for the class indices that a model gives itself', async () => {
      const model = tinyModel({
        inputs: { x: ['float32', ['N']] },
        outputs: ['class'],
        nodes: [cast('x', 'class', 'int64')],
      })
      const data = await jsonl([
        { x: 3, label: 3 },
        { x: 4, label: 5 },
      ])
      const { metrics } = await evaluate({ models: [inMemory(model)], data })
      assert.deepEqual(values(metrics), { 'top1:class': [0.5] })
    })

    it('takes 0 and 1 beside one score for classes when they are integers, else for targets', async () => {
      const model = tinyModel({
        inputs: { x: ['float32', ['N']] },
        outputs: ['p'],
        nodes: [node('Sigmoid', ['x'], ['p'])],
      })
      const integers = join(folder, 'integers.mjs')
      await writeFile(integers, 'export default [-1, 1].map((x, i) => ({ x, label: Int32Array.of(i) }))')
      assert.deepEqual(await defaults({ model, data: integers }), ['top1:p against labels'])
      const numbers = await jsonl([
        { x: -1, label: 0 },
        { x: 1, label: 1 },
      ])
      assert.deepEqual(await defaults({ model, data: numbers }), ['mse:p against labels'])
    })

    it('takes agreement and SQNR with the reference where the labels do not fit', async () => {
      const data = await jsonl([{ x: [1, 2], label: 7 }])
      assert.deepEqual(await defaults({ model: regression, reference, data }), [
        'agreement:y against reference',
        'sqnr:y against reference',
      ])
    })

    it('takes them where there are no labels', async () => {
      assert.deepEqual(await defaults({ model: regression, reference, data: 'random?n=8' }), [
        'agreement:y against reference',
        'sqnr:y against reference',
      ])
    })

    it('takes mse where the labels have the shape of an output and there is no reference', async () => {
      const data = await jsonl([{ x: [1, 2], label: [0.5, 1] }])
      assert.deepEqual(await defaults({ model: regression, data }), ['mse:y against labels'])
    })

    it('refuses when there is nothing to judge by', async () => {
      const models = [inMemory(regression)]
      await refused(
        { models, data: 'random?n=8' },
        DataError,
        /no labels, and there is no model to compare with.*"y" float32\[8,2\]/,
        /--label.*--baseline/s,
      )
      await refused(
        { models, data: await jsonl([{ x: [1, 2], label: 7 }]) },
        DataError,
        /the labels \(1 for 1 samples\) fit no output/,
      )
    })
  })

  describe('against a reference', () => {
    it('compares every model with it, and none with itself', async () => {
      const [good, bad] = [inMemory(classifier(GOOD)), inMemory(classifier(BAD))]
      const { metrics } = await evaluate({
        models: [good, bad],
        reference: good,
        data: await labelled(),
        metrics: ['agreement', 'mse', 'top1'],
      })
      // differences: 7 x2 in the first class, x2 = 0, 1, 1, 2, 3
      assert.deepEqual(values(metrics), {
        'agreement:logits': [null, 0.4],
        'mse:logits': [null, (49 * (0 + 1 + 1 + 4 + 9)) / 15],
        'top1:logits': [0.8, 0.6],
      })
      assert.deepEqual(
        metrics.map(({ against }) => against),
        ['reference', 'reference', 'labels'],
      )
    })

    it('may be a model beside those that are judged', async () => {
      const { metrics } = await evaluate({
        models: [inMemory(classifier(GOOD)), inMemory(classifier(BAD))],
        reference: inMemory(classifier(BAD)),
        data: await labelled(),
        metrics: ['agreement', 'sqnr'],
      })
      assert.deepEqual(
        metrics.map(({ values }) => values[1]),
        [1, Infinity],
      )
      assert.deepEqual(metrics[0]?.values[0], 0.4)
    })

    it('is recognised among the models by its path', async () => {
      const path = join(folder, 'same.onnx')
      await writeFile(path, affine())
      const { metrics } = await evaluate({
        models: [{ path }],
        reference: { path },
        data: 'random?n=4',
        metrics: ['mse'],
      })
      assert.deepEqual(metrics[0]?.values, [null])
    })

    it('must have the output, in the same shape', async () => {
      const other = (outputs: string[], dims: readonly number[]) =>
        inMemory(
          tinyModel({
            inputs: { x: ['float32', ['N', 2]] },
            outputs,
            nodes: [node('MatMul', ['x', 'w'], outputs)],
            weights: [floats('w', dims, Array(dims.reduce((n, d) => n * d)).fill(1))],
          }),
        )
      const options = { models: [inMemory(affine())], data: 'random?n=4', metrics: ['mse'] }
      await refused(
        { ...options, reference: other(['y'], [2, 5]) },
        DataError,
        /Output "y" is \[4,2\], that of the reference \[4,5\]/,
      )
      await refused(
        { ...options, reference: other(['z'], [2, 2]) },
        UsageError,
        /Not every model has an output "y"/,
        /z/,
      )
    })

    it('must have the same inputs', async () => {
      const other = tinyModel({
        inputs: { u: ['float32', ['N', 2]] },
        outputs: ['y'],
        nodes: [node('Neg', ['u'], ['y'])],
      })
      await refused(
        { models: [inMemory(affine(), 'a.onnx')], reference: inMemory(other, 'b.onnx'), data: 'random?n=4' },
        UsageError,
        /^"a\.onnx" and "b\.onnx" cannot be fed the same: inputs x and u\.$/,
      )
    })
  })

  it('takes a metric of the user, with both labels and reference', async () => {
    const metric = join(folder, 'own.mjs')
    await writeFile(
      metric,
      'export default ({ labels, reference, output, size }) => size * (labels.length + reference.length / 10 + output.length / 100)',
    )
    const reference = inMemory(affine())
    const { metrics } = await evaluate({
      models: [inMemory(affine())],
      reference,
      data: await jsonl([{ x: [1, 2], label: [0, 0] }]),
      metrics: [`${metric}:y`],
    })
    assert.deepEqual(values(metrics), { 'own:y': [2 + 0.2 + 0.02] })
    assert.equal(metrics[0]?.against, 'labels')
  })

  it('judges an output of one sample without a batch axis', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', [1, 2]] },
      outputs: ['y'],
      nodes: [node('ReduceSum', ['x', 'axes'], ['y'])],
      weights: [{ name: 'axes', dims: [2], dataType: 7, int64Data: [0, 1] }],
    })
    const data = await jsonl([
      { x: [1, 2], label: [[3]] },
      { x: [1, 1], label: [[4]] },
    ])
    const { metrics } = await evaluate({ models: [inMemory(model)], data, metrics: ['mse'] })
    assert.deepEqual(values(metrics), { 'mse:y': [2] })
  })

  it('refuses an output whose first axis is not the batch', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N', 2]] },
      outputs: ['t', 'y'],
      nodes: [node('Transpose', ['x'], ['t']), node('Neg', ['x'], ['y'])],
    })
    const options = { models: [inMemory(model)], data: await jsonl([{ x: [1, 2] }, { x: [3, 4] }, { x: [5, 6] }]) }
    const reference = inMemory(model)
    await refused(
      { ...options, reference, metrics: ['mse:t'] },
      DataError,
      /Output "t" is float32\[2,3\] for a batch of 3: its first axis is not the batch/,
      /--batch-size 1/,
    )
    const { metrics } = await evaluate({ ...options, reference, metrics: ['mse'] })
    assert.deepEqual(values(metrics), { 'mse:y': [0] })
  })

  it('reads only the first samples when told', async () => {
    const { samples, metrics } = await evaluate({
      models: [inMemory(classifier(GOOD))],
      data: await labelled(),
      limit: 3,
      batchSize: 2,
    })
    assert.deepEqual({ samples, ...values(metrics) }, { samples: 3, 'top1:logits': [1] })
  })

  it('binds fields as told', async () => {
    const data = await jsonl([{ a: [1, 0], b: [0, 1], class: 2 }])
    const { metrics } = await evaluate({
      models: [inMemory(classifier(GOOD))],
      data,
      binds: { x: 'b' },
      label: 'class',
    })
    assert.deepEqual(values(metrics), { 'top1:logits': [1] })
  })

  it('tells its progress, ending with all samples', async () => {
    const seen: [number, number | null][] = []
    await evaluate(
      { models: [inMemory(classifier(GOOD))], data: await labelled(), batchSize: 1 },
      { onProgress: (samples, total) => seen.push([samples, total]) },
    )
    assert.deepEqual(seen.at(-1), [5, 5])
    const counts = seen.map(([samples]) => samples)
    assert.deepEqual(
      counts,
      [...new Set(counts)].sort((a, b) => a - b),
    )
  })

  it('stops when told', async () => {
    const stop = new AbortController()
    const endless = join(folder, 'endless.mjs')
    await writeFile(endless, 'export default async function* () { for (;;) yield { x: [1, 0], label: 0 } }')
    await assert.rejects(
      evaluate(
        { models: [inMemory(classifier(GOOD))], data: endless },
        { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) },
      ),
      /^Error: enough$/,
    )
  })

  it('keeps the memory of a stream flat', async () => {
    const stream = async (samples: number) => {
      const path = join(folder, `stream${samples}.mjs`)
      await writeFile(
        path,
        `export default async function* () {
          for (let i = 0; i < ${samples}; i++) yield { x: new Float32Array(65536).fill(i), label: i % 2 }
        }`,
      )
      const model = tinyModel({
        inputs: { x: ['float32', ['N', 65536]] },
        outputs: ['y'],
        nodes: [node('Neg', ['x'], ['y'])],
      })
      const { samples: read, peakBytes } = await evaluate({
        models: [inMemory(model)],
        data: path,
        batchSize: 8,
        metrics: ['f1'],
      })
      assert.equal(read, samples)
      return peakBytes
    }
    // 256 KiB a sample: 64 MiB against 512 MiB, were they kept
    const [short, long] = [await stream(256), await stream(2048)]
    assert.ok(long - short < 200 * 2 ** 20, `${short} bytes, then ${long}`)
  })

  describe('refuses', () => {
    const models = [inMemory(affine(), 'm.onnx')]

    it('an unknown metric', () =>
      refused(
        { models, data: 'random?n=2', metrics: ['sqrn'] },
        UsageError,
        /^Unknown metric "sqrn"\.$/,
        /Did you mean "sqnr"\?/,
      ))

    it('an unknown output', () =>
      refused(
        { models, reference: inMemory(affine()), data: 'random?n=2', metrics: ['mse:yy'] },
        UsageError,
        /no output "yy"/,
        /Did you mean "y"\?/,
      ))

    it('metrics of labels without labels', () =>
      refused({ models, data: 'random?n=2', metrics: ['top1'] }, DataError, /no labels/, /--label FIELD/))

    it('metrics of a reference without one', () =>
      refused(
        { models, data: 'random?n=2', metrics: ['cosine'] },
        DataError,
        /compares with another model, and there is none/,
        /--baseline/,
      ))

    it('inputs that the data do not give, naming them', async () => {
      const recurrent = tinyModel({
        inputs: { input: ['float32', ['N', 4]], h: ['float32', [2, 'N', 64]], sr: ['int64', []] },
        outputs: ['y'],
        nodes: [node('Neg', ['input'], ['y'])],
      })
      const data = await jsonl([{ input: [1, 2, 3, 4], label: 1 }])
      await refused(
        { models: [inMemory(recurrent)], data },
        DataError,
        /"h" \(float32\[2,N,64\]\), "sr" \(int64\[\]\)/,
        /--bind h=/,
      )
    })

    it('a model that does not load, by its name', () =>
      refused(
        { models: [inMemory(new Uint8Array([1, 2]), 'm.onnx')], data: 'random?n=2' },
        UnsupportedModelError,
        /^ONNX Runtime cannot load "m\.onnx": /,
      ))

    it('samples that the model fails on, naming them and the node', async () => {
      const model = tinyModel({
        inputs: { ids: ['int64', ['N']] },
        outputs: ['y'],
        nodes: [node('Gather', ['table', 'ids'], ['y'], 'embed')],
        weights: [floats('table', [3, 2], [1, 2, 3, 4, 5, 6])],
      })
      const data = await jsonl([0, 1, 2, 7].map((ids) => ({ ids, label: 0 })))
      await refused(
        { models: [inMemory(model, 'm.onnx')], data, batchSize: 2 },
        DataError,
        /^"m\.onnx" does not run on samples 2 to 3: Gather "embed": .*out of data bounds/,
      )
    })

    it('an output that is NaN, naming the sample', async () => {
      const model = tinyModel({
        inputs: { x: ['float32', ['N', 2]] },
        outputs: ['y'],
        nodes: [node('Log', ['x'], ['y'])],
      })
      const data = await jsonl([
        { x: [1, 2], label: 0 },
        { x: [1, 3], label: 0 },
        { x: [1, -1], label: 0 },
      ])
      await refused(
        { models: [inMemory(model)], data, batchSize: 2 },
        DataError,
        /^Output "y" is NaN, at sample 2, element \[1\]\.$/,
      )
    })
  })
})
