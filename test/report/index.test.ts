import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../../src/errors.js'
import { FORMS, formForFile } from '../../src/report/index.js'
import { SAMPLES } from './samples.js'

const FOLDER = new URL('../../src/report/', import.meta.url)

describe('report forms', () => {
  it('are chosen by the ending of the file, in any case', () => {
    const names = ['out.json', 'a.b/REPORT.MD', 'x.txt'].map((path) => formForFile(path).name)
    assert.deepEqual(names, ['json', 'markdown', 'terminal'])
  })

  it('are listed when an ending is of none', () => {
    assert.throws(
      () => formForFile('out/report.pdf'),
      (error: unknown) => {
        assert.ok(error instanceof UsageError)
        assert.match(error.message, /"out\/report\.pdf"/)
        for (const form of FORMS) assert.ok(error.suggestions[0]?.includes(`${form.ending} (${form.summary})`))
        return true
      },
    )
    assert.throws(() => formForFile('json'), UsageError)
  })

  it('are all in the table, with distinct names and endings', async () => {
    const modules = readdirSync(fileURLToPath(FOLDER), { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.js'),
    )
    const exported = new Set<unknown>()
    for (const file of modules) {
      const module: Record<string, unknown> = await import(new URL(file, FOLDER).href)
      for (const value of Object.values(module)) {
        if (typeof value === 'object' && value !== null && 'render' in value) exported.add(value)
      }
    }
    assert.deepEqual(exported, new Set<unknown>(FORMS))
    assert.equal(new Set(FORMS.map((f) => f.name)).size, FORMS.length)
    assert.equal(new Set(FORMS.map((f) => f.ending)).size, FORMS.length)
  })

  for (const form of FORMS) {
    it(`${form.name}: renders every sample to whole lines without a trace of JavaScript`, async () => {
      for (const [name, sample] of Object.entries(SAMPLES)) {
        const text = await form.render(sample())
        assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'), name)
        assert.doesNotMatch(text, /undefined|\[object|function /, name)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e]/, name)
      }
    })
  }
})
