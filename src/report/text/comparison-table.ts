import { type ComparisonRow, modelRows } from '../content/comparison.js'
import { metricAgainst, metricLabel, metricRows } from '../content/metric-rows.js'
import type { Verdict } from '../content/verdict.js'
import { count, metricTexts, NONE } from '../format.js'
import type { ModelReport, Report } from '../report.js'
import { type Line, line, lineWidth, span, type Tone } from './line.js'
import { INDENT } from './paragraph.js'
import { type Column, layoutTable } from './table.js'
import { shorten } from './width.js'

const VERDICT_TONES: Readonly<Record<Verdict, Tone | null>> = {
  better: 'better',
  worse: 'worse',
  same: 'dim',
  neutral: null,
}

/** Quantities before, after, and what became of them. */
export function comparisonTable(report: Report, after: ModelReport, width: number): readonly Line[] {
  const rows = [...modelRows(report.before, after), ...metricRows(report)]
  const columns: readonly Column[] = [
    { title: '', align: 'left', yields: 'shorten' },
    { title: 'before', align: 'right' },
    { title: 'after', align: 'right' },
    { title: 'change', align: 'left' },
    { title: '', align: 'left' },
  ]
  const cells = rows.map((row) => [
    line(row.label),
    line(row.before ?? '', 'dim'),
    line(row.after, row.change === 'unchanged' ? null : 'strong'),
    line(row.change ?? '', VERDICT_TONES[row.verdict]),
  ])
  const withNotes = cells.map((row, i) => [...row, line(rows[i]?.note ?? '', 'dim')])
  const layout = { indent: INDENT, titles: true }
  const table = layoutTable(columns, withNotes, { ...layout, width: Number.POSITIVE_INFINITY })
  if (Math.max(...table.map(lineWidth)) <= width) return table
  return [...layoutTable(columns.slice(0, 4), cells, { ...layout, width }), ...footnotes(rows, width)]
}

/** What stands beside the rows when there is room; a line each, as a path in it may be long. */
function footnotes(rows: readonly ComparisonRow[], width: number): readonly Line[] {
  const noted = rows.filter((row) => row.note !== null)
  return noted.map((row) => {
    const note = span(`${row.label}: ${row.note}`, 'dim')
    return [span(' '.repeat(INDENT)), { ...note, text: shorten(note.text, width - INDENT) }]
  })
}

/** The metrics of a single model. */
export function metricTable(report: Report, width: number): readonly Line[] {
  const columns: readonly Column[] = [
    { title: 'metric', align: 'left', yields: 'shorten' },
    { title: 'value', align: 'right' },
    { title: 'samples', align: 'right' },
    { title: 'against', align: 'left', yields: 'shorten' },
  ]
  const rows = report.metrics.map((metric) => {
    const { before, after } = metricTexts(metric)
    return [
      line(metricLabel(metric, report)),
      line(before === NONE ? after : before, 'strong'),
      line(count(metric.samples)),
      line(metricAgainst(metric, report), 'dim'),
    ]
  })
  return layoutTable(columns, rows, { width, indent: INDENT, titles: true })
}
