import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataError, IoError, UsageError } from '../../src/errors.js'
import { chooseMetric } from '../../src/metrics/find.js'
import { judge, observation } from './observe.js'

describe('A metric of a module', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metric-'))
  })
  after(() => rm(folder, { recursive: true }))

  let files = 0
  /** Written under a new name each time, as modules are loaded once. */
  async function written(code: string, name = `own${files++}`): Promise<string> {
    const path = join(folder, `${name}.mjs`)
    await writeFile(path, code)
    return path
  }
  const refusal = (kind: new (message: string) => Error, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof kind, String(error))
    assert.match(error.message, message)
    return true
  }

  it('may be a function: the mean over samples of what it gives for each batch', async () => {
    const path = await written('export default ({ output, labels, size }) => (output[0] - labels[0]) * size', 'bias')
    const { metric, name, output, parameter } = await chooseMetric(`${path}:logits`)
    assert.deepEqual({ name, output, parameter }, { name: 'bias', output: 'logits', parameter: null })
    assert.deepEqual([metric.needs, metric.better, metric.unit], ['either', 'higher', 'number'])
    // 2 * 3 for three samples, 10 * 1 for one
    const batches = [observation([3], [5, 0, 0], { labels: [3, 0, 0] }), observation([1], [10], { labels: [0] })]
    assert.equal(judge(metric, ...batches), (6 * 3 + 10) / 4)
  })

  it('may say what it is, beside the function', async () => {
    const path = await written(
      "export const better = 'lower', unit = 'dB', needs = 'reference'; export default function () { return 1 }",
    )
    const { metric } = await chooseMetric(path)
    assert.deepEqual([metric.needs, metric.better, metric.unit], ['reference', 'lower', 'dB'])
  })

  it('may be a Metric with an accumulator of its own', async () => {
    const path = await written(`
      class Largest {
        #most = null
        add({ output }) { this.#most = Math.max(this.#most ?? -Infinity, ...output) }
        result() { return this.#most }
      }
      export default { name: 'largest', needs: 'either', better: 'lower', unit: 'number', create: () => new Largest() }`)
    const { metric, name } = await chooseMetric(path)
    assert.equal(name, 'largest')
    const create = () => metric.create(null)
    assert.equal(judge({ create }, observation([2], [1, 7]), observation([1], [3])), 7)
    assert.equal(judge({ create }), null)
  })

  const noMetrics: readonly (readonly [string, string, RegExp])[] = [
    ['no default export', 'export const x = 1', /exports no metric: it has no default export\.$/],
    ['a number', 'export default 3', /its default export is 3\.$/],
    ['no name', 'export default { create() {} }', /it has no name\.$/],
    ['no create', "export default { name: 'x' }", /it has no function "create"\.$/],
    [
      'nothing about what it needs',
      "export default { name: 'x', create() {}, better: 'lower' }",
      /"needs" is undefined, and must be one of labels, reference, either\.$/,
    ],
    [
      'a direction that is none',
      "export const better = 'up'; export default () => 1",
      /"better" is "up", and must be one of higher, lower\.$/,
    ],
  ]
  for (const [what, code, message] of noMetrics) {
    it(`is refused with ${what}`, async () => {
      const path = await written(code)
      await assert.rejects(chooseMetric(path), refusal(UsageError, message))
    })
  }

  it('is refused when its accumulator is none', async () => {
    const path = await written(
      "export default { name: 'x', needs: 'labels', better: 'lower', create: () => ({ add() {} }) }",
    )
    const { metric } = await chooseMetric(path)
    assert.throws(() => metric.create(null), refusal(UsageError, /no functions "add" and "result"/))
  })

  it('is refused when its file is missing', () =>
    assert.rejects(
      chooseMetric(join(folder, 'none.mjs')),
      refusal(IoError, /^Cannot load the metric ".*none\.mjs": no such file/),
    ))

  it('is refused when it does not load', async () => {
    const path = await written('throw new TypeError("at once")')
    await assert.rejects(chooseMetric(path), refusal(DataError, /cannot be loaded: TypeError: at once$/))
  })

  const badValues: readonly (readonly [string, string, RegExp])[] = [
    ['NaN', '() => NaN', /gives NaN for samples 8 to 9; a number is needed\.$/],
    ['a text', "() => '1'", /gives a string for samples 8 to 9/],
    ['a promise', 'async () => 1', /gives a promise for samples 8 to 9/],
    ['an error', "() => { throw new RangeError('no') }", /failed: RangeError: no$/],
  ]
  for (const [what, code, message] of badValues) {
    it(`is refused when it gives ${what}`, async () => {
      const { metric } = await chooseMetric(await written(`export default ${code}`))
      const accumulator = metric.create(null)
      assert.throws(() => accumulator.add(observation([2], [1, 2], { first: 8 })), refusal(DataError, message))
    })
  }
})
