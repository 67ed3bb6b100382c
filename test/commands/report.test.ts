import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { json } from '../../src/report/json.js'
import { terminal } from '../../src/report/terminal.js'
import { everything, inspectWhy } from '../report/full-samples.js'
import { pruneWithMetrics } from '../report/lenet.js'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

/** Options are saved in the order of their names, whatever it was. */
function optionless(text: string): string {
  return text.replace(/^ {2}Options .*\n/m, '')
}

describe('mcompress report', () => {
  const folder = workFolder()
  const report = (...args: string[]) => mcompress(['report', ...args], { cwd: folder.path })
  const read = (name: string) => readFileSync(folder.file(name), 'utf8')
  const save = (name: string, what = pruneWithMetrics()) => writeFileSync(folder.file(name), json.render(what))

  it('prints what the command that made the report printed', async () => {
    place(folder.path, 'lenet5.onnx')
    const made = await mcompress(['prune', 'lenet5.onnx', '--report', 'run.json'], { cwd: folder.path })
    assertDone(made)

    const ran = await report('run.json')

    assertDone(ran)
    assert.equal(optionless(ran.stdout), optionless(made.stdout))
    assert.equal(ran.stderr, '')
  })

  it('writes it in every form, and then prints nothing', async () => {
    save('run.json', everything())

    const ran = await report('run.json', '-o', 'a.html', '-o', 'b.md', '-o', 'c.txt', '-o', 'd.json')

    assertDone(ran)
    assert.equal(ran.stdout, '')
    assert.match(read('a.html'), /^<!doctype html>\n[\s\S]*<\/html>\n$/)
    assert.match(read('b.md'), /^## prune: `fixtures\/lenet5\.onnx` → `out\/lenet5\.pruned\.onnx`/)
    assert.equal(optionless(read('c.txt')), optionless(terminal.render(everything())))
    assert.equal(read('d.json'), read('run.json'))
  })

  it('reads a report from stdin', async () => {
    const ran = await mcompress(['report', '-'], {
      cwd: folder.path,
      stdin: Buffer.from(json.render(pruneWithMetrics())),
    })

    assertDone(ran)
    assert.equal(optionless(ran.stdout), optionless(terminal.render(pruneWithMetrics())))
  })

  it('lays two reports side by side, in the terminal, in Markdown and as a page', async () => {
    save('old.json')
    const [step] = pruneWithMetrics().steps
    assert.ok(step)
    const { after } = pruneWithMetrics()
    save('new.json', {
      ...pruneWithMetrics(),
      steps: [{ ...step, options: { ...step.options, sparsity: 0.9 } }],
      after: after && { ...after, gzipBytes: 40_000 },
    })

    const [shown, written] = [
      await report('old.json', 'new.json'),
      await report('old.json', 'new.json', '-o', 'x.md', '-o', 'x.html'),
    ]

    assertDone(shown)
    assert.match(shown.stdout, /^Gzipped 71\.2 kB → 40\.0 kB\.\n/)
    assert.match(shown.stdout, /^ +before +old +new {2}change$/m)
    assert.match(shown.stdout, /^ {2}Gzipped +229\.9 kB +71\.2 kB +40\.0 kB {2}1\.8x smaller$/m)
    assert.match(shown.stdout, /^ {2}what differs +old +new\n {2}prune sparsity +0\.8 +0\.9\n$/m)
    assertDone(written)
    assert.match(read('x.md'), /^\| Gzipped \| 229\.9 kB \| 71\.2 kB \| 40\.0 kB \| 1\.8x smaller \|/m)
    assert.match(read('x.md'), /^\| \*\*prune sparsity\*\* \| `0\.8` \| `0\.9` \|$/m)
    assert.match(read('x.html'), /^<!doctype html>\n[\s\S]*<\/html>\n$/)
  })

  it('shows reports of different models, and says that they are', async () => {
    save('old.json')
    save('new.json', { ...inspectWhy(), before: { ...inspectWhy().before, path: 'other.onnx', nodes: 99 } })

    const ran = await report('old.json', 'new.json')

    assertDone(ran)
    assert.match(ran.stdout, /! The two runs began with different models: "fixtures\/lenet5\.onnx" and "other\.onnx"\./)
  })

  it('says nothing with --quiet, every layer with --verbose, layers on demand', async () => {
    save('run.json', inspectWhy())

    const [quiet, plain, layers] = [
      await report('run.json', '-q'),
      await report('run.json'),
      await report('run.json', '--layers'),
    ]

    assert.deepEqual([quiet.code, quiet.stdout], [0, ''])
    assert.doesNotMatch(plain.stdout, /^ {2}conv1\.weight +Conv +6×1×5×5/m)
    assert.match(layers.stdout, /^ {2}conv1\.weight +Conv +6×1×5×5/m)
  })

  describe('refuses', () => {
    const refused = (args: readonly string[], code: number, message: RegExp) =>
      report(...args).then((ran) => assertRefused(ran, code, message))

    it('a report that is not there, or a place that is not', async () => {
      save('run.json')
      await refused(['nix.json'], 74, /Cannot read the report "nix\.json": no such file/)
      await refused(['run.json', '-o', 'nix/x.html'], 74, /there is no folder "nix"/)
      await refused(['run.json', '-o', 'x.pdf'], 2, /Cannot tell from "x\.pdf" in which form/)
    })

    it('what is no report, a damaged one, and one of a newer schema', async () => {
      const text = json.render(pruneWithMetrics())
      writeFileSync(folder.file('text.json'), 'hello')
      writeFileSync(folder.file('other.json'), '{"a":1}')
      writeFileSync(folder.file('broken.json'), text.replace('"nodes": 12', '"nodes": "many"'))
      writeFileSync(folder.file('newer.json'), text.replace('"schemaVersion": 1', '"schemaVersion": 2'))
      await refused(['text.json'], 2, /"text\.json" is no JSON/)
      await refused(['other.json'], 2, /"other\.json" is no report of mcompress/)
      await refused(['broken.json'], 2, /damaged report: before\.nodes is "many"/)
      await refused(['newer.json'], 2, /made by a newer mcompress \(schema 2/)
    })

    it('two reports in a form that holds one, before it writes anything', async () => {
      save('old.json')
      await refused(
        ['old.json', 'old.json', '-o', 'x.html', '-o', 'x.json'],
        2,
        /"x\.json" would hold one report, and there are two/,
      )
      assert.deepEqual(folder.names(), ['old.json'])
    })

    it('none, three, and two from one stdin', async () => {
      await refused([], 2, /The report is missing/)
      await refused(['a.json', 'b.json', 'c.json'], 2, /report takes one report or two; there is more: c\.json/)
      await refused(['-', '-'], 2, /Two reports do not fit through one stdin/)
    })
  })
})
