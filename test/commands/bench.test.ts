import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { BenchReport, Report } from '../../src/report/report.js'
import { assertDone, assertRefused, mcompress, place, type RunOptions, TEST_SET, workFolder } from './cli.js'

const SHORT = ['--runs', '3', '--min-time', '0s', '--warmup', '1']

describe('mcompress bench', () => {
  const folder = workFolder()
  const bench = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(['bench', ...args], { cwd: folder.path, ...options })
  const benchOf = (json: string): BenchReport => {
    const { bench }: Report = JSON.parse(json)
    assert.ok(bench)
    return bench
  }
  beforeEach(() => place(folder.path, 'lenet5.onnx', 'lenet-300-100.onnx'))

  it('tells times, size, memory and the time to load of a model', async () => {
    const ran = await bench(['lenet5.onnx', ...SHORT])

    assertDone(ran)
    assert.match(ran.stdout, /^lenet5\.onnx takes [\d.]+ .?s per run, the median of \d+ runs\.$/m)
    assert.match(ran.stdout, /^ {2}model +runs +median +spread +p95 +min$/m)
    assert.match(ran.stdout, /^ {2}model +size +load +memory/m)
    assert.match(ran.stdout, /^ {2}Fed +image float32\[1,1,28,28\]$/m)
    assert.equal(ran.stderr, '')
  })

  it('compares with the first model', async () => {
    const ran = await bench(['lenet5.onnx', 'lenet-300-100.onnx', '--runs', '8', '--min-time', '0'])

    assertDone(ran)
    assert.match(ran.stdout, /^bench {2}lenet5\.onnx vs lenet-300-100\.onnx$/m)
    assert.match(ran.stdout, /lenet-300-100\.onnx.* (faster|slower|no difference)/)
    assert.doesNotMatch(ran.stdout, /weights?$/m)
  })

  it('as JSON has the runs that were asked for, and the seed', async () => {
    const ran = await bench(['lenet5.onnx', ...SHORT, '--json', '--threads', '1', '--batch-size', '4', '--seed', '7'])

    assertDone(ran)
    const found = benchOf(ran.stdout)
    assert.deepEqual([found.threads, found.batch, found.warmup, found.dims], [1, 4, 1, { N: 4 }])
    assert.ok((found.models[0]?.timesMs.length ?? 0) >= 3)
    assert.equal(found.models[0]?.runs, found.models[0]?.timesMs.length)
    assert.equal(JSON.parse(ran.stdout).seed, 7)
  })

  it('runs for the time that was asked for', async () => {
    const ran = await bench(['lenet5.onnx', '--runs', '1', '--min-time', '200ms', '--json'])

    assertDone(ran)
    const times = benchOf(ran.stdout).models[0]?.timesMs ?? []
    assert.ok(times.reduce((sum, ms) => sum + ms, 0) >= 200)
  })

  it('feeds data', async () => {
    const ran = await bench(['lenet5.onnx', ...SHORT, '--data', TEST_SET, '--batch-size', '16', '--json'])

    assertDone(ran)
    assert.deepEqual(benchOf(ran.stdout).models[0]?.inputs, [{ name: 'image', type: 'float32[16,1,28,28]' }])
    assert.equal(benchOf(ran.stdout).data, TEST_SET)
  })

  it('reads a model from stdin', async () => {
    const stdin = readFileSync(folder.file('lenet5.onnx'))

    const ran = await bench(['-', 'lenet5.onnx', ...SHORT, '--json'], { stdin })

    assertDone(ran)
    assert.deepEqual(
      benchOf(ran.stdout).models.map(({ path }) => path),
      ['stdin', 'lenet5.onnx'],
    )
  })

  it('exports into files by their endings, and to stdout by a name, the tables then being on stderr', async () => {
    const ran = await bench(['lenet5.onnx', ...SHORT, '--export', 'a.json', '--export', 'a.md', '--export', 'csv'])

    assertDone(ran)
    assert.match(ran.stdout, /^number,model,run,ms\n1,lenet5\.onnx,1,[\d.]+\n/)
    assert.match(ran.stderr, /^bench {2}lenet5\.onnx$/m)
    const exported: BenchReport = JSON.parse(readFileSync(folder.file('a.json'), 'utf8'))
    assert.equal(exported.models[0]?.timesMs.length, ran.stdout.trimEnd().split('\n').length - 1)
    assert.match(readFileSync(folder.file('a.md'), 'utf8'), /^\| `lenet5\.onnx` \|/m)
  })

  it('writes reports', async () => {
    const ran = await bench(['lenet5.onnx', 'lenet5.onnx', ...SHORT, '-q', '--report', 'a.md', '--report', 'a.txt'])

    assertDone(ran)
    assert.equal(ran.stdout, '')
    assert.match(readFileSync(folder.file('a.md'), 'utf8'), /^## bench: `lenet5\.onnx` vs `lenet5\.onnx`$/m)
    assert.match(readFileSync(folder.file('a.txt'), 'utf8'), /lenet5\.onnx \(2\)/)
  })

  describe('refuses', () => {
    const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
      ['no model', [], 2, /The model is missing/],
      ['a model that is not there', ['lenet5.onnx', 'nope.onnx'], 74, /"nope\.onnx".*no such file/],
      ['stdin twice', ['-', '-'], 2, /Two models do not fit through one stdin/],
      ['an unknown provider', ['lenet5.onnx', '--provider', 'abacus'], 2, /no provider "abacus"/],
      ['an unknown dimension', ['lenet5.onnx', '--dim', 'width=3'], 2, /no.*open dimension "width"/i],
      ['an unknown input', ['lenet5.onnx', '--fill', 'sr=1'], 2, /no model has an input "sr"/i],
      ['a fill that is no number', ['lenet5.onnx', '--fill', 'image=red'], 2, /--fill is "image=red"/],
      [
        'data and a fill',
        ['lenet5.onnx', '--fill', 'image=1', '--data', 'random'],
        2,
        /--data and --fill|--fill and --data/,
      ],
      ['a duration without a unit', ['lenet5.onnx', '--min-time', '3'], 2, /--min-time is "3"; it must be a duration/],
      ['no runs', ['lenet5.onnx', '--runs', '0'], 2, /--runs is "0"/],
      ['an export of no known form', ['lenet5.onnx', '--export', 'a.xls'], 2, /Cannot tell from "a\.xls"/],
      ['an export into no folder', ['lenet5.onnx', '--export', 'no/a.csv'], 74, /there is no folder "no"/],
      ['two exports to stdout', ['lenet5.onnx', '--export', 'csv', '--export', 'md'], 2, /both want stdout/],
      ['an export and JSON to stdout', ['lenet5.onnx', '--export', 'csv', '--json'], 2, /both want stdout/],
      ['a bind without data', ['lenet5.onnx', '--bind', 'image=x'], 2, /--bind says how to use data/],
      ['data that are not there', ['lenet5.onnx', '--data', 'no.npz'], 74, /Cannot read the data "no\.npz"/],
    ]
    for (const [what, args, code, message] of cases) {
      it(what, async () => {
        assertRefused(await bench(args, { stdin: new Uint8Array() }), code, message)
      })
    }

    it('a model with an op that ONNX Runtime does not know, by name', async () => {
      place(folder.path, 'generated/custom-op.onnx')

      assertRefused(await bench(['lenet5.onnx', 'custom-op.onnx', ...SHORT]), 3, /"custom-op\.onnx".*Swirl/)
    })

    it('data of another shape', async () => {
      writeFileSync(folder.file('x.jsonl'), '{"image": [1, 2, 3]}\n')

      assertRefused(await bench(['lenet5.onnx', '--data', 'x.jsonl']), 2, /3 values, not 784/)
    })
  })

  it('stops on SIGINT with exit code 130', async () => {
    writeFileSync(
      folder.file('data.mjs'),
      `import { writeFileSync } from 'node:fs'
export default function* () {
  yield { image: new Float32Array(784) }
  writeFileSync('read', '')
}
`,
    )
    const ran = await bench(['lenet5.onnx', '--min-time', '10min', '--data', 'data.mjs', '--export', 'a.csv'], {
      onStart: async (child) => {
        while (!existsSync(folder.file('read')) && child.exitCode === null) await pause(20)
        await pause(300)
        child.kill('SIGINT')
      },
    })

    assert.equal(ran.code, 130, ran.stderr)
    assert.equal(ran.stdout, '')
    assert.equal(ran.stderr, 'Error: Stopped; nothing was written.\n')
    assert.ok(!existsSync(folder.file('a.csv')))
  })
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
