import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Report } from '../../src/report/report.js'
import { assertDone, mcompress, place, type RunOptions, TEST_SET, workFolder } from './cli.js'

describe('mcompress evaluate', () => {
  const folder = workFolder()
  const evaluate = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(['evaluate', ...args], { cwd: folder.path, ...options })
  const metricsOf = (json: string) => {
    const { metrics }: Report = JSON.parse(json)
    return metrics.map(({ name, against, before }) => ({ name, against, before }))
  }

  it('gives the accuracy of the LeNets that fixtures/SOURCES.md names', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await evaluate(['lenet5.onnx', '--data', TEST_SET])

    assertDone(ran)
    assert.match(ran.stdout, /top1 +92\.1 % +10\D000 +labels/)
    assert.equal(ran.stderr, '')
  })

  it('judges against a baseline', async () => {
    place(folder.path, 'lenet5.onnx')
    assertDone(await mcompress(['prune', 'lenet5.onnx', '-q'], { cwd: folder.path }))
    const args = ['lenet5.pruned.onnx', '--baseline', 'lenet5.onnx', '--eval-data', 'random?n=64', '--json']

    const ran = await evaluate(args)

    assertDone(ran)
    const [agreement, sqnr] = metricsOf(ran.stdout)
    assert.deepEqual([agreement?.name, agreement?.against, sqnr?.name], ['agreement', 'lenet5.onnx', 'sqnr'])
    assert.ok(Number(sqnr?.before) > 10 && Number(sqnr?.before) < 40, String(sqnr?.before))
  })

  it('reads the model, or the baseline, from stdin', async () => {
    place(folder.path, 'lenet5.onnx')
    const stdin = readFileSync(folder.file('lenet5.onnx'))
    const args = ['--data', 'random?n=8', '--json']

    const model = await evaluate(['-', '--baseline', 'lenet5.onnx', ...args], { stdin })
    const baseline = await evaluate(['lenet5.onnx', '--baseline', '-', ...args], { stdin })

    assertDone(model)
    assertDone(baseline)
    assert.deepEqual(metricsOf(model.stdout), [
      { name: 'agreement', against: 'lenet5.onnx', before: 1 },
      { name: 'sqnr', against: 'lenet5.onnx', before: 'Infinity' },
    ])
    assert.deepEqual(
      metricsOf(baseline.stdout).map(({ against }) => against),
      ['stdin', 'stdin'],
    )
  })
})
