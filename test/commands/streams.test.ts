import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { assertDone, assertRefused, mcompress, place, type RunOptions, shell, workFolder } from './cli.js'

const ESCAPE = '\u001b'

describe('The streams of mcompress', () => {
  const folder = workFolder()
  const mc = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(args, { cwd: folder.path, ...options })
  const sh = (line: string) => shell(line, { cwd: folder.path })
  const leftInTmp = () => readdirSync(tmpdir()).filter((name) => /^mcompress-\w{6}$/.test(name))

  beforeEach(() => place(folder.path, 'generated/gemm.onnx'))

  it('carry a model in and out', async () => {
    assertDone(await mc(['prune', 'gemm.onnx', '-o', 'file.onnx', '-q']))
    const stdin = readFileSync(folder.file('gemm.onnx'))
    const temporary = leftInTmp()

    const ran = await mc(['prune', '-', '-o', '-'], { stdin })

    assertDone(ran)
    assert.ok(ran.bytes.equals(readFileSync(folder.file('file.onnx'))), 'the same model as by files')
    assert.match(ran.stderr, /^50\.0 % of the weights are zero .*\nprune {2}\(stream\)/)
    assert.deepEqual(folder.names(), ['file.onnx', 'gemm.onnx'])
    assert.deepEqual(leftInTmp(), temporary)
  })

  it('carry a model from one command to the next', async () => {
    const ran = await sh('mcompress prune gemm.onnx -q -o - | mcompress inspect --json -')

    assertDone(ran)
    const { before } = JSON.parse(ran.stdout)
    assert.equal(before.path, null)
    assert.equal(before.nonZeroParameters < before.parameters, true)
  })

  it('carry the model on as it is when there is nothing to do and that is allowed', async () => {
    const ran = await mc(['prune', 'gemm.onnx', '--sparsity', '0', '--allow-unchanged', '-o', '-', '-q'])

    assertDone(ran)
    assert.ok(ran.bytes.equals(readFileSync(folder.file('gemm.onnx'))))
  })

  it('carry no model in a dry run', async () => {
    const ran = await mc(['prune', 'gemm.onnx', '-o', '-', '--dry-run'])

    assertDone(ran)
    assert.equal(ran.bytes.length, 0)
  })

  it('need a name for what is made of stdin', async () => {
    const stdin = readFileSync(folder.file('gemm.onnx'))

    assertRefused(await mc(['prune', '-'], { stdin }), 2, /A model from stdin needs a name for the result\.\n.*-o -/)
    assertRefused(await mc(['prune', '-', '--in-place'], { stdin }), 2, /A model from stdin needs a name/)
    assertDone(await mc(['prune', '-', '--dry-run', '-q'], { stdin }))
  })

  it('are called by their names when what they carry is no model', async () => {
    const ran = await mc(['inspect', '-'], { stdin: Buffer.from('hello') })

    assertRefused(ran, 3, /^Error: stdin is no ONNX model: it is a text file/)
    assertRefused(await mc(['prune', '-', '-o', '-']), 3, /^Error: stdin is no ONNX model: the file is empty/)
  })

  it('do not mix a model and JSON', async () => {
    const ran = await mc(['prune', 'gemm.onnx', '-o', '-', '--json'])

    assertRefused(ran, 2, /-o - and --json both want stdout\.\n {2}.*--report report\.json/)
  })

  it('end early without a fuss for text, with an error for a model', async () => {
    const text = await sh('mcompress inspect gemm.onnx | head -1; mcompress inspect gemm.onnx | true; echo done')
    const model = await sh('(mcompress prune gemm.onnx -q -o -; echo $? >code) | true; cat code')

    assert.deepEqual([text.stdout, text.stderr], ['inspect  gemm.onnx\ndone\n', ''])
    assert.match(`${model.stdout}${model.stderr}`, /^(0|74\nError: The model did not get through stdout.*)\n$/)
  })

  it('leave stdin to the loop around', async () => {
    const ran = await sh(
      'printf "gemm.onnx\\ngemm.onnx\\n" | while read f; do mcompress inspect "$f" | head -1; mcompress prune; done',
    )

    assert.equal(ran.stdout, 'inspect  gemm.onnx\ninspect  gemm.onnx\n')
    assert.equal(ran.stderr.match(/The model is missing/g)?.length, 2)
  })

  it('are coloured on request only, when they are no terminals', async () => {
    const args = ['prune', 'gemm.onnx', '--dry-run']
    const plain = await mc(args)
    const forced = await mc(args, { env: { FORCE_COLOR: '1' } })
    const refused = await mc(args, { env: { NO_COLOR: '1' } })
    const failed = await mc(['prune', 'no.onnx'], { env: { FORCE_COLOR: '1' } })

    assert.ok(!plain.stdout.includes(ESCAPE))
    assert.ok(forced.stdout.includes(`${ESCAPE}[`))
    assert.ok(!refused.stdout.includes(ESCAPE))
    assert.ok(failed.stderr.startsWith(`${ESCAPE}[31;1mError${ESCAPE}[0m Cannot read`))
  })
})
