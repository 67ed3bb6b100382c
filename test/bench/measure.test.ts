import assert from 'node:assert/strict'
import { measure, measureOnce, median, summarise } from '../../bench/support/measure.js'

const node = (name: string, script: string) => ({ name, command: process.execPath, args: ['-e', script] })
const MB = 1e6

describe('bench/support/measure', () => {
  it('interleaves the contestants, and leaves the warm-up out of the figures', async () => {
    const order: string[] = []
    const [a, b] = [node('a', ''), node('b', '')]
    const summaries = await measure([a, b], {
      rounds: 2,
      prepare: ({ name }) => order.push(`prepare ${name}`),
      onRun: ({ name }, round) => order.push(`${name} ${round}`),
    })
    const round = (n: number) => ['prepare a', `a ${n}`, 'prepare b', `b ${n}`]
    assert.deepEqual(order, [...round(-1), ...round(0), ...round(1)])
    assert.deepEqual(
      summaries.map(({ name, runs }) => [name, runs.length]),
      [
        ['a', 2],
        ['b', 2],
      ],
    )
  })

  it('times a process from its start to its end', async () => {
    const { ms } = await measureOnce(node('sleeper', 'setTimeout(() => {}, 300)'))
    assert.ok(ms >= 300 && ms < 5000, `${ms} ms`)
  })

  it('says which process failed and what it complained about', async () => {
    await assert.rejects(
      measureOnce(node('faulty', 'console.error("no such model"); process.exitCode = 3')),
      /^Error: faulty ended with 3:\nno such model\n$/,
    )
  })

  it('reports a command that does not exist', async () => {
    await assert.rejects(measureOnce({ name: 'ghost', command: './no-such-command', args: [] }), { code: 'ENOENT' })
  })

  it('hides the variables that pin OpenBLAS to old kernels', async () => {
    const before = process.env.OPENBLAS_CORETYPE
    process.env.OPENBLAS_CORETYPE = 'Haswell'
    try {
      await measureOnce(node('asker', 'process.exitCode = process.env.OPENBLAS_CORETYPE === undefined ? 0 : 1'))
    } finally {
      if (before === undefined) delete process.env.OPENBLAS_CORETYPE
      else process.env.OPENBLAS_CORETYPE = before
    }
  })

  it('takes the middle value, or the mean of the middle two', () => {
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([4, 1, 3, 9]), 3.5)
    assert.throws(() => median([]), RangeError)
  })

  it('sums up runs by the median time and the largest memory', () => {
    const summary = summarise('x', [
      { ms: 30, anonBytes: 5, rssBytes: 9 },
      { ms: 10, anonBytes: 7, rssBytes: 8 },
      { ms: 20, anonBytes: 6, rssBytes: 7 },
    ])
    const { runs: _, ...figures } = summary
    assert.deepEqual(figures, { name: 'x', medianMs: 20, minMs: 10, maxMs: 30, anonBytes: 7, rssBytes: 9 })
  })
})

describe('bench/support/memory', () => {
  before(function () {
    if (process.platform !== 'linux') this.skip() // reads /proc
  })

  const hold = 'globalThis.held = Buffer.alloc(200e6, 1); setTimeout(() => {}, 200)'

  it('sees the anonymous memory of a process', async () => {
    const idle = await measureOnce(node('idle', 'setTimeout(() => {}, 100)'))
    const busy = await measureOnce(node('busy', hold))
    const grown = busy.anonBytes - idle.anonBytes
    assert.ok(grown > 190 * MB && grown < 260 * MB, `${grown / MB} MB`)
    assert.ok(busy.rssBytes >= busy.anonBytes)
  })

  it('counts the children of a process too', async () => {
    const parent = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(hold)}])`
    const { anonBytes } = await measureOnce(node('parent', parent))
    assert.ok(anonBytes > 200 * MB, `${anonBytes / MB} MB`)
  })
})
