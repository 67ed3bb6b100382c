import assert from 'node:assert/strict'
import { treeViews } from '../../../src/report/content/anatomy.js'
import type { PartReport, WhyReport } from '../../../src/report/report.js'
import { anatomy } from '../why-sample.js'

function part(name: string, bytes: number, macs = 0, children: readonly PartReport[] = []): PartReport {
  return { name, bytes, parameters: 0, macs, children }
}

function why(children: readonly PartReport[], by: WhyReport['trees'][number]['by'] = 'op'): WhyReport {
  const total = (of: (child: PartReport) => number) => children.reduce((n, child) => n + of(child), 0)
  return {
    trees: [
      {
        by,
        root: part(
          'all',
          total((c) => c.bytes),
          total((c) => c.macs),
          children,
        ),
      },
    ],
    findings: [],
  }
}

/** Rows as text: the depth in blanks, name, bytes. */
function rows(report: WhyReport, full = false, by: WhyReport['trees'][number]['by'] = 'op'): string[] {
  const [view] = treeViews(report, [by], full)
  return (view?.rows ?? []).map((row) => `${' '.repeat(row.depth)}${row.name} ${row.bytes}`)
}

describe('treeViews', () => {
  it('shows the ways that are asked for, in that order', () => {
    const report = anatomy().why
    assert.ok(report)

    assert.deepEqual(
      treeViews(report, ['layer', 'op'], false).map((view) => view.by),
      ['layer', 'op'],
    )
  })

  it('shows by op, and by name where names have a structure, else by element type where there are several', () => {
    const tree = (by: WhyReport['trees'][number]['by'], children: readonly PartReport[]) => why(children, by).trees
    const ways = (...trees: WhyReport['trees']) =>
      treeViews({ trees, findings: [] }, null, false).map((view) => view.by)
    const op = tree('op', [part('Conv', 100)])
    const flat = tree('name', [part('a', 50), part('b', 50, 0, [part('w', 50)])])
    const deep = tree('name', [part('a', 100, 0, [part('b', 100, 0, [part('w', 100)])])])
    const two = tree('dtype', [part('float32', 90, 0, [part('w', 90)]), part('int8', 10, 0, [part('v', 10)])])
    const nearlyOne = tree('dtype', [part('float32', 999, 0, [part('w', 999)]), part('int64', 1, 0, [part('v', 1)])])

    assert.deepEqual(ways(...op, ...two, ...deep), ['op', 'name'])
    assert.deepEqual(ways(...op, ...two, ...flat), ['op', 'dtype'])
    assert.deepEqual(ways(...op, ...nearlyOne, ...flat), ['op'])
  })

  it('leaves small parts out, says how many, and leaves out none alone', () => {
    const small = (n: number) => Array.from({ length: n }, (_, i) => part(`s${i}`, 1))

    assert.deepEqual(rows(why([part('large', 9990), ...small(1)])), ['large 9990', 's0 1'])
    assert.deepEqual(rows(why([part('large', 9990), ...small(4)])), ['large 9990', '… 4 more 4'])
    assert.deepEqual(rows(why([part('large', 9990), part('7 smaller ones', 5), ...small(1)])), [
      'large 9990',
      '… 8 more 6',
    ])
    assert.deepEqual(rows(why([part('large', 9990), part('7 smaller ones', 5)])), ['large 9990', '… 7 smaller ones 5'])
  })

  it('keeps a part with few bytes that computes much', () => {
    const parts = [part('weights', 9990, 10), part('products', 1, 990), part('a', 1), part('b', 1)]

    assert.deepEqual(rows(why(parts)), ['weights 9990', 'products 1', '… 2 more 2'])
  })

  it('goes no deeper than tensors where one of them is nearly all, and to the end when all is asked for', () => {
    const layer = part('conv', 100, 50, [part('weight', 97, 50), part('bias', 3)])
    const half = part('lstm', 100, 50, [part('w', 50, 25), part('r', 50, 25)])

    assert.deepEqual(rows(why([layer, half])), ['conv 100', 'lstm 100', ' w 50', ' r 50'])
    assert.deepEqual(rows(why([layer, half]), true), [
      'conv 100',
      ' weight 97',
      ' bias 3',
      'lstm 100',
      ' w 50',
      ' r 50',
    ])
  })

  it('keeps the order of the graph', () => {
    const layers = Array.from({ length: 40 }, (_, i) => part(`l${i}`, i % 2 === 0 ? 100 : 90))

    const shown = rows(why(layers, 'layer'), false, 'layer')

    assert.equal(shown.length, 21)
    assert.deepEqual(shown.slice(0, 3), ['l0 100', 'l2 100', 'l4 100'])
    assert.equal(shown.at(-1), '… 20 more 1800')
  })

  it('takes shares of the whole, and of nothing none', () => {
    const [view] = treeViews(why([part('a', 25, 0), part('b', 75, 0)]), ['op'], false)

    assert.deepEqual(
      view?.rows.map((row) => [row.bytesShare, row.macsShare]),
      [
        [0.25, 0],
        [0.75, 0],
      ],
    )
  })
})
