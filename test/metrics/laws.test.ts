import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import fc from 'fast-check'
import { findMetric, metrics } from '../../src/metrics/find.js'
import { judge, observation, splitAt } from './observe.js'

/** What stands in src/metrics beside the members. */
const OTHERS = ['metric', 'index', 'find', 'from-module']

/** Each as it may be asked for. */
const asked = metrics.map(({ name }) => findMetric(name.replace('<k>', '2')))

/** Some samples of each form of output, with labels and a reference that suit it. */
const forms: Record<string, fc.Arbitrary<ReturnType<typeof observation>>> = {
  scores: outputs([3], 1, 2),
  'one score': outputs([1], 1, 1),
  sequence: outputs([2, 3], 2, 2),
  map: outputs([3, 1, 2], 2, 2),
}

function outputs(sample: number[], positions: number, greatest: number) {
  const width = sample.reduce((n, d) => n * d, 1)
  const row = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: width, maxLength: width })
  const classes = fc.array(fc.nat(greatest), { minLength: positions, maxLength: positions })
  return fc.array(fc.tuple(row, row, classes), { minLength: 2, maxLength: 12 }).map((rows) =>
    observation(
      [rows.length, ...sample],
      rows.flatMap(([x]) => x.map((v) => v / 4)),
      {
        reference: rows.flatMap(([, r]) => r.map((v) => v / 4)),
        labels: rows.flatMap(([, , c]) => c),
      },
    ),
  )
}

describe('The table of metrics', () => {
  it('has a member in every file beside it', () => {
    const files = readdirSync('src/metrics', { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => basename(entry.name, '.ts'))
      .filter((name) => !OTHERS.includes(name))
    const names = metrics.map(({ name }) => name.replace('<k>', '-k'))
    assert.deepEqual(files.sort(), names.sort())
  })

  for (const { metric, parameter, name } of asked) {
    describe(name, () => {
      const create = () => metric.create(parameter)

      it('has a summary and a source, and nothing to say of nothing', () => {
        assert.ok(metric.summary.length > 10 && metric.source.length > 10)
        assert.equal(create().result(), null)
      })

      for (const [form, arbitrary] of Object.entries(forms)) {
        if (name === 'top2' && form === 'one score') continue // there is no second place
        it(`says the same of ${form} however they are batched`, () => {
          fc.assert(
            fc.property(arbitrary, fc.nat(), (all, at) => {
              const o = usable(all)
              const whole = judge({ create }, o)
              const parts = judge({ create }, ...splitAt(o, 1 + (at % (o.size - 1))))
              assert.equal(typeof whole, 'number')
              if (Number.isFinite(whole)) assert.ok(Math.abs((whole ?? 0) - (parts ?? Number.NaN)) < 1e-9)
              else assert.equal(parts, whole)
            }),
          )
        })
      }

      it('calls a perfect output the best there is', () => {
        const best = { fraction: 1, dB: Infinity, number: metric.better === 'lower' ? 0 : 1 }[metric.unit]
        const output = [9, 1, 2, /**/ 0, 5, 1]
        const truth = metric.needs === 'labels' ? { labels: [0, 1] } : { reference: Float32Array.from(output) }
        assert.equal(judge({ create }, observation([2, 3], output, truth)), best)
      })

      /** Class labels are no targets: what takes either is given the reference. */
      function usable(o: ReturnType<typeof observation>) {
        if (metric.needs !== 'either') return o
        const { labels: _, ...rest } = o
        return rest
      }
    })
  }
})
