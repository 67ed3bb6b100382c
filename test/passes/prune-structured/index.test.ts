import assert from 'node:assert/strict'
import { pruneStructured } from '../../../src/passes/prune-structured/index.js'
import { makeStep } from '../../../src/recipe/recipe.js'
import { valuesOf } from './selectable.js'

describe('the options of prune structured', () => {
  it('take one word on how much goes', () => {
    for (const [raw, message] of [
      [{ ratio: '0.5', targetMacs: '0.5' }, '--ratio and --target-macs both say how much to remove.'],
      [{ targetSize: '4MB', targetLatency: '0.6x' }, '--target-size and --target-latency both say how much to remove.'],
      [{ ratio: '1' }, '--ratio 1 would remove everything.'],
      [{ ratio: '1.5' }, '--ratio is "1.5"; it must be a fraction from 0 to 1.'],
    ] as const) {
      assert.throws(() => valuesOf(raw), { name: 'UsageError', message })
    }
  })

  it('read a latency as a share and as a time', () => {
    const read = (targetLatency: string) => valuesOf({ targetLatency }).targetLatency

    assert.deepEqual(read('0.6x'), { times: 0.6 })
    assert.deepEqual(read('60%'), { times: 0.6 })
    assert.deepEqual(read('12ms'), { milliseconds: 12 })
    assert.throws(() => read('12s'), { name: 'UsageError', message: /"12s"; it must be a time, or a share/ })
  })

  it('do not tell of a ratio and a scope where a target decides', () => {
    const unused = (raw: Record<string, unknown>) => pruneStructured.unused?.(valuesOf({ importance: 'l2', ...raw }))

    assert.deepEqual(unused({ targetMacs: '0.5' }), ['ratio', 'scope'])
    assert.deepEqual(unused({}), [])
  })

  it('are told so that the run can be repeated: no importance that hangs on data, no samples that hang on the cost', () => {
    const given = (raw: Record<string, unknown>) => makeStep(pruneStructured, raw, (option) => `--${option}`).given

    assert.ok(!('importance' in given({})))
    assert.equal(given({ importance: 'l1' }).importance, 'l1')
    assert.equal(given({}).samples, '512')
    assert.ok(!('samples' in given({ layers: '2' })))
    assert.equal(String(given({ layers: '2', samples: '9' }).samples), '9')
  })
})
