import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readModel } from '../../src/onnx/read.js'
import type { Report } from '../../src/report/report.js'
import { assertDone, assertRefused, mcompress, place, type RunOptions, TEST_SET, workFolder } from './cli.js'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/report.schema.json', 'utf8')),
)

function reportOf(json: string): Report {
  const report: Report = JSON.parse(json)
  assert.ok(validate(report), JSON.stringify(validate.errors, null, 2))
  return report
}

describe('mcompress prune', () => {
  const folder = workFolder()
  const prune = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(['prune', ...args], { cwd: folder.path, ...options })

  it('writes beside the input, and says what came out', async () => {
    place(folder.path, 'lenet5.onnx')
    const input = readFileSync(folder.file('lenet5.onnx'))

    const ran = await prune(['lenet5.onnx', '--sparsity', '80%'])

    assertDone(ran)
    assert.deepEqual(folder.names(), ['lenet5.onnx', 'lenet5.pruned.onnx'])
    assert.deepEqual(readFileSync(folder.file('lenet5.onnx')), input)
    assert.match(
      ran.stdout,
      /^80\.0 % of the weights are zero \(0 % before\)\.\nprune {2}lenet5\.onnx → lenet5\.pruned/,
    )
    assert.match(ran.stdout, /Verified {4}✓ loaded by ONNX Runtime/)
    assert.match(
      ran.stdout,
      /File size unchanged: zeros are stored like other values\. Smaller: add --pack\. Faster: prune\s+structured\./,
    )
    assert.equal(ran.stderr, '')
  })

  it('measures accuracy before and after on data', async () => {
    place(folder.path, 'lenet-300-100.onnx')

    const ran = await prune(['lenet-300-100.onnx', '--sparsity', '0.5', '--eval-data', TEST_SET, '--json'])

    assertDone(ran)
    const { metrics, data, after } = reportOf(ran.stdout)
    const [top1] = metrics
    assert.equal(top1?.name, 'top1')
    // Processors round differently: a few of the 10 000 decisions may be others.
    assert.ok(Math.abs(Number(top1.before) - 0.8997) < 0.001, String(top1.before))
    assert.ok(Math.abs(Number(top1.after) - 0.8864) < 0.001, String(top1.after))
    assert.deepEqual(data, [{ role: 'evaluation', spec: TEST_SET, samples: 10_000 }])
    const zeros = after?.layers.reduce((n, layer) => n + layer.parameters - layer.nonZero, 0)
    assert.equal(zeros, (784 * 300 + 300 * 100 + 100 * 10) / 2)
  })

  it('takes --limit, --metric and --batch-size into account', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await prune(
      [
        'lenet5.onnx',
        '--json',
        '--limit',
        '70',
        '--batch-size',
        '32',
        '--metric',
        'top5',
        '--eval-data',
        TEST_SET,
      ].concat(['--metric', 'mse', '--dry-run']),
    )

    assertDone(ran)
    const { metrics } = reportOf(ran.stdout)
    assert.deepEqual(
      metrics.map(({ name, against, samples }) => ({ name, against, samples })),
      [
        { name: 'top5', against: 'labels', samples: 70 },
        { name: 'mse', against: 'lenet5.onnx', samples: 70 },
      ],
    )
  })

  it('prints with --json the report, nothing else, and as its schema says', async () => {
    place(folder.path, 'generated/gemm.onnx')

    const ran = await prune(['gemm.onnx', '--json', '-o', 'out.onnx'])

    assertDone(ran)
    assert.equal(ran.stderr, '')
    const { schemaVersion, command, before, after, verification } = reportOf(ran.stdout)
    assert.equal(schemaVersion, 1)
    assert.equal(command, 'prune')
    assert.deepEqual([before.path, after?.path], ['gemm.onnx', 'out.onnx'])
    assert.deepEqual(verification, { level: 'run', detail: 'loaded by ONNX Runtime' })
  })

  it('writes reports in the forms that their names ask for', async () => {
    place(folder.path, 'generated/gemm.onnx')

    const ran = await prune(['gemm.onnx', '-q', '--report', 'a.json', '--report', 'b.md', '--report', 'c.txt'])

    assertDone(ran)
    assert.equal(ran.stdout + ran.stderr, '')
    assert.equal(reportOf(readFileSync(folder.file('a.json'), 'utf8')).command, 'prune')
    assert.match(readFileSync(folder.file('b.md'), 'utf8'), /^#+ .*\n[\s\S]*\| --/)
    assert.match(readFileSync(folder.file('c.txt'), 'utf8'), /^50\.0 % of the weights are zero/)
  })

  it('gives the same bytes in every run, and the same JSON but for times', async () => {
    place(folder.path, 'generated/gemm.onnx')
    const args = ['gemm.onnx', '--criterion', 'random', '--seed', '7', '--json', '-o', 'out.onnx']
    const once = async () => {
      const { times, ...rest } = reportOf((await prune([...args, '--eval-data', 'random?n=16'])).stdout)
      return { rest, model: readFileSync(folder.file('out.onnx')), times }
    }

    const first = await once()
    const second = await once()
    assertDone(await prune([...args.with(4, '8'), '-q']))

    assert.deepEqual(second.rest, first.rest)
    assert.ok(second.model.equals(first.model))
    assert.ok(!readFileSync(folder.file('out.onnx')).equals(first.model), 'another seed gives another model')
  })

  it('leaves nothing with --dry-run, but tells everything', async () => {
    place(folder.path, 'lenet5.onnx', 'generated/external.onnx', 'generated/external.onnx.data')
    const names = folder.names()

    const inside = await prune(['lenet5.onnx', '--dry-run', '--eval-data', 'random?n=4', '--json'])
    const outside = await prune(['external.onnx', '--dry-run'])

    assertDone(inside)
    assertDone(outside)
    assert.deepEqual(folder.names(), names)
    const { after, verification, metrics } = reportOf(inside.stdout)
    assert.equal(after?.path, null)
    assert.equal(after?.bytes, 1_725_255)
    assert.equal(verification?.level, 'run')
    assert.equal(metrics.length, 2)
  })

  it('has nothing to do in a second run, and says so with exit code 6', async () => {
    place(folder.path, 'generated/gemm.onnx')
    assertDone(await prune(['gemm.onnx', '-q']))

    const ran = await prune(['gemm.pruned.onnx'])

    assertRefused(ran, 6, /nothing to prune\.\n {2}Ask for a higher --sparsity/)
    assert.deepEqual(folder.names(), ['gemm.onnx', 'gemm.pruned.onnx'])
  })

  it('takes nothing to do for done with --allow-unchanged, and reports the input', async () => {
    place(folder.path, 'generated/zeros.onnx')
    const args = ['zeros.onnx', '--sparsity', '0', '--allow-unchanged']

    const text = await prune(args)
    const json = await prune([...args, '--json'])

    assertDone(text)
    assert.match(text.stdout, /^The weights have .*\nprune {2}zeros\.onnx\n/)
    assertDone(json)
    const { before, after, steps } = reportOf(json.stdout)
    assert.deepEqual([before.path, after, steps], ['zeros.onnx', null, []])
    assert.deepEqual(folder.names(), ['zeros.onnx'])
  })

  it('replaces the input only with --in-place', async () => {
    place(folder.path, 'lenet5.onnx')
    const input = readFileSync(folder.file('lenet5.onnx'))
    symlinkSync('lenet5.onnx', folder.file('link.onnx'))

    const own = await prune(['lenet5.onnx', '-o', 'lenet5.onnx'])
    const spelled = await prune(['lenet5.onnx', '-o', `../${folder.path.split('/').at(-1)}/./lenet5.onnx`])
    const linked = await prune(['lenet5.onnx', '-o', 'link.onnx'])
    const throughLink = await prune(['link.onnx', '-o', 'lenet5.onnx'])
    const nowhere = await prune(['lenet5.onnx', '-o', './no/../lenet5.onnx'])

    for (const ran of [own, spelled, linked, throughLink]) {
      assertRefused(ran, 2, /^Error: The output ".*" is the input itself\.\n.*--in-place/)
    }
    assertRefused(nowhere, 74, /Cannot enter the folder ".\/no\/..".*no such file or folder/)
    assert.ok(readFileSync(folder.file('lenet5.onnx')).equals(input))

    assertDone(await prune(['link.onnx', '--in-place', '-q']))

    assert.ok(!readFileSync(folder.file('lenet5.onnx')).equals(input), 'what the link points to is replaced')
    assert.deepEqual(folder.names(), ['lenet5.onnx', 'link.onnx'])
    assert.equal(readModel(folder.file('link.onnx')).source.size, 1_725_255)
  })

  it('replaces an earlier output as a whole', async () => {
    place(folder.path, 'generated/gemm.onnx')
    writeFileSync(folder.file('gemm.pruned.onnx'), 'no model at all')

    assertDone(await prune(['gemm.onnx', '-q']))

    assert.equal(readModel(folder.file('gemm.pruned.onnx')).external.length, 0)
    assert.deepEqual(folder.names(), ['gemm.onnx', 'gemm.pruned.onnx'])
  })

  it('says that it checked the structure only when ONNX Runtime does not know an op', async () => {
    place(folder.path, 'generated/custom-op.onnx')

    const ran = await prune(['custom-op.onnx', '--json'])

    assertDone(ran)
    const { verification } = reportOf(ran.stdout)
    assert.equal(verification?.level, 'structure')
    assert.match(verification.detail, /^structure checked, by ONNX Runtime too for the ops that it knows; .*Swirl/)
  })

  it('takes the options of the pass', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await prune([
      'lenet5.onnx',
      '--sparsity',
      '.5',
      '--layer',
      'conv*=90%',
      '--exclude',
      'fc2*',
      '--criterion',
      'lamp',
      '--json',
    ])

    assertDone(ran)
    const { steps, after } = reportOf(ran.stdout)
    assert.deepEqual(steps[0]?.options, {
      sparsity: '.5',
      criterion: 'lamp',
      scope: 'global',
      pattern: 'unstructured',
      layer: ['conv*=90%'],
      exclude: ['fc2*'],
    })
    assert.deepEqual(
      after?.layers.map(({ weight, nonZero }) => [weight, nonZero]),
      [
        ['conv1.weight', 50],
        ['conv2.weight', 2500],
        ['fc1.weight', 200_000],
        ['fc2.weight', 5000],
      ],
    )
    assert.match(steps[0].skipped.map(({ target, why }) => `${target}: ${why}`).join('\n'), /^fc2.weight: .*exclude/m)
  })
})
