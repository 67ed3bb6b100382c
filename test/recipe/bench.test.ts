import assert from 'node:assert/strict'
import { UsageError } from '../../src/errors.js'
import { bench, benchModels } from '../../src/recipe/bench.js'

const LENET = 'fixtures/lenet5.onnx'
const SMALL = 'fixtures/lenet-300-100.onnx'
const SHORT = { runs: 6, minMs: 0, warmup: 1, threads: 1, processes: 1 } as const

describe('bench', () => {
  it('describes exactly two models as before and after, and compares the second with the first', async () => {
    const report = await bench({ inputs: [LENET, SMALL], ...SHORT })

    assert.equal(report.command, 'bench')
    assert.equal(report.before.path, LENET)
    assert.equal(report.after?.path, SMALL)
    assert.equal(report.headlines.length, 1)
    const [first, second] = report.bench?.models ?? []
    assert.deepEqual([first?.path, second?.path], [LENET, SMALL])
    assert.deepEqual([first?.bytes, second?.bytes], [report.before.bytes, report.after?.bytes])
    assert.equal(first?.ratio, null)
    const { value = 0, low, high } = second?.ratio ?? {}
    assert.ok(typeof low === 'number' && typeof high === 'number' && low <= value && value <= high)
    assert.deepEqual(report.bench?.dims, { N: 1 })
  })

  it('describes the first of one, or of three', async () => {
    const one = await bench({ inputs: [LENET], ...SHORT, runs: 1 })
    const three = await bench({ inputs: [LENET, SMALL, LENET], ...SHORT, runs: 1 })

    assert.equal(one.after, null)
    assert.equal(three.after, null)
    assert.equal(one.bench?.models.length, 1)
    assert.equal(three.bench?.models.length, 3)
    assert.deepEqual(
      three.bench?.models.map(({ ratio }) => ratio?.low),
      [undefined, null, null],
    )
  })

  it('runs models with external data', async () => {
    const report = await bench({ inputs: ['fixtures/generated/external.onnx'], ...SHORT, runs: 1 })

    assert.equal(report.bench?.models[0]?.bytes, report.before.bytes)
    assert.equal(report.before.files.length, 2)
  })

  it('measures models that reports call otherwise', async () => {
    const report = await benchModels({ models: [{ path: LENET, shown: 'the result' }], ...SHORT, runs: 1 })

    assert.equal(report.models[0]?.path, 'the result')
    assert.deepEqual([report.threads, report.provider, report.data, report.warmup], [1, 'cpu', 'random', 1])
  })

  it('refuses nothing at all, and stdin twice', async () => {
    await assert.rejects(bench({ inputs: [] }), UsageError)
    await assert.rejects(bench({ inputs: ['-', '-'] }), /Two models do not fit through one stdin/)
  })
})
