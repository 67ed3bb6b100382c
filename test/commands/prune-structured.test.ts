import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { float32, sketch } from '../../fixtures/sketch.js'
import { tensorType } from '../../src/ir/type.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import type { Report } from '../../src/report/report.js'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/report.schema.json', 'utf8')),
)

function reportOf(json: string): Report {
  const report: Report = JSON.parse(json)
  assert.ok(validate(report), JSON.stringify(validate.errors, null, 2))
  return report
}

describe('mcompress prune structured', () => {
  const folder = workFolder()
  const prune = (...args: string[]) => mcompress(['prune', 'structured', ...args], { cwd: folder.path })

  it('writes a smaller dense model, and says first how much smaller, then what became of each group', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await prune('lenet5.onnx', '--ratio', '0.5')

    assertDone(ran)
    assert.deepEqual(folder.names(), ['lenet5.onnx', 'lenet5.slim.onnx'])
    const [first = ''] = ran.stdout.split('\n')
    assert.match(first, /^431\.1 k parameters → 109\.\d k, 2\.29 M MACs → [\d.]+ k \([\d.]+x fewer\), file 1\.73 MB →/)
    assert.match(ran.stdout, /3 of 3 groups were cut: of 570 channels that could go, 285 stayed\./)
    assert.match(ran.stdout, /conv2 +50 +→ +25 +■■■■■····· +50 % +2/)
    assert.match(ran.stdout, /Could not be cut 1\n +the model +keeps 1 layer, 20\.0 kB \(fc2\): it is the output/)
    assert.doesNotMatch(ran.stdout, /of the weights are zero/)
    assert.equal(ran.stderr, '')
  })

  it('holds the cut model to the original with --verify, and tells programs of it', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await prune('lenet5.onnx', '--ratio', '0.3', '--verify', '--json')

    assertDone(ran)
    const { structured } = reportOf(ran.stdout)
    assert.deepEqual({ ...structured?.oracle, maxError: 0 }, { maxError: 0, limit: 1e-4, inputs: 2, notes: [] })
    assert.ok((structured?.oracle?.maxError ?? 1) < 1e-5)
    assert.deepEqual(
      structured?.groups.map(({ name, units, unitsAfter }) => [name, units, unitsAfter]),
      [
        ['conv1', 20, 14],
        ['conv2', 50, 35],
        ['fc1', 500, 350],
      ],
    )
  })

  it('writes every form of the report', async () => {
    place(folder.path, 'lenet5.onnx')

    assertDone(await prune('lenet5.onnx', '--verify', '--report', 'r.md', '--report', 'r.html'))

    const [md = '', page = ''] = ['r.md', 'r.html'].map((name) => readFileSync(folder.file(name), 'utf8'))
    assert.match(md, /### Groups\n\nGoal: ratio 0\.5 of each group\. 3 of 3 groups were cut/)
    assert.match(md, /✓ Verified: equal to the original without what was removed/)
    assert.match(page, /Channels that went/)
  })

  it('tells of residual blocks, and that --verify has nothing to compare where only blocks went', async () => {
    const s = sketch('residual')
    let x = s.node('Conv', 'stem', [s.input('x', ['N', 3, 8, 8]), s.weight('w', [8, 3, 1, 1])])
    for (const i of [0, 1, 2]) {
      const inner = s.node('Relu', `relu${i}`, [s.node('Conv', `conv${i}a`, [x, s.weight(`a${i}`, [8, 8, 1, 1])])])
      x = s.node('Add', `add${i}`, [x, s.node('Conv', `conv${i}b`, [inner, s.weight(`b${i}`, [8, 8, 1, 1])])])
    }
    s.output('y', s.node('Conv', 'head', [x, s.weight('last', [4, 8, 1, 1])]), null)
    writeFileSync(folder.file('residual.onnx'), encodeToBytes(s.model))

    const ran = await prune('residual.onnx', '--layers', '1', '--ratio', '0', '--verify')

    assertDone(ran)
    assert.match(ran.stdout, /0 of 3 groups were cut: of 24 channels that could go, 24 stayed\./)
    assert.match(ran.stdout, /residual block +outputs change +MACs +bytes\n(.*\n){0,2} +conv\db +[\d.]+ % .* ■ removed/)
    assert.match(ran.stdout, /--verify had nothing to compare: no channels were cut/)
  })

  it('has nothing to do where nothing can go (exit code 6): no file, and the reasons', async () => {
    const s = sketch('single')
    const y = s.node('MatMul', 'only', [s.input('x', ['N', 4]), s.weight('w', [4, 3])])
    s.output('y', y, tensorType('float32', ['N', 3]))
    writeFileSync(folder.file('single.onnx'), encodeToBytes(s.model))

    const ran = await prune('single.onnx')

    assertRefused(
      ran,
      6,
      /The model has no channels that can be removed\.\n +What only \(3\) makes stays: it is the output/,
    )
    assert.deepEqual(folder.names(), ['single.onnx'])
  })

  it('cannot verify a model that does not run on made-up inputs: exit code 2, no file, and what to do', async () => {
    const s = sketch('indexed')
    const x = s.input('x', ['N', 4])
    const up = s.node('MatMul', 'up', [x, s.weight('w1', [4, 8])])
    const far = s.node('Add', 'far', [x, s.constant('thousand', float32([1], [1000]))])
    const picked = s.node('Gather', 'pick', [up, s.node('Cast', 'index', [far], { to: 7 })])
    s.output('y', s.node('MatMul', 'down', [picked, s.weight('w2', [8, 3])]), null)
    writeFileSync(folder.file('indexed.onnx'), encodeToBytes(s.model))

    const ran = await prune('indexed.onnx', '--verify')

    assertRefused(ran, 2, /--verify has nothing to compare: "the model as it was" does not run on made-up inputs/)
    assert.match(ran.stderr, /Give data that the model runs on: --data SPEC/)
    assert.deepEqual(folder.names(), ['indexed.onnx'])
  })
})
