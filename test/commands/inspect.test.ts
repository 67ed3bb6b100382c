import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Report } from '../../src/report/report.js'
import { assertDone, assertRefused, mcompress, place, shell, workFolder } from './cli.js'
import { assertGolden } from './golden.js'

describe('mcompress inspect', () => {
  const folder = workFolder()
  const inspect = (...args: string[]) => mcompress(['inspect', ...args], { cwd: folder.path })

  it('shows what is in a model, and writes nothing', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await inspect('lenet5.onnx')

    assertDone(ran)
    assert.match(ran.stdout, /^inspect {2}lenet5\.onnx\n/)
    assert.match(ran.stdout, /Input +image {2}float32\[N,1,28,28\]/)
    assert.match(ran.stdout, /Parameters {2}431\D080/)
    assert.match(ran.stdout, /Nodes +10: 3 Relu, 2 Conv, 2 Gemm, 2 MaxPool, 1 Flatten/)
    assert.deepEqual(folder.names(), ['lenet5.onnx'])
  })

  it('lists the layers with --layers', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await inspect('lenet5.onnx', '--layers')

    assertDone(ran)
    assert.match(ran.stdout, /conv2\.weight +Conv +50×20×5×5/)
  })

  it('counts MACs for the dimensions that are asked for', async () => {
    place(folder.path, 'lenet5.onnx')

    const [one, eight] = await Promise.all([
      inspect('lenet5.onnx', '--json'),
      inspect('lenet5.onnx', '--json', '--dim', 'N=8'),
    ])

    const macs = [one, eight].map(({ stdout }) => (JSON.parse(stdout) as Report).before.macs)
    // conv1 20*25*24*24, conv2 50*500*8*8, fc1 500*800, fc2 10*500
    assert.deepEqual(macs[0], { total: 288_000 + 1_600_000 + 400_000 + 5_000, assumed: { N: 1 }, unknown: [] })
    assert.deepEqual(macs[1], { total: 8 * 2_293_000, assumed: { N: 8 }, unknown: [] })
  })

  it('shows a model that ONNX Runtime does not load', async () => {
    place(folder.path, 'generated/custom-op.onnx')

    const ran = await inspect('custom-op.onnx')

    assertDone(ran)
    assert.match(ran.stdout, /1 org\.example:?\S*Swirl|Swirl/)
  })

  describe('--groups', () => {
    it('shows what goes together, what hangs on it, and what stays and why', async () => {
      place(folder.path, 'lenet5.onnx')

      const ran = await inspect('lenet5.onnx', '--groups')

      assertDone(ran)
      assert.match(ran.stdout, /^570 channels can be removed, in 3 groups; 1 layer keeps some or all of theirs\.\n/)
      assert.match(ran.stdout, /conv2 +50 +50 +2\.00 M +1\.70 MB/)
      assert.match(ran.stdout, /the model +keeps 1 layer, 20\.0 kB \(fc2\): it is the output "logits" of the model/)
      assert.match(ran.stdout, /Seen as prune structured sees it/)
      assert.match(ran.stdout, /Parameters {2}431\D080/)
    })

    it('tells programs the layers of each group, their MACs and bytes', async () => {
      place(folder.path, 'lenet5.onnx')

      const ran = await inspect('lenet5.onnx', '--groups', '--why', '--dim', 'N=2', '--json')

      const { groups, why } = JSON.parse(ran.stdout) as Report
      assert.notEqual(why, null)
      assert.deepEqual(groups?.groups[2], {
        name: 'fc1',
        kind: 'channels',
        units: 500,
        channels: 500,
        macs: 2 * (800 * 500 + 500 * 10),
        bytes: 4 * (800 * 500 + 500 * 10),
        producers: ['fc1'],
        consumers: ['fc2'],
      })
      assert.deepEqual(groups?.blocked, [])
    })

    it('names the node that blocks, also in a model that ONNX Runtime does not load', async () => {
      place(folder.path, 'generated/custom-op.onnx')

      const ran = await inspect('custom-op.onnx', '--groups', '--json')

      const { groups, headlines } = JSON.parse(ran.stdout) as Report
      assert.equal(headlines[0], 'Nothing can be removed; 2 layers keep some or all of theirs.')
      const [first] = groups?.blocked ?? []
      assert.equal(first?.why, 'ONNX Runtime does not know it')
    })

    it('sees packed weights as the weights that they are', async () => {
      place(folder.path, 'lenet5.onnx')
      assertDone(await mcompress(['pack', 'lenet5.onnx', '--bits', '8', '-o', 'packed.onnx'], { cwd: folder.path }))

      const groups = async (model: string) =>
        (JSON.parse((await inspect(model, '--groups', '--json')).stdout) as Report).groups

      assert.deepEqual(await groups('packed.onnx'), await groups('lenet5.onnx'))
    })

    it('is in every form of a report', async () => {
      place(folder.path, 'lenet5.onnx')

      assertDone(await inspect('lenet5.onnx', '--groups', '--report', 'r.md', '--report', 'r.html'))

      const [md, page] = ['r.md', 'r.html'].map((name) => readFileSync(folder.file(name), 'utf8'))
      assert.match(
        md ?? '',
        /### Groups\n[\s\S]*\| `conv2` \| 50 \| 50 \| 2\.00 M \| 1\.70 MB \| made by `conv2`; read by `fc1` \|/,
      )
      assert.match(page ?? '', /What can be removed/)
    })
  })

  describe('--why', () => {
    /** What differs from run to run, and from machine to machine. */
    const settled = (text: string) => text.replace(/Run {9}.*/, 'Run ...')

    it('shows where bytes and MACs are, the weights of each layer, and what could go', async () => {
      place(folder.path, 'generated/unused.onnx')

      const [narrow, wide] = await Promise.all(
        ['80', '120'].map((columns) =>
          mcompress(['inspect', 'unused.onnx', '--why'], { cwd: folder.path, env: { COLUMNS: columns } }),
        ),
      )

      assert.ok(narrow && wide)
      assertDone(narrow)
      assertDone(wide)
      assertGolden('inspect-why.80.txt', settled(narrow.stdout))
      assertGolden('inspect-why.120.txt', settled(wide.stdout))
      assert.ok(narrow.stdout.split('\n').every((line) => line.length <= 80))
    })

    it('has everything in the report, down to the last tensor, and adds up to the file', async () => {
      place(folder.path, 'lenet5.onnx')

      const ran = await inspect('lenet5.onnx', '--why', '--json')

      assertDone(ran)
      const { before, why } = JSON.parse(ran.stdout) as Report
      assert.deepEqual(
        why?.trees.map(({ by, root }) => [by, root.bytes, root.parameters, root.macs]),
        ['op', 'dtype', 'layer', 'name'].map((by) => [by, before.bytes, before.parameters, before.macs.total]),
      )
      assert.deepEqual(why?.findings, [])
      for (const { distribution, parameters, nonZero } of before.layers) {
        assert.equal(distribution?.histogram.length, 32)
        assert.equal(
          distribution?.histogram.reduce((sum, n) => sum + n, 0),
          nonZero,
        )
        assert.ok(distribution.nearZero > 0 && distribution.nearZero < 0.2 && parameters === nonZero)
      }
    })

    it('is not worked out unless it is asked for', async () => {
      place(folder.path, 'lenet5.onnx')

      const { before, why } = JSON.parse((await inspect('lenet5.onnx', '--json')).stdout) as Report

      assert.equal(why, null)
      assert.ok(before.layers.every((layer) => layer.distribution === null))
    })

    it('divides the model as --by says, and then need not be given', async () => {
      place(folder.path, 'lenet5.onnx')

      const ran = await inspect('lenet5.onnx', '--by', 'layer', '--by', 'dtype')

      assertDone(ran)
      assert.match(ran.stdout, /^By layer, in the order of the graph\n.*\n {2}conv1 .*\n {2}conv2 .*\n {2}fc1 /m)
      assert.match(ran.stdout, /^By element type\n/m)
      assert.doesNotMatch(ran.stdout, /^By (op|name)\n/m)
    })

    it('shows every part with --verbose', async () => {
      place(folder.path, 'lenet5.onnx')

      const [short, full] = await Promise.all([
        inspect('lenet5.onnx', '--by', 'op'),
        inspect('lenet5.onnx', '--by', 'op', '--verbose'),
      ])

      assert.doesNotMatch(short.stdout, /fc1\.bias/)
      assert.match(full.stdout, /^ {6}fc1\.bias +2\.00 kB/m)
    })

    it('goes into a Markdown report', async () => {
      place(folder.path, 'generated/unused.onnx')

      assertDone(await inspect('unused.onnx', '--why', '-q', '--report', 'why.md'))

      const text = readFileSync(folder.file('why.md'), 'utf8')
      assert.match(text, /^### By op$/m)
      assert.match(text, /^\| 128 B \| 1 initializer is read by nothing\. \|.*\| `forgotten\.weight` \|$/m)
    })

    it('reads a model from stdin, and one that ONNX Runtime does not load', async () => {
      place(folder.path, 'generated/custom-op.onnx')

      const ran = await shell('cat custom-op.onnx | mcompress inspect - --why', { cwd: folder.path })

      assertDone(ran)
      assert.match(ran.stdout, /^By op$/m)
    })

    it('refuses a way to divide that there is not, and a file that is no model', async () => {
      place(folder.path, 'lenet5.onnx')
      writeFileSync(folder.file('empty.onnx'), '')

      assertRefused(await inspect('lenet5.onnx', '--by', 'ops'), 2, /--by is "ops".*\n {2}Did you mean "op"\?/)
      assertRefused(await inspect('lenet5.onnx', '--why', '--by'), 2, /--by/)
      assertRefused(await inspect('empty.onnx', '--why'), 3, /the file is empty/)
      assertRefused(await inspect('lenet5.onnx', '--why', '--dim', 'M=2'), 2, /M/)
    })
  })
})
