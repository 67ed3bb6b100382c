import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import type { Runs } from '../../src/report/content/runs.js'
import { markdown } from '../../src/report/markdown/index.js'
import { terminal } from '../../src/report/terminal.js'
import { displayWidth } from '../../src/report/text/width.js'
import { everything, hostileNames, inspectWhy } from './full-samples.js'
import { pruneWithMetrics } from './lenet.js'
import { SAMPLES } from './samples.js'

const PAIRS: Readonly<Record<string, Runs>> = {
  'the same twice': { old: pruneWithMetrics(), new: pruneWithMetrics() },
  'more and less known': { old: everything(), new: pruneWithMetrics() },
  'two models': { old: pruneWithMetrics(), new: inspectWhy() },
  'ugly names': { old: hostileNames(), new: SAMPLES['ugly-names']?.() ?? pruneWithMetrics() },
  'nothing known': { old: SAMPLES.nulls?.() ?? pruneWithMetrics(), new: SAMPLES.nulls?.() ?? pruneWithMetrics() },
}

describe('two runs as text', () => {
  it('never take a line longer than the terminal is wide, with and without all settings', () => {
    for (const [name, runs] of Object.entries(PAIRS)) {
      for (const full of [false, true]) {
        for (const width of [60, 80, 120]) {
          for (const line of terminal.renderRuns(runs, { width, full }).split('\n')) {
            assert.ok(displayWidth(line) <= width, `${name}, width ${width}: ${line}`)
          }
        }
      }
    }
  })

  it('say nothing by colour alone', () => {
    for (const [name, runs] of Object.entries(PAIRS)) {
      const colored = terminal.renderRuns(runs, { color: true, width: 90 })
      assert.equal(stripVTControlCharacters(colored), terminal.renderRuns(runs, { width: 90 }), name)
    }
  })

  it('name the whole command only where nothing smaller tells what differs', () => {
    const old = { ...pruneWithMetrics(), argv: ['prune', 'a.onnx', '--verbose'] }
    const later = { ...pruneWithMetrics(), argv: ['prune', 'a.onnx'] }
    assert.match(
      terminal.renderRuns({ old, new: later }),
      /^ {2}command +mcompress prune a\.onnx --verbose +mcompress/m,
    )
    const seeded = terminal.renderRuns({ old, new: { ...later, seed: 7 } })
    assert.match(seeded, /^ {2}seed +0 +7$/m)
    assert.doesNotMatch(seeded, /^ {2}command/m)
    assert.match(terminal.renderRuns({ old, new: { ...later, seed: 7 } }, { full: true }), /^ {2}command/m)
    assert.doesNotMatch(terminal.renderRuns(PAIRS['the same twice'] ?? { old, new: later }), /what differs/)
  })

  it('let no name become Markdown or HTML', () => {
    for (const [name, runs] of Object.entries(PAIRS)) {
      const text = markdown.renderRuns(runs)
      assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'), name)
      assert.doesNotMatch(text.replace(/`[^`\n]*`/g, ''), /<script|<img|[\u202a-\u202e\u2066-\u2069]/, name)
      for (const row of text.split('\n').filter((line) => line.startsWith('| '))) {
        assert.ok(row.endsWith(' |'), `${name}: ${row}`)
      }
    }
  })
})
