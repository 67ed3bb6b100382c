import assert from 'node:assert/strict'
import { DataError } from '../../src/errors.js'
import { json } from '../../src/report/json.js'
import { readReport } from '../../src/report/read.js'
import { everything, fiveHundredLayers, hostileNames } from './full-samples.js'
import { pruneWithMetrics } from './lenet.js'
import { SAMPLES } from './samples.js'

/** The report as JSON, changed. */
function changed(change: (report: ReturnType<typeof JSON.parse>) => void): string {
  const report = JSON.parse(json.render(everything()))
  change(report)
  return JSON.stringify(report)
}

function refuses(text: string, message: RegExp, remedy: RegExp): void {
  assert.throws(
    () => readReport(text, 'run.json'),
    (error: unknown) => {
      assert.ok(error instanceof DataError)
      assert.equal(error.exitCode, 2)
      assert.match(error.message, message)
      assert.match(error.suggestions.join('\n'), remedy)
      return true
    },
  )
}

describe('readReport', () => {
  it('gives every report back as it was saved', () => {
    for (const sample of [...Object.values(SAMPLES), everything, fiveHundredLayers, hostileNames]) {
      const text = json.render(sample())
      assert.equal(json.render(readReport(text, 'run.json')), text)
    }
  })

  it('reads a file that an editor saved with a byte order mark', () => {
    assert.equal(readReport(`\ufeff${json.render(pruneWithMetrics())}`, 'run.json').command, 'prune')
  })

  it('fills what an older mcompress did not know with null and empty lists', () => {
    const old = changed((r) => {
      for (const key of ['argv', 'comparison', 'bench', 'why']) delete r[key]
      delete r.before.files
      for (const layer of r.before.layers) delete layer.distribution
    })

    const report = readReport(old, 'run.json')

    assert.deepEqual([report.argv, report.comparison, report.bench, report.why], [[], null, null, null])
    assert.deepEqual(report.before.files, [])
    assert.deepEqual(
      report.before.layers.map((layer) => layer.distribution),
      [null, null, null, null, null],
    )
  })

  it('leaves alone what a newer mcompress of the same schema added', () => {
    const text = changed((r) => {
      r.later = { a: 1 }
    })
    assert.deepEqual(JSON.parse(json.render(readReport(text, 'run.json'))).later, { a: 1 })
  })

  it('refuses a report of a newer schema, and says to update', () => {
    refuses(
      changed((r) => {
        r.schemaVersion = 2
      }),
      /^"run\.json" was made by a newer mcompress \(schema 2; this one reads up to 1\)\.$/,
      /Update/,
    )
  })

  it('refuses what is no JSON', () => {
    refuses('# a heading', /^"run\.json" is no JSON: Unexpected token/, /--report FILE\.json/)
    refuses('', /^"run\.json" is no JSON/, /--report FILE\.json/)
    refuses('\b\x12\x1b[2J\nmodel', /^"run\.json" is no JSON: \P{C}+$/u, /--report FILE\.json/)
  })

  it('tells how to look at what is a model', () => {
    assert.throws(
      () => readReport('\b\t', 'm.onnx'),
      (error: unknown) => error instanceof DataError && error.suggestions.join().endsWith('mcompress inspect m.onnx'),
    )
  })

  it('refuses JSON that is no report', () => {
    for (const text of ['null', '3', '[]', '{"name":"mcompress"}', '{"schemaVersion":"1"}']) {
      refuses(text, /^"run\.json" is no report of mcompress\.$/, /--report FILE\.json or --json/)
    }
  })

  it('says which value is wrong, where, and what it must be', () => {
    const broken: readonly (readonly [(report: ReturnType<typeof JSON.parse>) => void, RegExp])[] = [
      [(r) => delete r.before, /before is missing/],
      [(r) => delete r.before.layers[3].bytes, /before\.layers\[3\]\.bytes is missing/],
      [(r) => (r.after.layers[1].shape = 'x'), /after\.layers\[1\]\.shape is "x"; it must be array/],
      [(r) => (r.before.bytes = -1), /before\.bytes is -1; it must be from 0 to ∞/],
      [(r) => (r.before.nodes = 1.5), /before\.nodes is 1\.5; it must be integer/],
      [(r) => (r.metrics[0].before = 'infinite'), /metrics\[0\]\.before is "infinite"; it must be/],
      [(r) => (r.verification.level = 'none'), /verification\.level is "none"; it must be "run", "structure"/],
      [(r) => (r.why.trees[0].root.children[0].bytes = null), /why\.trees\[0\]\.root\.children\[0\]\.bytes is null/],
      [(r) => (r.before.ops.Conv = 'two'), /before\.ops\.Conv is "two"/],
      [(r) => (r.headlines = { a: 1 }), /headlines is an object; it must be array/],
    ]
    for (const [change, message] of broken) refuses(changed(change), message, /Make it again/)
  })
})
