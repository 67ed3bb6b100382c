import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import type { Report } from '../../src/report/report.js'
import { bytes, npyFile } from '../support/data-files.js'
import { assertDone, assertRefused, mcompress, place, type RunOptions, TEST_SET, workFolder } from './cli.js'

const reportOf = (text: string): Report => JSON.parse(text) as Report // what --json prints

describe('mcompress prune --criterion wanda and sparsegpt', () => {
  const folder = workFolder()
  const prune = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(['prune', 'lenet5.onnx', ...args], { cwd: folder.path, ...options })
  beforeEach(() => place(folder.path, 'lenet5.onnx'))

  it('learn from nine tenths of --data, and are judged on the rest; the report names both', async () => {
    const ran = await prune(['--criterion', 'sparsegpt', '--data', TEST_SET, '--samples', '256', '--json'])

    assertDone(ran)
    const { data, metrics, after, steps } = reportOf(ran.stdout)
    assert.deepEqual(data, [
      { role: 'calibration', spec: TEST_SET, samples: 256 },
      { role: 'evaluation', spec: TEST_SET, samples: 1000 },
    ])
    const [top1] = metrics
    assert.ok(Number(top1?.before) - Number(top1?.after) < 0.015, `${top1?.before} -> ${top1?.after}`)
    const zeros = after?.layers.reduce((sum, layer) => sum + layer.parameters - layer.nonZero, 0)
    assert.equal(zeros, 430_500 / 2)
    const { criterion, samples, damping, blockSize, scope } = steps[0]?.options ?? {}
    assert.deepEqual([criterion, samples, damping, blockSize, scope], ['sparsegpt', '256', '0.01', '128', 'global'])
  })

  it('learn from all of --data where there is --eval-data', async () => {
    const ran = await prune([
      '--criterion',
      'wanda',
      '--data',
      'random?n=30',
      '--eval-data',
      TEST_SET,
      '--limit',
      '20',
      '--json',
    ])

    assertDone(ran)
    assert.deepEqual(reportOf(ran.stdout).data, [
      { role: 'calibration', spec: 'random?n=30', samples: 20 },
      { role: 'evaluation', spec: TEST_SET, samples: 20 },
    ])
  })

  it('name what they looked at, and how to do better, in the text', async () => {
    const args = ['--criterion', 'wanda', '--sparsity', '0.8', '--data', TEST_SET, '--samples', '64']
    const ran = await prune(args)

    assertDone(ran)
    const text = ran.stdout.replace(/\s+/g, ' ')
    assert.match(text, /64 samples for calibration/)
    assert.match(text, /1 000 samples for evaluation/)
    assert.match(text, /Accuracy fell: --scope global takes less from the layers that bear less/)
  })

  it('leave no temporary files, whether they succeed, fail or are stopped', async () => {
    mkdirSync(folder.file('tmp'))
    const env = { TMPDIR: folder.file('tmp') }
    // ONNX Runtime has files of its own there.
    const left = () => readdirSync(folder.file('tmp')).filter((name) => name.startsWith('mcompress'))
    assertDone(await prune(['--criterion', 'sparsegpt', '--data', 'random?n=20', '--quiet'], { env }))
    assert.deepEqual(left(), [])

    const bad = await prune(['--criterion', 'sparsegpt', '--data', nanFile(), '--quiet'], { env })
    assertRefused(bad, 2, /lead to NaN or Inf/)
    assert.deepEqual(left(), [])

    const stopped = await prune(
      ['--criterion', 'sparsegpt', '--data', 'random?n=100000', '--samples', '90000', '--quiet'],
      {
        env,
        onStart: (child) => {
          const timer = setInterval(() => {
            if (left().length > 0) child.kill('SIGINT')
          }, 50)
          child.once('close', () => clearInterval(timer))
        },
      },
    )
    assert.equal(stopped.code, 130, stopped.stderr)
    assert.deepEqual(left(), [])
    assert.deepEqual(
      folder.names().filter((name) => name.endsWith('.onnx')),
      ['lenet5.onnx', 'lenet5.pruned.onnx'],
    )
  })

  function nanFile(): string {
    const images = new Float32Array(20 * 784)
    images[0] = Number.NaN
    for (let i = 0; i < 20; i++) images[i * 784] = Number.NaN
    writeFileSync(folder.file('nan.npy'), npyFile('<f4', [20, 1, 28, 28], bytes(images)))
    return 'nan.npy'
  }

  it('refuse to go without data, with too little, and with data of another shape', async () => {
    assertRefused(
      await prune(['--criterion', 'wanda']),
      2,
      /--criterion wanda learns from data, but there is none\.\n {2}Add --data SPEC/,
    )
    const evaluated = await prune(['--criterion', 'sparsegpt', '--eval-data', 'random?n=9'])
    assertRefused(evaluated, 2, /--criterion sparsegpt learns from data/)
    assertRefused(await prune(['--criterion', 'wanda', '--data', 'random?n=1']), 2, /1 sample: nothing can be held out/)
    writeFileSync(folder.file('small.npy'), npyFile('<f4', [9, 20], bytes(new Float32Array(180))))
    assertRefused(await prune(['--criterion', 'wanda', '--data', 'small.npy']), 2, /20 values, not 784/)
    writeFileSync(folder.file('none.npy'), npyFile('<f4', [0, 784], bytes(new Float32Array(0))))
    const none = await prune(['--criterion', 'wanda', '--data', 'none.npy', '--eval-data', 'random?n=2'])
    assertRefused(none, 2, /"none\.npy" holds no samples/)
    assert.deepEqual(folder.names(), ['lenet5.onnx', 'none.npy', 'small.npy'])
  })

  it('refuse options that do not go together, before any work', async () => {
    const refused = async (args: readonly string[], message: RegExp) => assertRefused(await prune(args), 2, message)
    await refused(['--damping', '0.1'], /--damping is for sparsegpt; the criterion is magnitude/)
    await refused(['--criterion', 'wanda', '--data', 'random', '--block-size', '64'], /--block-size is for sparsegpt/)
    await refused(['--samples', '5'], /--samples is for wanda and sparsegpt/)
    await refused(
      ['--criterion', 'sparsegpt', '--data', 'random', '--pattern', '4x1'],
      /prunes single weights and n:m, no blocks/,
    )
    await refused(
      ['--criterion', 'sparsegpt', '--data', 'random', '--samples', '0'],
      /must be a whole number, 1 or more/,
    )
  })
})
