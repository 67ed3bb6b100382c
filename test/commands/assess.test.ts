import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Report } from '../../src/report/report.js'
import { assertDone, mcompress, place, TEST_SET, workFolder } from './cli.js'

describe('A pass that is told to compare and to measure', () => {
  const folder = workFolder()
  const report = (stdout: string): Report => JSON.parse(stdout)

  it('says which layer causes the error, on the same data as the accuracy', async () => {
    place(folder.path, 'lenet5.onnx')
    const one = ['--include', 'conv2', '--sparsity', '0.9']

    const ran = await mcompress(
      ['prune', 'lenet5.onnx', ...one, '--compare', '--eval-data', TEST_SET, '--limit', '64', '--json'],
      { cwd: folder.path },
    )

    assertDone(ran)
    const { comparison, metrics } = report(ran.stdout)
    assert.equal(comparison?.culprit, 'conv2')
    assert.equal(comparison.samples, 64)
    assert.equal(metrics[0]?.samples, 64)
    assert.deepEqual([comparison.a, comparison.b], ['lenet5.onnx', 'lenet5.pruned.onnx'])
    const shares = comparison.layers?.filter(({ share }) => share !== null && share > 0).map(({ node }) => node)
    assert.deepEqual(shares, ['conv2'])
  })

  it('compares and times on made-up inputs where there is no data, and keeps nothing in a dry run', async () => {
    place(folder.path, 'generated/gemm.onnx')

    const ran = await mcompress(['prune', 'gemm.onnx', '--compare', '--bench', '--dry-run', '--json'], {
      cwd: folder.path,
    })

    assertDone(ran)
    const { comparison, bench } = report(ran.stdout)
    assert.equal(comparison?.samples, 64)
    assert.equal(bench?.models.length, 2)
    assert.equal(bench.models[0]?.ratio, null)
    assert.ok((bench.models[1]?.runs ?? 0) >= 10)
    assert.deepEqual(folder.names(), ['gemm.onnx'])
  })

  it('tells how weights are distributed in a report that is kept, and not else', async () => {
    place(folder.path, 'generated/gemm.onnx')

    const ran = await mcompress(['prune', 'gemm.onnx', '--json', '--report', 'kept.json'], { cwd: folder.path })
    const bare = await mcompress(['prune', 'gemm.onnx', '--json', '--dry-run'], { cwd: folder.path })

    assertDone(ran)
    const kept = report(readFileSync(folder.file('kept.json'), 'utf8'))
    assert.deepEqual(kept.argv, ['prune', 'gemm.onnx', '--json', '--report', 'kept.json'])
    const [layer] = kept.after?.layers ?? []
    const counted = layer?.distribution?.histogram.reduce((sum, n) => sum + n, 0)
    assert.equal(counted, layer?.nonZero)
    assert.equal(report(bare.stdout).after?.layers[0]?.distribution, null)
  })
})
