import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { pages, rendered } from '../../docs/build.js'
import { COMMANDS } from '../../src/commands/index.js'

describe('The pages of docs/', () => {
  it('say what the tables of the code say: npm run docs', () => {
    for (const path of pages()) {
      const page = readFileSync(path, 'utf8')
      assert.equal(page, rendered(page), path)
    }
  })

  it('have a page for every command', () => {
    const names = Object.keys(COMMANDS).map((id) => `docs/${id.replaceAll(':', '-')}.md`)
    assert.deepEqual(
      names.filter((name) => !pages().includes(name)),
      [],
    )
  })

  it('are linked only where there is something', () => {
    for (const path of [...pages(), 'README.md']) {
      for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
        const base = path.startsWith('docs/') ? 'docs/' : ''
        assert.doesNotThrow(
          () => readFileSync(new URL(`../../../${base}${target}`, import.meta.url)),
          `${path}: ${target}`,
        )
      }
    }
  })
})
