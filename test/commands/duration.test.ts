import assert from 'node:assert/strict'
import { milliseconds } from '../../src/commands/duration.js'
import { UsageError } from '../../src/errors.js'

describe('A duration', () => {
  it('takes the units that people write', () => {
    const taken = ['500ms', '3s', '1.5min', '2m', '1h', '.5s', '10 s', '3S', '0'].map(milliseconds)
    assert.deepEqual(taken, [500, 3000, 90_000, 120_000, 3_600_000, 500, 10_000, 3000, 0])
  })

  it('is refused without a unit, with an unknown one, below nothing', () => {
    for (const text of ['3', '', 's', '3 weeks', '-1s', '1e3s', '3s4']) {
      assert.throws(() => milliseconds(text), UsageError, text)
    }
  })
})
