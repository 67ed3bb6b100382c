import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { Report } from '../../src/report/report.js'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

describe('The configuration of mcompress', () => {
  const folder = workFolder()
  const prune = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    mcompress(['prune', 'gemm.onnx', ...args], { cwd: folder.path, env })
  const configure = (content: object, name = 'mcompress.config.json') =>
    writeFileSync(folder.file(name), JSON.stringify(content))

  beforeEach(() => place(folder.path, 'generated/gemm.onnx'))

  it('sets defaults: a flag beats the environment, that beats the file', async () => {
    configure({ json: true, seed: 1, prune: { sparsity: 0.25, criterion: 'random' } })

    const file = await prune()
    const environment = await prune([], { MCOMPRESS_SEED: '2', MCOMPRESS_SPARSITY: '30%' })
    const flag = await prune(['--seed', '3'], { MCOMPRESS_SEED: '2' })

    const [a, b, c] = [file, environment, flag].map((ran) => {
      assertDone(ran)
      const { seed, steps }: Report = JSON.parse(ran.stdout)
      return [seed, steps[0]?.options.sparsity, steps[0]?.options.criterion]
    })
    assert.deepEqual(a, [1, '0.25', 'random'])
    assert.deepEqual(b, [2, '30%', 'random'])
    assert.deepEqual(c, [3, '0.25', 'random'])
    const { argv }: Report = JSON.parse(flag.stdout)
    assert.deepEqual(argv, ['prune', 'gemm.onnx', '--seed', '3', '--json', '--sparsity=0.25', '--criterion=random'])
  })

  it('may hold for data what a command without data does not need', async () => {
    configure({ limit: 4, metric: ['sqnr'], quiet: true })

    assertDone(await prune())
    const ran = await prune(['--eval-data', 'random?n=9', '--json'])

    const { data, metrics }: Report = JSON.parse(ran.stdout)
    assert.deepEqual([data[0]?.samples, metrics.map(({ name }) => name)], [4, ['sqnr']])
  })

  it('is named where a value from it is wrong', async () => {
    configure({ prune: { sparsity: 80 } })
    assertRefused(
      await prune(),
      2,
      /--sparsity is "80".*\n {2}Did you mean 0\.8.*\n {2}--sparsity was set in mcompress\.config\.json\./,
    )
    assertRefused(await prune(['--sparsity', '90']), 2, /^Error: --sparsity is "90".*\n {2}Did you mean 0\.9 .*\n$/)

    configure({ limit: 0 }, 'other.json')
    assertRefused(
      await prune(['--config', 'other.json']),
      2,
      /--limit is "0"(.*\n)+ {2}--limit was set in other\.json\./,
    )
    assertRefused(await prune([], { MCOMPRESS_THREADS: 'all' }), 2, /--threads was set in MCOMPRESS_THREADS\./)
  })

  it('must hold known keys', async () => {
    configure({ sparsty: 0.5 })

    assertRefused(await prune(), 2, /Unknown key "sparsty" in mcompress\.config\.json\.\n {2}Did you mean "sparsity"\?/)
  })

  it('is not looked at for help', async () => {
    writeFileSync(folder.file('mcompress.config.json'), 'no JSON')

    assertDone(await prune(['--help']))
    assertRefused(await prune(), 2, /is no valid JSON/)
  })
})
