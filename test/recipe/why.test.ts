import assert from 'node:assert/strict'
import { readModel } from '../../src/onnx/read.js'
import { whyHeadlines, whyReport } from '../../src/recipe/why.js'
import type { FindingReport, PartReport, WhyReport } from '../../src/report/report.js'

function why(name: string, findings: readonly number[]): WhyReport {
  const part = (name: string, bytes: number, children: readonly PartReport[] = []) => {
    return { name, bytes, parameters: 0, macs: 0, children }
  }
  const root = part('all', 4000, [part(name, 3000), part('graph, names and metadata', 1000)])
  const finding = (bytes: number): FindingReport => ({ kind: 'idle-nodes', what: '', targets: [], bytes, remedy: '' })
  return { trees: [{ by: 'op', root }], findings: findings.map(finding) }
}

describe('whyHeadlines', () => {
  it('names the op that holds most, and what could be saved', () => {
    assert.deepEqual(whyHeadlines(why('com.microsoft.FusedConv', [1000, 500, 0]), 0), [
      '75.0 % of 4.00 kB are weights of com.microsoft.FusedConv; 3 findings below could save 1.50 kB.',
    ])
  })

  it('says so when nothing can be saved, or nothing was found', () => {
    assert.deepEqual(whyHeadlines(why('graph, names and metadata', [0]), 0), [
      '75.0 % of 4.00 kB are graph, names and metadata; 1 finding below.',
    ])
    assert.deepEqual(whyHeadlines(why('Conv', []), 0), [
      '75.0 % of 4.00 kB are weights of Conv; nothing that could go was found.',
    ])
  })
})

describe('whyHeadlines of a model with branches', () => {
  it('tell that a run takes one of them', async () => {
    const why = await whyReport(readModel('fixtures/generated/if.onnx'), {})
    const listed = why.trees[0]?.root.macs ?? 0

    assert.ok(listed > 0)
    assert.match(
      whyHeadlines(why, listed - 1)[1] ?? '',
      /^One run computes at most \d+ of the \d+ MACs listed: one branch of each If\.$/,
    )
    assert.equal(whyHeadlines(why, listed).length, 1)
    assert.equal(whyHeadlines(why, null).length, 1)
  })
})

describe('whyReport', () => {
  it('counts MACs for the dimensions that are asked for', async () => {
    const file = readModel('fixtures/lenet5.onnx')

    const { trees } = await whyReport(file, { N: 3 })

    assert.deepEqual(
      trees.map(({ by, root }) => [by, root.macs]),
      ['op', 'dtype', 'layer', 'name'].map((by) => [by, 3 * 2_293_000]),
    )
    file.close()
  })
})
