import { DIVISION_TITLES, type PartRow, type TreeView, treeViews } from '../content/anatomy.js'
import type { RenderOptions } from '../form.js'
import { bytes, count, percent } from '../format.js'
import type { Report } from '../report.js'
import { bar } from './bar.js'
import { type Line, line, span } from './line.js'
import { INDENT } from './paragraph.js'
import { type Column, layoutTable } from './table.js'

/** Where bytes and MACs are: for each way to divide the model an indented tree. */
export function anatomy({ why }: Report, { by, full, width }: RenderOptions): readonly (readonly Line[])[] {
  return why === null ? [] : treeViews(why, by, full).map((view) => tree(view, width))
}

function tree({ by, rows, total }: TreeView, width: number): readonly Line[] {
  const withMacs = total.macs > 0
  const columns: readonly Column[] = [
    { title: '', align: 'left', yields: 'shorten' },
    { title: 'bytes', align: 'right' },
    { title: 'share', align: 'right' },
    { title: '', align: 'left', yields: { drop: 2 } },
    ...(withMacs
      ? ([
          { title: 'MACs', align: 'right', yields: { drop: 3 } },
          { title: 'share', align: 'right' },
          { title: '', align: 'left', yields: { drop: 4 } },
        ] as const)
      : []),
  ]
  const cells = rows.map((row) => cellsOf(row, withMacs))
  const whole = [
    line('all', 'strong'),
    line(bytes(total.bytes), 'strong'),
    line(''),
    line(''),
    ...(withMacs ? [line(count(total.macs, 7), 'strong')] : []),
  ]
  return [
    line(DIVISION_TITLES[by], 'strong'),
    ...layoutTable(columns, [...cells, whole], { width, indent: INDENT, titles: true }),
  ]
}

function cellsOf(row: PartRow, withMacs: boolean): readonly Line[] {
  const tone = row.gathered ? 'dim' : null
  return [
    [span('  '.repeat(row.depth)), span(row.name, tone)],
    line(bytes(row.bytes), tone),
    line(percent(row.bytesShare, 1), tone),
    bar(row.bytesShare),
    ...(withMacs && row.macs > 0
      ? [line(count(row.macs, 7), tone), line(percent(row.macsShare, 1), tone), bar(row.macsShare)]
      : []),
  ]
}
