import {
  blockRows,
  groupRows,
  groupsText,
  hindrances,
  keptText,
  oracleText,
  PREPARED,
  prunedRows,
  recoveredRows,
} from '../content/structured.js'
import { bytes, count, plural } from '../format.js'
import type { FrozenReport, GroupsReport, Report, StructuredReport } from '../report.js'
import { escaped, foldedBeyond, type MarkdownColumn, named, OPEN_ROWS, table } from './syntax.js'

type Lines = readonly string[]

/** What structured pruning removed, what it could not, and what made up for it. */
export function structuredSections({ structured }: Report): readonly Lines[] {
  if (structured === null) return []
  return [pruned(structured), blocks(structured), recovered(structured), frozen('Could not be cut', structured.frozen)]
}

/** What structured pruning could remove, and what has to stay. */
export function groupSections({ groups }: Report): readonly Lines[] {
  if (groups === null) return []
  return [found(groups), frozen('Have to stay', groups.frozen), blocked(groups)]
}

function pruned(structured: StructuredReport): Lines {
  const { groups, goal, oracle } = structured
  const columns: readonly MarkdownColumn[] = [
    { title: 'group', align: 'left' },
    { title: '', align: 'left' },
    { title: 'before', align: 'right' },
    { title: 'after', align: 'right' },
    { title: 'left', align: 'right' },
    { title: 'layers', align: 'left' },
  ]
  const rows = prunedRows(structured, groups.length).map((row) => [
    named(row.name),
    row.kind,
    row.before,
    bold(row.after),
    row.leftText,
    membersOf(row),
  ])
  return [
    '### Groups',
    '',
    `Goal: ${escaped(goal)}. ${escaped(groupsText(structured))}`,
    ...(oracle === null ? [] : ['', `✓ Verified: ${escaped(oracleText(oracle))}`]),
    ...(rows.length === 0
      ? []
      : ['', ...foldedBeyond(OPEN_ROWS, rows.length, plural(rows.length, 'group'), table(columns, rows))]),
  ]
}

function blocks(structured: StructuredReport): Lines {
  const n = structured.blocks.length
  if (n === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'block', align: 'left' },
    { title: 'outputs change without it', align: 'right' },
    { title: 'MACs', align: 'right' },
    { title: 'bytes', align: 'right' },
    { title: 'removed', align: 'left' },
  ]
  const rows = blockRows(structured, n).map((row) => [
    named(row.name),
    row.change,
    row.macs,
    row.bytes,
    row.removed ? '✓' : '',
  ])
  return ['### Residual blocks', '', ...foldedBeyond(OPEN_ROWS, n, plural(n, 'block'), table(columns, rows))]
}

function recovered(structured: StructuredReport): Lines {
  const n = structured.recovered.length
  if (n === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'layer', align: 'left' },
    { title: 'what', align: 'left' },
    { title: 'error before', align: 'right' },
    { title: 'after', align: 'right' },
  ]
  const rows = recoveredRows(structured, n).map((row) => [named(row.target), row.what, row.before, bold(row.after)])
  return ['### Recovered on data', '', ...foldedBeyond(OPEN_ROWS, n, plural(n, 'layer'), table(columns, rows))]
}

function found(groups: GroupsReport): Lines {
  const n = groups.groups.length
  const columns: readonly MarkdownColumn[] = [
    { title: 'group', align: 'left' },
    { title: '', align: 'left' },
    { title: 'units', align: 'right' },
    { title: 'channels', align: 'right' },
    { title: 'MACs', align: 'right' },
    { title: 'bytes', align: 'right' },
    { title: 'layers', align: 'left' },
  ]
  const rows = groupRows(groups, n).map((row) => [
    named(row.name),
    row.kind,
    row.units,
    row.channels,
    row.macs,
    row.bytes,
    membersOf(row),
  ])
  return [
    '### Groups',
    '',
    PREPARED,
    ...(n === 0 ? [] : ['', ...foldedBeyond(OPEN_ROWS, n, plural(n, 'group'), table(columns, rows))]),
  ]
}

function membersOf({ producers, consumers }: { readonly producers: Lines; readonly consumers: Lines }): string {
  const of = (names: Lines) => (names.length === 0 ? 'none' : names.map(named).join(', '))
  return `made by ${of(producers)}; read by ${of(consumers)}`
}

function frozen(heading: string, all: readonly FrozenReport[]): Lines {
  if (all.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'kept by', align: 'left' },
    { title: 'why', align: 'left' },
    { title: 'bytes', align: 'right' },
    { title: 'n', align: 'right' },
    { title: 'layers', align: 'left' },
  ]
  const rows = hindrances(all).map(({ by, why, bytes: size, layers }) => [
    layers[0]?.node == null ? by : named(by),
    escaped(why),
    bytes(size),
    count(layers.length),
    layers.map((layer) => named(keptText(layer))).join(', '),
  ])
  return [
    `### ${heading}`,
    '',
    ...foldedBeyond(OPEN_ROWS, rows.length, plural(all.length, 'layer'), table(columns, rows)),
  ]
}

function blocked({ blocked: all }: GroupsReport): Lines {
  if (all.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'node', align: 'left' },
    { title: 'why nothing is followed through it', align: 'left' },
  ]
  const rows = all.map(({ node, why }) => [named(node), escaped(why)])
  return [
    '### Not followed',
    '',
    ...foldedBeyond(OPEN_ROWS, all.length, plural(all.length, 'node'), table(columns, rows)),
  ]
}

function bold(text: string): string {
  return text === '' ? '' : `**${text}**`
}
