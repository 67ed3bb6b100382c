import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { NothingToDoError, UsageError, VerificationError } from '../../src/errors.js'
import { attr } from '../../src/ir/attr.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import type { Pass } from '../../src/passes/pass.js'
import { evaluateModel } from '../../src/recipe/evaluate-model.js'
import { inspect } from '../../src/recipe/inspect.js'
import { makeStep } from '../../src/recipe/recipe.js'
import { applyRecipe, runRecipe } from '../../src/recipe/run.js'
import { emptyFolder, layers, passOf } from './models.js'

describe('A recipe', () => {
  const path = emptyFolder()
  const names = () => readdirSync(path()).sort()
  const prune = passOf('prune')
  const half = () => makeStep(prune)

  beforeEach(() => writeFileSync(path('in.onnx'), encodeToBytes(layers())))

  it('needs no more than an input and steps', async () => {
    const report = await runRecipe({ input: path('in.onnx'), steps: [half()] })

    assert.deepEqual(names(), ['in.onnx', 'in.pruned.onnx'])
    assert.equal(report.command, 'prune')
    assert.equal(report.after?.path, path('in.pruned.onnx'))
    assert.deepEqual([report.seed, report.data, report.metrics], [0, [], []])
    assert.equal(report.headlines[0], '50.0 % of the weights are zero (0 % before).')
  })

  it('runs its steps one after the other, and names the result after them', async () => {
    const steps = [makeStep(prune, { sparsity: 0.25 }), makeStep(prune, { sparsity: 0.75, scope: 'layer' })]

    const report = await runRecipe({ input: path('in.onnx'), steps })

    assert.deepEqual(names(), ['in.onnx', 'in.pruned.pruned.onnx'])
    assert.equal(report.command, 'prune, prune')
    assert.deepEqual(
      report.steps.map(({ options, changed }) => [options.sparsity, changed.length]),
      [
        [0.25, 2],
        [0.75, 2],
      ],
    )
    assert.deepEqual(
      report.after?.layers.map(({ nonZero }) => nonZero),
      [4, 3],
    )
  })

  it('tells its phases, and how far they are', async () => {
    const heard: [string, number | null][] = []

    await runRecipe(
      { input: path('in.onnx'), steps: [half()], evaluation: { data: 'random?n=4' }, keep: false },
      { onProgress: (phase, done) => heard.push([phase, done]) },
    )

    const phases = heard.map(([phase]) => phase).filter((phase, i, all) => phase !== all[i - 1])
    assert.deepEqual(phases, [
      'Reading',
      'Running prune',
      'Waiting for the disk',
      'Verifying',
      'Loading',
      'Measuring',
      'Describing',
      'Hashing',
      'Compressing',
      'Hashing in.onnx',
      'Compressing in.onnx',
    ])
    for (const [phase, done] of heard) assert.ok(done === null || (done >= 0 && done <= 1), `${phase} ${done}`)
  })

  it('measures the input and the result on the same data', async () => {
    const evaluation = { data: 'random?n=10', metrics: ['mse', 'agreement'], limit: 7 }

    const { metrics, data } = await runRecipe({ input: path('in.onnx'), steps: [half()], evaluation, seed: 5 })

    assert.deepEqual(data, [{ role: 'evaluation', spec: 'random?n=10', samples: 7 }])
    const [mse, agreement] = metrics
    assert.deepEqual([mse?.against, mse?.before], [path('in.onnx'), null])
    assert.ok(Number(mse?.after) > 0)
    assert.ok(Number(agreement?.after) > 0.4)
  })

  it('has nothing to do where nothing changes: an error, or a report without a result', async () => {
    const request = { input: path('in.onnx'), steps: [makeStep(prune, { sparsity: 0 })] }

    await assert.rejects(runRecipe(request), NothingToDoError)
    const report = await runRecipe({ ...request, allowUnchanged: true })

    assert.deepEqual(names(), ['in.onnx'])
    assert.equal(report.after, null)
    assert.match(report.headlines[0] ?? '', /nothing to prune/)
    assert.equal(report.before.parameters, 28)
  })

  it('lets a pass say what belongs at the head of the report', async () => {
    const noted: Pass = {
      ...prune,
      load: async () => {
        const { run } = await prune.load()
        return { run: async (...args) => ({ ...(await run(...args)), notes: ['Mind the gap.'] }) }
      },
    }

    const { headlines } = await runRecipe({
      input: path('in.onnx'),
      steps: [makeStep(noted)],
      keep: false,
      gzip: false,
    })

    assert.deepEqual(headlines.slice(1), [
      'File size unchanged: zeros are stored like other values. Smaller: add --pack. Faster: prune structured.',
      'Mind the gap.',
      'What this costs in accuracy was not measured: add --eval-data.',
    ])
  })

  it('upgrades the model first where a pass needs a later opset, and says so', async () => {
    const demanding: Pass = { ...prune, traits: { ...prune.traits, minOpset: 18 } }

    const report = await runRecipe({
      input: path('in.onnx'),
      steps: [makeStep(demanding), makeStep(demanding, { sparsity: 0.8 })],
    })

    assert.deepEqual(
      report.steps.map(({ pass }) => pass),
      ['upgrade', 'prune', 'prune'],
    )
    const [upgrade] = report.steps
    assert.deepEqual(upgrade?.options, { opset: '18' })
    assert.deepEqual(upgrade?.changed, [{ target: 'the model', what: 'opset 17 → 18' }])
    assert.equal(report.after?.opsets[''], 18)
    assert.equal(readModel(path('in.onnx')).model.opset, 17)
  })

  it('leaves the input alone when a pass fails halfway, and hands on its error', async () => {
    const before = readFileSync(path('in.onnx'))
    const failing: Pass = {
      ...prune,
      load: async () => ({
        run: async (model) => {
          for (const node of model.main.nodes) model.setAttr(node, 'broken', attr.int(1))
          throw new RangeError('halfway')
        },
      }),
    }
    const steps = [half(), makeStep(failing)]

    await assert.rejects(runRecipe({ input: path('in.onnx'), steps, inPlace: true }), /halfway/)

    assert.ok(readFileSync(path('in.onnx')).equals(before))
    assert.deepEqual(names(), ['in.onnx'])
  })

  it('stops before it writes when it is told to', async () => {
    const abort = new AbortController()
    const onProgress = (phase: string) => {
      if (phase === 'Describing') abort.abort(new SyntaxError('stop'))
    }

    await assert.rejects(
      runRecipe({ input: path('in.onnx'), steps: [half()] }, { signal: abort.signal, onProgress }),
      /stop/,
    )

    assert.deepEqual(names(), ['in.onnx'])
  })

  it('refuses a provider that does not exist before any work', async () => {
    const phases: string[] = []
    const request = { input: path('in.onnx'), steps: [half()], provider: 'nope' }

    await assert.rejects(runRecipe(request, { onProgress: (phase) => phases.push(phase) }), UsageError)

    assert.deepEqual(phases, ['Reading'])
  })

  it('follows dimensions that are asked for', async () => {
    const request = { input: path('in.onnx'), steps: [half()], dims: { N: 10 }, keep: false }

    const { before, after } = await runRecipe(request)

    assert.deepEqual(before.macs, { total: 10 * (16 + 12), assumed: { N: 10 }, unknown: [] })
    assert.deepEqual(after?.macs, before.macs)
    await assert.rejects(runRecipe({ ...request, dims: { M: 1 } }), /no open dimension "M"/)
  })

  it('can be made in place, and be repeated', async () => {
    copyFileSync('fixtures/generated/external.onnx', path('external.onnx'))
    copyFileSync('fixtures/generated/external.onnx.data', path('external.onnx.data'))
    const steps = (sparsity: number) => [makeStep(prune, { sparsity })]

    const first = await runRecipe({ input: path('external.onnx'), steps: steps(0.5), inPlace: true })
    const second = await runRecipe({ input: path('external.onnx'), steps: steps(0.6), inPlace: true })

    assert.match(first.headlines.at(-1) ?? '', /does not use "external\.onnx\.data" any more/)
    assert.doesNotMatch(second.headlines.join(), /any more/)
    assert.equal(second.before.path, second.after?.path)
    assert.equal(names().filter((name) => name.endsWith('.data')).length, 2)
    assert.ok(existsSync(readModel(path('external.onnx')).external[0]?.path ?? ''))
  })
})

describe('A recipe whose report nobody reads', () => {
  const path = emptyFolder()
  const request = () => ({ input: path('in.onnx'), steps: [makeStep(passOf('prune'))] })

  beforeEach(() => writeFileSync(path('in.onnx'), encodeToBytes(layers())))

  it('makes the same file, and describes nothing', async () => {
    const phases: string[] = []
    const report = await runRecipe({ ...request(), output: path('with.onnx') })
    await applyRecipe({ ...request(), output: path('without.onnx') }, { onProgress: (phase) => phases.push(phase) })

    assert.deepEqual(readFileSync(path('without.onnx')), readFileSync(path('with.onnx')))
    assert.equal(report.verification?.level, 'run')
    assert.ok(phases.includes('Verifying'))
    assert.ok(!phases.some((phase) => /Describing|Hashing|Compressing/.test(phase)), phases.join())
  })

  it('verifies the file all the same', async () => {
    const prune = passOf('prune')
    const damaging: Pass = {
      ...prune,
      load: async () => {
        const { run } = await prune.load()
        return {
          run: async (model, ...rest) => {
            const [first] = model.main.nodes
            if (first) model.setAttr(first, 'nonsense', attr.int(1))
            return run(model, ...rest)
          },
        }
      },
    }

    await assert.rejects(applyRecipe({ input: path('in.onnx'), steps: [makeStep(damaging)] }), VerificationError)

    assert.deepEqual(readdirSync(path()), ['in.onnx'])
  })

  it('refuses a dimension that the model does not have', async () => {
    await assert.rejects(applyRecipe({ ...request(), dims: { M: 1 } }), /no open dimension "M"/)
    await applyRecipe({ ...request(), dims: { N: 10 } })

    assert.deepEqual(readdirSync(path()).sort(), ['in.onnx', 'in.pruned.onnx'])
  })

  it('has nothing to do where nothing changes: an error, unless that is allowed', async () => {
    const nothing = { ...request(), steps: [makeStep(passOf('prune'), { sparsity: 0 })] }

    await assert.rejects(applyRecipe(nothing), NothingToDoError)
    await applyRecipe({ ...nothing, allowUnchanged: true })

    assert.deepEqual(readdirSync(path()), ['in.onnx'])
  })
})

describe('Looking at a model', () => {
  const path = emptyFolder()
  beforeEach(() => writeFileSync(path('m.onnx'), encodeToBytes(layers())))

  it('needs no more than its path', async () => {
    const { command, before, after, steps } = await inspect({ input: path('m.onnx') })

    assert.deepEqual([command, before.nodes, after, steps], ['inspect', 3, null, []])
    assert.ok(Number(before.gzipBytes) > 0, 'small models are gzipped')
    assert.equal((await inspect({ input: path('m.onnx'), gzip: false })).before.gzipBytes, null)
  })

  it('stops when it is told to', async () => {
    await assert.rejects(
      inspect({ input: path('m.onnx') }, { signal: AbortSignal.abort(new SyntaxError('stop')) }),
      /stop|aborted/,
    )
  })

  it('is measured with data, against itself as well', async () => {
    const { metrics, before } = await evaluateModel({
      input: path('m.onnx'),
      baseline: path('m.onnx'),
      evaluation: { data: 'random?n=3' },
    })

    assert.deepEqual(
      metrics.map(({ name, before }) => [name, before]),
      [
        ['agreement', 1],
        ['sqnr', 'Infinity'],
      ],
    )
    assert.equal(before.gzipBytes, null)
  })
})
