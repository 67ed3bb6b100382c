import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { createProgress, NO_PROGRESS, type ProgressOptions } from '../../src/commands/progress.js'

const CLEAR = '\r\u001b[2K'

/** A stream that keeps what is written, and a clock to be set; timers run while time passes, but not while work does. */
function fake(options: Partial<ProgressOptions> & { readonly columns?: number } = {}) {
  const { columns, ...rest } = options
  const written: string[] = []
  const clock = { ms: 5_000_000 }
  const timers = new Map<() => void, number>()
  const every = (ms: number, call: () => void) => {
    timers.set(call, ms)
    return () => timers.delete(call)
  }
  const stream = { ...(columns === undefined ? {} : { columns }), write: (text: string) => written.push(text) }
  const progress = createProgress(stream, { redraw: true, color: false, now: () => clock.ms, every, ...rest })
  /** Reports after some time, in which the work left no turn to a timer. */
  const later = (ms: number, phase: string, done: number | null) => {
    clock.ms += ms
    progress.update(phase, done)
  }
  /** Nothing is reported for some time. */
  const wait = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.ms += 10
      for (const [call, interval] of timers) if (clock.ms % interval < 10) call()
    }
  }
  return { written, progress, later, wait, timers }
}

describe('Progress on a terminal', () => {
  it('shows nothing of a job under a second', () => {
    const { written, progress, later } = fake()

    later(0, 'Reading', null)
    later(500, 'Writing', 0.5)
    later(499, 'Writing', 0.9)
    progress.end()

    assert.deepEqual(written, [])
  })

  it('is one line with a bar, the share and the time left, drawn again in place', () => {
    const { written, later } = fake()

    later(0, 'Writing', 0)
    later(1000, 'Writing', 0.25)
    later(1000, 'Writing', 0.5)

    assert.deepEqual(written, [
      `${CLEAR}${'━'.repeat(6)}${'─'.repeat(18)} Writing 25 %, 3 s left`,
      `${CLEAR}${'━'.repeat(12)}${'─'.repeat(12)} Writing 50 %, 2 s left`,
    ])
  })

  it('counts the time of each phase by itself', () => {
    const { written, later } = fake()

    later(0, 'Reading', 0)
    later(10_000, 'Measuring', 0)
    later(1000, 'Measuring', 0.5)

    assert.ok(written.at(-1)?.endsWith('Measuring 50 %, 1 s left'), written.at(-1))
  })

  it('says minutes from a minute and a half on', () => {
    const { written, later } = fake()

    later(0, 'Measuring', 0)
    later(10_000, 'Measuring', 0.1)
    later(10_000, 'Measuring', 0.15)

    assert.ok(written[0]?.endsWith('10 %, 2 min left'), written[0])
    assert.ok(written[1]?.endsWith('15 %, 3 min left'), written[1]) // it has become slower
  })

  it('makes no guess from a phase that has only begun', () => {
    const { written, later } = fake()

    later(2000, 'Writing', 0.5)

    assert.ok(written[0]?.endsWith('Writing 50 %'), written[0])
  })

  it('says hours from an hour and a half on', () => {
    const { written, later } = fake()

    later(0, 'Measuring', 0)
    later(750_000, 'Measuring', 0.1)

    assert.ok(written[0]?.endsWith('10 %, 1 h 53 min left'), written[0])
  })

  it('moves a part of the bar to and fro while the end is not known, and says what has passed', () => {
    const { written, later } = fake()
    const slider = (from: number) => `${'─'.repeat(from)}━━━━━━${'─'.repeat(18 - from)}`

    later(0, 'Describing', null)
    later(1000, 'Describing', null)
    later(900, 'Describing', null)
    later(900, 'Describing', null)
    later(800, 'Describing', null)

    assert.deepEqual(written, [
      `${CLEAR}${slider(10)} Describing`,
      `${CLEAR}${slider(17)} Describing`,
      `${CLEAR}${slider(8)} Describing, 2 s so far`,
      `${CLEAR}${slider(0)} Describing, 3 s so far`,
    ])
  })

  it('goes on while nothing is reported: it appears, moves, and counts down', () => {
    const { written, later, wait } = fake()
    const texts = () => written.map((line) => line.slice(CLEAR.length).replace(/^[─━]+ /, ''))

    later(0, 'Describing', null)
    wait(900)
    assert.deepEqual(written, [])
    wait(2200)
    assert.deepEqual([...new Set(texts())], ['Describing', 'Describing, 2 s so far', 'Describing, 3 s so far'])
    assert.ok(new Set(written).size > 15, 'the bar moves')

    later(0, 'Writing', 0)
    later(2000, 'Writing', 0.4)
    written.length = 0
    wait(2900)
    assert.deepEqual(
      [...new Set(texts())],
      ['Writing 40 %, 3 s left', 'Writing 40 %, 2 s left', 'Writing 40 %, 1 s left'],
    )
  })

  it('takes an estimate back that has proved wrong', () => {
    const { written, later, wait } = fake()

    later(0, 'Writing', 0)
    later(2000, 'Writing', 0.8)
    wait(4000)

    assert.ok(written.at(-1)?.endsWith('Writing 80 %, 6 s so far'), written.at(-1))
  })

  it('leaves no timer behind', () => {
    const { progress, timers } = fake()

    assert.equal(timers.size, 1)
    progress.end()
    assert.equal(timers.size, 0)
  })

  it('is not drawn more than a dozen times a second', () => {
    const { written, later } = fake()

    later(1000, 'Writing', 0)
    for (let i = 0; i < 1000; i++) later(1, 'Writing', i / 1000)

    assert.equal(written.length, 1 + Math.floor(1000 / 80))
  })

  it('is taken away at the end, once, and only when it was there', () => {
    const { written, progress, later } = fake()

    later(2000, 'Writing', 0.5)
    progress.end()
    progress.end()

    assert.equal(written.length, 2)
    assert.equal(written[1], CLEAR)
  })

  it('is coloured on request', () => {
    const { written, later } = fake({ color: true })

    later(0, 'Writing', 0)
    later(2000, 'Writing', 0.5)

    assert.ok(written[0]?.includes('\u001b[36m━'), JSON.stringify(written[0]))
    assert.equal(
      stripVTControlCharacters(written[0] ?? ''),
      `\r${'━'.repeat(12)}${'─'.repeat(12)} Writing 50 %, 2 s left`,
    )
  })

  it('never fills the last column, whatever the phase and the width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.string({ minLength: 1, maxLength: 120, unit: 'grapheme-ascii' }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.boolean(),
        (columns, phase, done, color) => {
          const { written, later } = fake({ columns, color })

          later(0, phase, 0)
          later(5000, phase, done)

          const shown = stripVTControlCharacters(written[0] ?? '').slice(1)
          assert.equal(written.length, 1)
          assert.ok(shown.length < Math.max(2, columns), `${shown.length} of ${columns}: ${shown}`)
          assert.ok(!shown.includes('\n'))
        },
      ),
    )
  })

  it('takes a terminal that does not tell its width for one of 80 columns', () => {
    const { written, later } = fake({ columns: 0 })

    later(2000, 'x'.repeat(200), 0.5)

    assert.equal(written[0]?.length, CLEAR.length + 79)
  })
})

describe('Progress elsewhere', () => {
  it('is a plain line of a phase after three seconds, and every ten seconds', () => {
    const { written, progress, later } = fake({ redraw: false })

    later(0, 'Measuring', 0)
    for (let i = 1; i <= 250; i++) later(100, 'Measuring', i / 250)
    progress.end()

    assert.deepEqual(written, [
      'Measuring 12 %, 22 s left\n',
      'Measuring 52 %, 12 s left\n',
      'Measuring 92 %, 2 s left\n',
    ])
  })

  it('is nothing of phases that pass quickly, however many there are', () => {
    const { written, later } = fake({ redraw: false })

    for (const phase of ['Reading', 'Writing', 'Measuring', 'Describing', 'Reading']) {
      later(1, phase, 0)
      later(2900, phase, 0.9)
    }

    assert.deepEqual(written, [])
  })

  it('is a line although nothing is reported', () => {
    const { written, later, wait, progress, timers } = fake({ redraw: false })

    later(0, 'Describing', null)
    wait(25_000)
    progress.end()

    assert.deepEqual(written, ['Describing, 3 s so far\n', 'Describing, 13 s so far\n', 'Describing, 23 s so far\n'])
    assert.equal(timers.size, 0)
  })

  it('is nothing when it is not wanted', () => {
    assert.equal(NO_PROGRESS.update('Writing', 0.5), undefined)
    assert.equal(NO_PROGRESS.end(), undefined)
  })
})
