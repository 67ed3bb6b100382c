import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { json } from '../../src/report/json.js'
import { markdown } from '../../src/report/markdown/index.js'
import type { Report } from '../../src/report/report.js'
import { terminal } from '../../src/report/terminal.js'
import { SAMPLES } from './samples.js'

const FOLDER = 'test/report/golden'
const UPDATE = process.env.UPDATE_GOLDENS === '1'

/** Every golden file with what makes it. Review a change of one as you review code. */
const GOLDENS: ReadonlyMap<string, () => string> = new Map(
  Object.entries(SAMPLES).flatMap(([name, sample]) => goldensOf(name, sample)),
)

function goldensOf(name: string, sample: () => Report): [string, () => string][] {
  return [
    [`${name}.txt`, () => terminal.render(sample(), { width: 80 })],
    [`${name}.60.txt`, () => terminal.render(sample(), { width: 60 })],
    [`${name}.120.layers.txt`, () => terminal.render(sample(), { width: 120, layers: true })],
    [`${name}.md`, () => markdown.render(sample())],
    ...(name === 'prune-with-metrics' ? colorAndJson(name, sample) : []),
  ]
}

function colorAndJson(name: string, sample: () => Report): [string, () => string][] {
  return [
    [`${name}.ansi.txt`, () => terminal.render(sample(), { width: 80, color: true })],
    [`${name}.json`, () => json.render(sample())],
  ]
}

describe('report goldens (UPDATE_GOLDENS=1 rewrites them)', () => {
  for (const [file, render] of GOLDENS) {
    it(file, () => {
      const path = join(FOLDER, file)
      const text = render()
      if (UPDATE) writeFileSync(path, text)
      assert.ok(existsSync(path), `${path} is missing: run with UPDATE_GOLDENS=1, and read what it writes`)
      assert.equal(text, readFileSync(path, 'utf8'))
    })
  }

  it('there is no golden file that nothing makes', () => {
    const stale = readdirSync(FOLDER).filter((file) => !GOLDENS.has(file))
    if (UPDATE) for (const file of stale) rmSync(join(FOLDER, file))
    assert.deepEqual(UPDATE ? [] : stale, [])
  })
})
