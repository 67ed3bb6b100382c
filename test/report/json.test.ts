import assert from 'node:assert/strict'
import { json } from '../../src/report/json.js'
import { REPORT_KEYS } from '../../src/report/keys.js'
import { metricValue } from '../../src/report/report.js'
import { pruneWithMetrics } from './lenet.js'
import { SAMPLES } from './samples.js'

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  )
}

describe('json report: everything, in one order', () => {
  it('loses nothing', () => {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      assert.deepEqual(JSON.parse(json.render(sample())), sample(), name)
    }
  })

  it('has the same bytes however the objects were built', () => {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      const shuffled = reversed(sample()) as ReturnType<typeof sample> // only the order of keys differs
      assert.equal(json.render(shuffled), json.render(sample()), name)
    }
  })

  it('has the keys in the order of the interface, indented by two, with a line feed at the end', () => {
    const text = json.render(pruneWithMetrics())
    assert.deepEqual(Object.keys(JSON.parse(text)), Object.keys(REPORT_KEYS))
    assert.match(text, /^\{\n {2}"schemaVersion": 1,\n {2}"tool": \{\n {4}"name": "mcompress",/)
    assert.ok(text.endsWith('}\n'))
  })

  it('keeps keys that it does not know, after the others', () => {
    const extended = { zebra: 1, apple: { b: 1, a: 2 }, ...pruneWithMetrics() }
    const parsed = JSON.parse(json.render(extended))
    assert.deepEqual(Object.keys(parsed).slice(-2), ['apple', 'zebra'])
    assert.deepEqual(Object.keys(parsed.apple), ['a', 'b'])
  })

  it('writes numbers that JSON does not have as their names', () => {
    const report = pruneWithMetrics()
    const steps = report.steps.map((s) => ({ ...s, options: { limit: Number.POSITIVE_INFINITY, x: Number.NaN } }))
    const parsed = JSON.parse(json.render({ ...report, steps }))
    assert.deepEqual(parsed.steps[0].options, { limit: 'Infinity', x: 'NaN' })
    assert.deepEqual([null, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map(metricValue), [
      null,
      0.5,
      'Infinity',
      '-Infinity',
      'NaN',
    ])
  })
})
