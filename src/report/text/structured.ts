import {
  blockRows,
  groupRows,
  groupsText,
  hindrances,
  hindranceText,
  membersText,
  named,
  PREPARED,
  prunedRows,
  recoveredRows,
} from '../content/structured.js'
import type { RenderOptions } from '../form.js'
import { count } from '../format.js'
import type { FrozenReport, GroupsReport, Report, StructuredReport } from '../report.js'
import { bar } from './bar.js'
import { type Line, line, span } from './line.js'
import { INDENT, labelled, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'

const MOST_GROUPS = 12
const MOST_OTHERS = 8
const MOST_NAMES = 3

type Lines = readonly Line[]

/** What structured pruning removed, and what it could not. */
export function structuredTables({ structured }: Report, options: RenderOptions): Lines {
  if (structured === null) return []
  const { width } = options
  return parts([
    prunedTable(structured, options),
    blockTable(structured, options),
    recoveredTable(structured, options),
    hindranceList('Could not be cut', structured.frozen, options),
    labelled([['Goal', line(structured.goal)]], width),
  ])
}

/** What structured pruning could remove. */
export function groupTables({ groups }: Report, options: RenderOptions): Lines {
  if (groups === null) return []
  return parts([
    groupTable(groups, options),
    hindranceList('Have to stay', groups.frozen, options),
    blockedList(groups, options),
    paragraph(PREPARED, Math.min(options.width, 100), 'dim'),
  ])
}

function parts(all: readonly Lines[]): Lines {
  return all.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [[], ...part]))
}

function prunedTable(structured: StructuredReport, { width, full }: RenderOptions): Lines {
  if (structured.groups.length === 0) return []
  const said = paragraph(groupsText(structured), Math.min(width, 100))
  if (structured.groups.every(({ units, unitsAfter }) => units === unitsAfter)) return said
  const most = full ? structured.groups.length : MOST_GROUPS
  const columns: readonly Column[] = [
    { title: 'group', align: 'left', yields: 'shorten' },
    { title: '', align: 'left' },
    { title: 'before', align: 'right' },
    { title: '', align: 'left' },
    { title: 'after', align: 'right' },
    { title: '', align: 'left', yields: { drop: 1 } },
    { title: 'left', align: 'right' },
    { title: 'layers', align: 'right', yields: { drop: 2 } },
  ]
  const rows = prunedRows(structured, most).map((row) => [
    line(row.name),
    line(row.kind, 'dim'),
    line(row.before, 'dim'),
    line('→', 'dim'),
    line(row.after, 'strong'),
    bar(row.left),
    line(row.leftText),
    line(row.layers, 'dim'),
  ])
  return [
    ...said,
    ...layoutTable(columns, rows, { width, indent: INDENT, titles: true }),
    ...rest(structured.groups.length - most, 'more', width),
  ]
}

function blockTable(structured: StructuredReport, { width, full }: RenderOptions): Lines {
  if (structured.blocks.length === 0) return []
  const most = full ? structured.blocks.length : MOST_OTHERS
  const columns: readonly Column[] = [
    { title: 'residual block', align: 'left', yields: 'shorten' },
    { title: 'outputs change', align: 'right' },
    { title: 'MACs', align: 'right', yields: { drop: 2 } },
    { title: 'bytes', align: 'right', yields: { drop: 1 } },
    { title: '', align: 'left' },
  ]
  const rows = blockRows(structured, most).map((row) => [
    line(row.name, row.removed ? 'strong' : null),
    line(row.change),
    line(row.macs, 'dim'),
    line(row.bytes, 'dim'),
    row.removed ? [span('■ removed', 'accent')] : [],
  ])
  return [
    ...layoutTable(columns, rows, { width, indent: INDENT, titles: true }),
    ...rest(structured.blocks.length - most, 'more', width),
  ]
}

function recoveredTable(structured: StructuredReport, { width, full }: RenderOptions): Lines {
  if (structured.recovered.length === 0) return []
  const most = full ? structured.recovered.length : MOST_OTHERS
  const columns: readonly Column[] = [
    { title: 'recovered on data', align: 'left', yields: 'shorten' },
    { title: '', align: 'left' },
    { title: 'error', align: 'right' },
    { title: '', align: 'left' },
    { title: 'after', align: 'right' },
  ]
  const rows = recoveredRows(structured, most).map((row) => [
    line(row.target),
    line(row.what, 'dim'),
    line(row.before, 'dim'),
    line(row.after === '' ? '' : '→', 'dim'),
    line(row.after, 'strong'),
  ])
  return [
    ...layoutTable(columns, rows, { width, indent: INDENT, titles: true }),
    ...rest(structured.recovered.length - most, 'more', width),
  ]
}

function groupTable(groups: GroupsReport, { width, full }: RenderOptions): Lines {
  if (groups.groups.length === 0) return []
  const most = full ? groups.groups.length : MOST_GROUPS
  const columns: readonly Column[] = [
    { title: 'group', align: 'left', yields: 'shorten' },
    { title: '', align: 'left' },
    { title: 'units', align: 'right' },
    { title: 'channels', align: 'right', yields: { drop: 3 } },
    { title: 'MACs', align: 'right', yields: { drop: 2 } },
    { title: 'bytes', align: 'right' },
    { title: '', align: 'left', yields: { drop: 1 } },
    ...(full ? [{ title: 'layers', align: 'left', yields: 'wrap' } as const] : []),
  ]
  const rows = groupRows(groups, most).map((row) => [
    line(row.name),
    line(row.kind, 'dim'),
    line(row.units, 'strong'),
    line(row.channels, 'dim'),
    line(row.macs),
    line(row.bytes),
    bar(row.share),
    line(membersText(row), 'dim'),
  ])
  return [
    line(`Groups ${count(groups.groups.length)}`, 'strong'),
    ...layoutTable(columns, rows, { width, indent: INDENT, titles: true }),
    ...rest(groups.groups.length - most, 'smaller ones', width),
  ]
}

function hindranceList(heading: string, frozen: readonly FrozenReport[], { width, full }: RenderOptions): Lines {
  if (frozen.length === 0) return []
  const all = hindrances(frozen)
  const shown = full ? all : all.slice(0, MOST_OTHERS)
  const rows = shown.map((each) => [line(each.by), line(hindranceText(each, full ? each.layers.length : MOST_NAMES))])
  return [
    line(`${heading} ${count(frozen.length)}`, 'strong'),
    ...layoutTable(TWO_COLUMNS, rows, { width: Math.min(width, 120), indent: INDENT, titles: false }),
    ...rest(all.length - shown.length, 'more reasons', width),
  ]
}

function blockedList({ blocked }: GroupsReport, { width, full }: RenderOptions): Lines {
  if (blocked.length === 0) return []
  const byReason = new Map<string, string[]>()
  for (const { node, why } of blocked) byReason.set(why, [...(byReason.get(why) ?? []), node])
  const all = [...byReason].sort(([, a], [, b]) => b.length - a.length)
  const shown = full ? all : all.slice(0, MOST_OTHERS)
  const rows = shown.map(([why, nodes]) => [line(named(nodes, full ? nodes.length : 1)), line(why)])
  return [
    line(`Not followed ${count(blocked.length)}`, 'strong'),
    ...layoutTable(TWO_COLUMNS, rows, { width: Math.min(width, 120), indent: INDENT, titles: false }),
    ...rest(all.length - shown.length, 'more reasons', width),
  ]
}

const TWO_COLUMNS: readonly Column[] = [
  { title: '', align: 'left', yields: 'shorten' },
  { title: '', align: 'left', yields: 'wrap' },
]

function rest(n: number, what: string, width: number): Lines {
  return n > 0
    ? paragraph(`... and ${count(n)} ${what}: --verbose shows all, --report x.json has them`, width, 'dim')
    : []
}
