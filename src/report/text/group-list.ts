import type { Group } from '../content/groups.js'
import type { RenderOptions } from '../form.js'
import { count } from '../format.js'
import { type Line, line, lineWidth } from './line.js'
import { INDENT, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'

const MOST_LINES = 10

const COLUMNS: readonly Column[] = [
  { title: '', align: 'left', yields: 'shorten' },
  { title: '', align: 'left', yields: 'wrap' },
]

/** A heading with the number of targets, and below it what was said of which of them. */
export function groupList(heading: string, groups: readonly Group[], { width, full }: RenderOptions): readonly Line[] {
  if (groups.length === 0) return []
  const list = (n: number) => layoutGroups(groups.slice(0, n), width)
  let n = full ? groups.length : Math.min(groups.length, MOST_LINES)
  while (!full && n > 1 && list(n).length > MOST_LINES) n--
  const hidden = size(groups.slice(n))
  return [
    line(`${heading} ${count(size(groups))}`, 'strong'),
    ...list(n),
    ...(hidden > 0 ? paragraph(`... and ${count(hidden)} more: --report x.json has all`, width, 'dim') : []),
  ]
}

function layoutGroups(groups: readonly Group[], width: number): readonly Line[] {
  const room = Math.floor(width * 0.3)
  const rows = groups.map((group) => [line(targets(group.targets, room)), line(group.text)])
  return layoutTable(COLUMNS, rows, { width, indent: INDENT, titles: false })
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
