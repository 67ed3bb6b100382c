import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TimeLeft } from '../../src/commands/time-left.js'

/** @param steps  [milliseconds since the step before, share done] */
function reported(...steps: readonly (readonly [number, number])[]) {
  let now = 1000
  const left = new TimeLeft(now)
  for (const [ms, done] of steps) {
    now += ms
    left.report(done, now)
  }
  return { left, now, seconds: (left.at(now) ?? Number.NaN) / 1000 }
}
const steady = (count: number, ms: number, from: number, step: number) =>
  Array.from({ length: count }, (_, i) => [ms, from + (i + 1) * step] as const)

describe('TimeLeft', () => {
  it('is exact at a steady rate, whatever that is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 60_000 }), fc.integer({ min: 2, max: 500 }), (ms, steps) => {
        const { left, now } = reported(...steady(steps - 1, ms, 0, 1 / steps))
        const found = left.at(now)
        assert.ok(found !== null && Math.abs(found - ms) < 1e-6 * ms * steps, `${found} of ${ms}`)
      }),
    )
  })

  it('knows nothing at first', () => {
    assert.equal(reported().left.at(1000), null)
    assert.equal(reported([5000, 0]).left.at(6000), null)
    const { left, now } = reported([100, 0.1], [100, 0.3])
    assert.equal(left.at(now), null)
  })

  it('does not take preparation for the rate of the work', () => {
    // Models are loaded for 20 s; then 1 % takes 0.1 s.
    const first = reported([20_000, 0.01])
    assert.equal(first.left.at(first.now), null)
    const { seconds } = reported([20_000, 0.01], ...steady(9, 100, 0.01, 0.01))
    assert.ok(Math.abs(seconds - 9) < 1e-6, `${seconds} s`)
  })

  it('takes a large first step for what it is', () => {
    assert.ok(Math.abs(reported([5000, 1 / 3]).seconds - 10) < 1e-6)
  })

  it('follows a change of the rate, without a jump', () => {
    const quick = steady(50, 100, 0, 0.01) // 50 % in 5 s
    const before = reported(...quick).seconds
    assert.ok(Math.abs(before - 5) < 1e-6)
    // From now on a tenth as quick: after another 10 % 40 s are left in truth.
    let worst = 0
    let last = before
    for (let i = 1; i <= 10; i++) {
      const { seconds } = reported(...quick, ...steady(i, 1000, 0.5, 0.01))
      worst = Math.max(worst, seconds / last)
      last = seconds
    }
    assert.ok(last > 15 && last < 40, `${last} s`)
    assert.ok(worst < 1.5, `it grew ${worst} times in one step`)
  })

  it('does not jump when the work goes by fits and starts', () => {
    const steps = Array.from({ length: 400 }, (_, i) => [i % 10 === 9 ? 1000 : 10, (i + 1) / 1000] as const)
    const estimates = steps.map((_, i) => reported(...steps.slice(0, i + 1)).seconds)
    const late = estimates.slice(100)
    const jumps = late.slice(1).map((seconds, i) => Math.abs(seconds - (late[i] ?? 0)))
    assert.ok(Math.max(...jumps) < 4, `${Math.max(...jumps)} s of a minute and a half`)
  })

  it('counts down between steps, and says no more once it was wrong', () => {
    const { left, now } = reported([1000, 0.5])

    assert.equal(left.at(now + 400), 600)
    assert.equal(left.at(now + 1500), 0)
    assert.equal(left.at(now + 2501), null)
  })

  it('begins anew when the share falls back', () => {
    const again = reported([1000, 0.5], [1000, 0])
    assert.equal(again.left.at(again.now), null)
    assert.ok(Math.abs(reported([1000, 0.5], [1000, 0], [4000, 0.5]).seconds - 4) < 1e-6)
  })

  it('says nothing of a phase that is over', () => {
    const { left, now } = reported([1000, 0.5], [1000, 1])
    assert.equal(left.at(now), null)
  })

  it('counts a step without time together with the next', () => {
    assert.ok(Math.abs(reported([0, 0.25], [1000, 0.5]).seconds - 1) < 1e-6)
  })
})
