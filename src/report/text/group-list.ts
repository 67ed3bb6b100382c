import type { Group } from '../content/groups.js'
import { count } from '../format.js'
import { type Line, line, lineWidth } from './line.js'
import { INDENT, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'

const MOST_GROUPS = 8

const COLUMNS: readonly Column[] = [
  { title: '', align: 'left', yields: 'shorten' },
  { title: '', align: 'left', yields: 'wrap' },
]

/** A heading with the number of targets, and a line for each thing that was said of them. */
export function groupList(heading: string, groups: readonly Group[], width: number): readonly Line[] {
  if (groups.length === 0) return []
  const shown = groups.slice(0, MOST_GROUPS)
  const room = Math.floor(width * 0.4)
  const rows = shown.map((group) => [line(targets(group.targets, room)), line(group.text)])
  const hidden = groups.slice(MOST_GROUPS)
  const rest = `... and ${count(size(hidden))} more: --report x.json has all`
  return [
    line(`${heading} ${count(size(groups))}`, 'strong'),
    ...layoutTable(COLUMNS, rows, { width, indent: INDENT, titles: false }),
    ...(hidden.length > 0 ? paragraph(rest, width, 'dim') : []),
  ]
}

/** As many names as there is room for, at least one: `conv1.bias, conv2.bias and 3 more`. */
function targets(names: readonly string[], room: number): string {
  for (let n = names.length; n > 1; n--) {
    const text = listed(names, n)
    if (n <= 3 && lineWidth(line(text)) <= room) return text
  }
  return listed(names, 1)
}

function listed(names: readonly string[], n: number): string {
  const more = names.length > n ? ` and ${count(names.length - n)} more` : ''
  return `${names.slice(0, n).join(', ')}${more}`
}

function size(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + group.targets.length, 0)
}
