import assert from 'node:assert/strict'
import { ops } from '../../src/ops/index.js'
import { passes } from '../../src/passes/index.js'
import { assertDone, mcompress } from './cli.js'

describe('mcompress passes', () => {
  const list = (...args: string[]) => mcompress(['passes', ...args], { cwd: '.' })

  it('lists every pass, metric, data format and form of the report', async () => {
    const ran = await list()

    assertDone(ran)
    assert.match(ran.stdout, /^PASSES\n {2}name +promises +summary\n {2}prune +outputs changed/)
    for (const name of ['METRICS', 'top<k>', 'DATA', 'npz', 'REPORTS', 'markdown']) assert.ok(ran.stdout.includes(name))
    assert.deepEqual(
      ran.stdout.split('\n').filter((line) => line.length > 100),
      [],
    )
  })

  it('lists the ops with --ops', async () => {
    const ran = await list('--ops')

    assertDone(ran)
    assert.match(ran.stdout, /^OPS\n/)
    assert.match(ran.stdout, /^ {2}ConvTranspose +yes +yes +-$/m)
    assert.match(ran.stdout, /^ {2}Resize +- +- +11, 13$/m)
  })

  it('gives the same as JSON', async () => {
    const [all, some] = await Promise.all([list('--json'), list('--ops', '--json')])

    const { passes: found, reports } = JSON.parse(all.stdout)
    assert.deepEqual(
      found.map(({ name }: { name: string }) => name),
      passes.map(({ command }) => command),
    )
    assert.deepEqual(
      reports.map(({ ending }: { ending: string }) => ending),
      ['.txt', '.json', '.md', '.html'],
    )
    assert.equal(JSON.parse(some.stdout).ops.length, ops.flatMap(({ types }) => types).length)
  })
})
