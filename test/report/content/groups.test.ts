import assert from 'node:assert/strict'
import { otherChanges, skippedGroups } from '../../../src/report/content/groups.js'
import { pruneWithMetrics } from '../lenet.js'

const step = { pass: 'p', options: {}, changed: [], skipped: [] }

describe('report groups: one line for what has one reason', () => {
  it('groups targets by reason over all steps, the most frequent first, each target once', () => {
    const skipped = ['a', 'b', 'c'].map((target) => ({ target, why: 'too small' }))
    const steps = [
      { ...step, skipped: [{ target: 'x', why: 'frozen' }, ...skipped.slice(0, 2)] },
      { ...step, skipped },
    ]
    assert.deepEqual(skippedGroups({ ...pruneWithMetrics(), steps }), [
      { text: 'too small', targets: ['a', 'b', 'c'] },
      { text: 'frozen', targets: ['x'] },
    ])
  })

  it('leaves changes to the per-layer table that it shows', () => {
    const report = pruneWithMetrics()
    assert.deepEqual(otherChanges(report), [])
    const changed = [
      { target: 'conv1.weight', what: 'pruned' },
      { target: 'bn1', what: 'folded' },
    ]
    assert.deepEqual(otherChanges({ ...report, steps: [{ ...step, changed }] }), [{ text: 'folded', targets: ['bn1'] }])
  })
})
