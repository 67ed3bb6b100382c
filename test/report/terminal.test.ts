import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import type { RenderOptions } from '../../src/report/form.js'
import { terminal } from '../../src/report/terminal.js'
import { displayWidth } from '../../src/report/text/width.js'
import { pruneWithMetrics } from './lenet.js'
import { SAMPLES } from './samples.js'

const LAYERS = [null, true, false] as const

function optionsUnder(env: Readonly<Record<string, string>>): { color: boolean; width: number } {
  const module = new URL('../../src/report/terminal.js', import.meta.url).href
  const script = `import(${JSON.stringify(module)}).then((m) => console.log(JSON.stringify(m.terminalOptions('stdout'))))`
  const { PATH = '' } = process.env
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { env: { PATH, ...env }, encoding: 'utf8' }))
}

describe('terminal report', () => {
  it('never writes a line longer than the terminal is wide, down to 60 columns', () => {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      for (const layers of LAYERS) {
        for (let width = 60; width <= 160; width += 5) {
          for (const line of terminal.render(sample(), { width, layers }).split('\n')) {
            assert.ok(displayWidth(line) <= width, `${name}, width ${width}: ${line}`)
          }
        }
      }
    }
  })

  it('keeps the layout of 60 columns below that', () => {
    assert.equal(terminal.render(pruneWithMetrics(), { width: 20 }), terminal.render(pruneWithMetrics(), { width: 60 }))
  })

  it('says nothing by colour alone', () => {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      const colored = terminal.render(sample(), { color: true, width: 90 })
      assert.equal(stripVTControlCharacters(colored), terminal.render(sample(), { width: 90 }), name)
    }
  })

  it('colours what became better green, what became worse red, and dims what did not change', () => {
    const text = terminal.render(pruneWithMetrics(), { color: true, width: 90 })
    assert.ok(text.includes('\u001b[32m3.2x smaller\u001b[39m'))
    assert.ok(text.includes('\u001b[31m-0.3 pp\u001b[39m'))
    assert.ok(text.includes('\u001b[2munchanged\u001b[22m'))
  })

  it('begins with the headline and ends with what to do next', () => {
    const lines = terminal.render(pruneWithMetrics()).trimEnd().split('\n')
    assert.match(lines[0] ?? '', /^80\.0 % of .* weights are zero; top1 fell by 0\.3 pp to 89\.8 %\.$/)
    assert.equal(lines.at(-1), '• File size unchanged: zeros are stored. Smaller: pack. Faster: prune structured.')
  })

  it('shows layers when they changed, the largest of many, all of them on demand', () => {
    const render = (name: string, options: Partial<RenderOptions> = {}) =>
      terminal.render(SAMPLES[name]?.() ?? pruneWithMetrics(), options)
    const layerLines = (text: string) => text.split('\n').filter((line) => /\.conv\.weight /.test(line)).length
    assert.equal(layerLines(render('many-layers')), 20)
    assert.match(
      render('many-layers'),
      /\.\.\. and 40 smaller ones with 20\.2 % of the parameters: --report x\.json has all/,
    )
    assert.equal(layerLines(render('many-layers', { full: true })), 60)
    assert.doesNotMatch(render('many-layers', { full: true }), /\.\.\. and/)
    assert.equal(layerLines(render('many-layers', { layers: false })), 0)
    assert.doesNotMatch(render('inspect', { full: true }), /conv1\.weight/)
    assert.match(render('inspect', { layers: true }), /conv1\.weight +Conv +6×1×5×5 +float32/)
  })

  it('shows no layers when none changed', () => {
    const report = pruneWithMetrics()
    const text = terminal.render({ ...report, after: { ...report.before, bytes: 1 } })
    assert.doesNotMatch(text, /fc1\.weight/)
  })

  it('cuts a long list of reasons and says where the rest is', () => {
    const text = terminal.render(SAMPLES['many-layers']?.() ?? pruneWithMetrics())
    assert.match(text, /^Skipped 64$/m)
    assert.match(text, /^ {2}bn0\.bias, bn1\.bias and 51 more {2}has one dimension$/m)
    assert.match(text, /^ {2}\.\.\. and 7 more: --report x\.json has all$/m)
  })

  describe('terminalOptions', () => {
    it('no colour into a pipe, and the width of a page', () => {
      assert.deepEqual(optionsUnder({}), { color: false, width: 100 })
    })

    it('FORCE_COLOR gives colour, also where NO_COLOR is set', () => {
      assert.equal(optionsUnder({ FORCE_COLOR: '1' }).color, true)
      assert.equal(optionsUnder({ FORCE_COLOR: '1', NO_COLOR: '1' }).color, true)
      assert.equal(optionsUnder({ FORCE_COLOR: '0' }).color, false)
    })

    it('NO_COLOR takes it away where chalk would give it', () => {
      const azure = { TF_BUILD: 'True', AGENT_NAME: 'agent' }
      assert.equal(optionsUnder(azure).color, true)
      assert.equal(optionsUnder({ ...azure, NO_COLOR: '1' }).color, false)
      assert.equal(optionsUnder({ ...azure, NO_COLOR: '' }).color, true)
    })

    it('COLUMNS is the width where the stream has none', () => {
      assert.equal(optionsUnder({ COLUMNS: '72' }).width, 72)
      assert.equal(optionsUnder({ COLUMNS: 'wide' }).width, 100)
    })
  })
})
