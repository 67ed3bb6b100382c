import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { UsageError } from '../../../src/errors.js'
import { BENCH_FORMS, benchExport } from '../../../src/report/bench/index.js'
import type { BenchReport } from '../../../src/report/report.js'
import { bench } from '../bench-sample.js'

function report(): BenchReport {
  const { bench: found } = bench()
  assert.ok(found)
  return found
}

const written = (name: string, of: BenchReport = report()) => benchExport(name).form.write(of)

describe('benchExport', () => {
  it('has every form of its folder', () => {
    const files = readdirSync('src/report/bench').map((file) => file.replace('.ts', ''))
    assert.deepEqual(
      files.filter((name) => name !== 'index' && name !== 'form').sort(),
      BENCH_FORMS.map(({ name }) => name).sort(),
    )
  })

  it('takes the name of a form for stdout, and else the ending of a file', () => {
    assert.equal(benchExport('csv').path, null)
    assert.equal(benchExport('out/times.CSV').path, 'out/times.CSV')
    assert.equal(benchExport('out/times.CSV').form.name, 'csv')
    assert.equal(benchExport('a.json').form.name, 'json')
  })

  it('refuses what is neither, and says what there is', () => {
    const suggestions = (text: string) => {
      try {
        benchExport(text)
      } catch (error) {
        assert.ok(error instanceof UsageError)
        return error.suggestions.join(' ')
      }
      return assert.fail(`${text} was taken`)
    }
    assert.match(suggestions('times.txt'), /\.csv, \.json, \.md/)
    assert.match(suggestions('cvs'), /Did you mean "csv"/)
  })
})

describe('An export', () => {
  it('as CSV has a line for every time', () => {
    const lines = written('csv').trimEnd().split('\n')

    assert.equal(lines[0], 'number,model,run,ms')
    assert.equal(lines.length, 1 + 400)
    assert.match(lines[1] ?? '', /^1,fixtures\/lenet5\.onnx,1,0\.1\d+$/)
    assert.match(lines.at(-1) ?? '', /^2,out\/lenet5\.pruned\.onnx,200,0\.\d+$/)
  })

  it('as CSV quotes names with commas, quotes and line breaks', () => {
    const of = report()
    const models = of.models.slice(0, 1).map((model) => ({ ...model, path: 'a,"b"\n.onnx', timesMs: [1] }))

    assert.equal(written('csv', { ...of, models }), 'number,model,run,ms\n1,"a,""b""\n.onnx",1,1\n')
  })

  it('as JSON is what the report has', () => {
    assert.deepEqual(JSON.parse(written('json')), report())
  })

  it('as Markdown is the table', () => {
    assert.match(written('md'), /^### Latency and memory\n\n\| model \| size \|/)
    assert.match(written('md'), /1\.43x faster \(1\.38 to 1\.49\)/)
  })
})
