import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Compares with a golden file; `UPDATE_GOLDENS=1` rewrites it, to be reviewed as code. */
export function assertGolden(name: string, text: string): void {
  const path = join('test/commands/golden', name)
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  assert.ok(existsSync(path), `${path} is missing: run with UPDATE_GOLDENS=1, and read what it writes`)
  assert.equal(text, readFileSync(path, 'utf8'))
}
