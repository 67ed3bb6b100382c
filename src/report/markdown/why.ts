import { DIVISION_TITLES, type TreeView, treeViews } from '../content/anatomy.js'
import { bytes, count, percent } from '../format.js'
import type { Report, WhyReport } from '../report.js'
import { code, escaped, foldedBeyond, type MarkdownColumn, table } from './syntax.js'

type Lines = readonly string[]

/** Trees up to this many lines, and lists of findings, stand open. */
const OPEN_ROWS = 12

/** Where bytes and MACs are, and what could go. */
export function whySections({ why }: Report): readonly Lines[] {
  if (why === null) return []
  return [
    ...treeViews(why, null, false).map((view, i) => tree(view, i === 0)),
    ...(why.findings.length > 0 ? [findings(why)] : []),
  ]
}

function tree({ by, rows, total }: TreeView, open: boolean): Lines {
  const columns: readonly MarkdownColumn[] = [
    { title: 'part', align: 'left' },
    { title: 'bytes', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'MACs', align: 'right' },
    { title: 'share of MACs', align: 'right' },
  ]
  const body = rows.map((row) => [
    // Blanks at the start of a cell are not shown.
    `${'&emsp;'.repeat(row.depth)}${row.gathered ? escaped(row.name) : code(row.name)}`,
    bytes(row.bytes),
    percent(row.bytesShare, 1),
    row.macs === 0 ? '' : count(row.macs, 7),
    row.macs === 0 ? '' : percent(row.macsShare, 1),
  ])
  const whole = ['**all**', `**${bytes(total.bytes)}**`, '', total.macs === 0 ? '' : `**${count(total.macs, 7)}**`, '']
  const lines = table(columns, [...body, whole])
  const title = DIVISION_TITLES[by]
  return [`### ${title}`, '', ...foldedBeyond(open ? OPEN_ROWS : 0, rows.length, `${count(rows.length)} parts`, lines)]
}

function findings({ findings: all }: WhyReport): Lines {
  const columns: readonly MarkdownColumn[] = [
    { title: 'saves', align: 'right' },
    { title: 'finding', align: 'left' },
    { title: 'what to do', align: 'left' },
    { title: 'where', align: 'left' },
  ]
  const rows = all.map(({ bytes: saved, what, remedy, targets }) => [
    saved === 0 ? '' : bytes(saved),
    escaped(what),
    escaped(remedy),
    `${targets.slice(0, 3).map(code).join(', ')}${targets.length > 3 ? ` and ${count(targets.length - 3)} more` : ''}`,
  ])
  return [
    '### Findings',
    '',
    ...foldedBeyond(OPEN_ROWS, all.length, `${count(all.length)} findings`, table(columns, rows)),
  ]
}
