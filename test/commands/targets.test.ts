import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Report } from '../../src/report/report.js'
import { assertDone, mcompress, place, type Ran, workFolder } from './cli.js'

describe('Where a packed result is loaded', () => {
  const folder = workFolder()
  const MODEL = 'lenet-300-100.onnx'
  const run = (...args: string[]) => mcompress(args, { cwd: folder.path })
  const consumersOf = ({ stdout }: Ran) => {
    const report: Report = JSON.parse(stdout)
    return report.packing?.consumers.map(({ name, level, folds }) => `${name} ${level} ${folds}`)
  }

  beforeEach(() => place(folder.path, MODEL))

  it('is onnxruntime-node unless told, and the report has sizes in every form', async () => {
    const ran = await run('pack', MODEL, '--bits', '4', '--json')

    assertDone(ran)
    assert.deepEqual(consumersOf(ran), ['onnxruntime-node all true'])
    const { before, after, packing, headlines }: Report = JSON.parse(ran.stdout)
    assert.match(headlines[0] ?? '', /^File size 1\.07 MB → 1\d\d\.\d kB, [78]\.\dx smaller\.$/)
    assert.ok(after && after.bytes < before.bytes / 7)
    for (const { gzipBytes, zstdBytes, bytes } of [before, after]) {
      assert.ok(gzipBytes !== null && zstdBytes !== null && zstdBytes < 1.01 * bytes && gzipBytes < 1.01 * bytes)
    }
    assert.ok(packing?.weights.some(({ weight, node, op, error }) => weight && node && op === 'Gemm' && error > 0))
    assert.deepEqual(readdirSync(folder.path), [MODEL, 'lenet-300-100.packed.onnx'])
  })

  it('are the targets that are named, in their order; what costs in every run is a headline', async () => {
    const ran = await run('pack', MODEL, '--target', 'web', '--target', 'node:disabled,web', '--json')

    assertDone(ran)
    assert.deepEqual(consumersOf(ran), ['onnxruntime-web all true', 'onnxruntime-node disabled false'])
    const { headlines }: Report = JSON.parse(ran.stdout)
    assert.ok(
      headlines.some((text) => /^onnxruntime-node at level disabled decodes .* instead of .*\.$/.test(text)),
      headlines.join('\n'),
    )
  })

  it('is nowhere for none, and where nobody reads the report', async () => {
    const ran = await run('pack', MODEL, '--target', 'none', '--json')
    assertDone(ran)
    assert.deepEqual(consumersOf(ran), [])
    const quiet = await run('pack', MODEL, '--quiet', '--target', 'node')
    assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''])
  })

  it('is refused before any work where there is no such target, or nothing is packed', async () => {
    const wrong = [
      ['pack', MODEL, '--target', 'webb'],
      ['pack', MODEL, '--target', 'node:fast'],
      ['prune', MODEL, '--target', 'node'],
    ]
    const messages = [
      'Error: There is no target "webb".\n  Did you mean "web"?\n  The targets are: node, web.\n',
      'Error: Target "node:fast": there is no level "fast".\n  The levels of graph optimization are: disabled, basic, extended, all.\n',
      'Error: --target says where a packed result is loaded, but it is not packed.\n  Add --pack, or leave out --target. How fast any result is: --bench\n',
    ]
    for (const [i, args] of wrong.entries()) {
      const { code, stdout, stderr } = await run(...args)
      assert.deepEqual([code, stdout, stderr], [2, '', messages[i]])
    }
    assert.deepEqual(readdirSync(folder.path), [MODEL])
  })

  it('can be given to prune --pack', async () => {
    const ran = await run('prune', MODEL, '--sparsity', '0.9', '--pack', '--target', 'node:basic', '--json')

    assertDone(ran)
    assert.deepEqual(consumersOf(ran), ['onnxruntime-node basic true'])
    const { headlines }: Report = JSON.parse(ran.stdout)
    assert.match(headlines[0] ?? '', /^File size 1\.07 MB → \d\d\.\d kB, \d\d\.\dx smaller\.$/)
    assert.equal(headlines[1], '90.0 % of the weights are zero (0 % before).')
  })
})
