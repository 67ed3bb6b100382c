import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

const MUTANTS = 400

describe('Damaged models', () => {
  it('are worked on, or refused in words, and nothing else ever happens', function () {
    this.timeout(120_000)

    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['dist/test/recipe/fuzz-run.js', '0', String(MUTANTS)],
      { encoding: 'utf8' },
    )

    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual([status, signal], [0, null], `seed ${lines.at(-1)}\n${stderr}`)
    assert.equal(lines.length, MUTANTS)
    // The damage reaches every depth: not all is refused by the reader, and not all goes through.
    const share = (kind: string) => lines.filter((line) => line.split(' ')[3] === kind).length / MUTANTS
    assert.ok(share('ok') > 0.1 && share('InvalidModelError') > 0.2, `${share('ok')} ${share('InvalidModelError')}`)
  })
})
