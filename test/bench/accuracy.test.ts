import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accuracies } from '../../bench/support/accuracy.js'
import { evaluateModel } from '../../src/index.js'

const MODEL = 'fixtures/lenet-300-100.onnx'
const evaluation = {
  data: 'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz,fixtures/fashion-mnist/t10k-labels-idx1-ubyte.gz',
  metrics: ['top1'],
  limit: 200,
} as const

describe('bench/support/accuracy', () => {
  const { TMPDIR } = process.env
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcompress-accuracy-'))
    process.env.TMPDIR = folder
  })
  afterEach(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    rmSync(folder, { recursive: true })
  })

  it('judges the dense model and each pruned one, in order, and leaves no files', async () => {
    const { dense, pruned } = await accuracies(
      MODEL,
      [{ options: { sparsity: 0.1 } }, { options: { sparsity: 0.99, criterion: 'random' } }],
      evaluation,
    )

    const [top1] = (await evaluateModel({ input: MODEL, evaluation })).metrics
    assert.deepEqual([dense, top1?.samples], [top1?.before, 200])
    const [gently, ruined] = pruned
    assert.equal(pruned.length, 2)
    assert.ok(Math.abs((gently ?? 0) - dense) < 0.03, `${gently} is near ${dense}`)
    assert.ok((ruined ?? 1) < 0.4, `${ruined} is near chance`)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('accuracy-')),
      [],
    )
  })

  it('takes what else a request needs', async () => {
    const options = { sparsity: 0.9, criterion: 'random' }

    const { pruned } = await accuracies(MODEL, [{ options }, { options, request: { seed: 1 } }], evaluation)

    assert.notEqual(pruned[0], pruned[1])
  })
})
