import { sparsity } from '../content/facts.js'
import { LAYER_COLUMNS, type LayerCell, type LayerColumnName, layerCell, totalCell } from '../content/layer-columns.js'
import { type LayerRow, largestLayers, layerChanged, layerName, layerRows, layerTotal } from '../content/layers.js'
import type { RenderOptions } from '../form.js'
import { count, percent, plural } from '../format.js'
import type { Report } from '../report.js'
import { bar } from './bar.js'

import { type Line, line, span } from './line.js'
import { INDENT, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'
import { displayWidth, shorten } from './width.js'

const MOST_LAYERS = 20

/** In a narrow terminal the highest go first, and before them columns that tell nothing; those without a number stay. */
const DROP: Readonly<Partial<Record<LayerColumnName, number>>> = {
  macs: 5,
  dtype: 4,
  op: 3,
  encoding: 2.5,
  bytes: 2,
  shape: 1,
  nearZero: 0.2,
  values: 0.1,
}
const DROP_UNCHANGED = 10
const DROP_UNIFORM = 20
const DROP_BAR = 10

interface FilledColumn {
  readonly column: Column
  /** One for each layer that is shown. */
  readonly cells: readonly Line[]
  readonly total: Line
}

/** The weights, a line each: what they are, and how sparse they have become. */
export function layerTable(report: Report, options: RenderOptions): readonly Line[] {
  const rows = layerRows(report)
  const compared = report.after !== null
  if (rows.length === 0 || !wanted(rows, compared, options.layers)) return []
  const shown = options.full || rows.length <= MOST_LAYERS ? rows : largestLayers(rows, MOST_LAYERS)
  const names = (Object.keys(LAYER_COLUMNS) as LayerColumnName[]) // a const table has no other keys
    .filter((name) => LAYER_COLUMNS[name].worthwhile(rows, compared))
  const filled = [
    nameColumn(rows, shown, compared),
    ...names.map((name) => propertyColumn(name, rows, shown, compared)),
    ...barColumn(names, rows, shown, compared),
  ]
  const body = shown.map((_, y) => filled.map((column) => column.cells[y] ?? []))
  const total = rows.length > 1 ? [filled.map((column) => column.total)] : []
  const layout = { width: options.width, indent: INDENT, titles: true }
  return [
    ...layoutTable(
      filled.map((f) => f.column),
      [...body, ...total],
      layout,
    ),
    ...(shown.length < rows.length ? cutNote(rows, shown, options.width) : []),
  ]
}

function wanted(rows: readonly LayerRow[], compared: boolean, layers: boolean | null): boolean {
  return layers ?? (compared && rows.some(layerChanged))
}

function nameColumn(rows: readonly LayerRow[], shown: readonly LayerRow[], compared: boolean): FilledColumn {
  const { weights } = layerTotal(rows.map((row) => row.now))
  return {
    column: { title: 'weight', align: 'left', yields: 'shorten' },
    cells: shown.map((row) => line(title(row, compared))),
    total: line(`${shown.length < rows.length ? 'all ' : ''}${plural(weights, 'weight')}`, 'strong'),
  }
}

function propertyColumn(
  name: LayerColumnName,
  rows: readonly LayerRow[],
  shown: readonly LayerRow[],
  compared: boolean,
): FilledColumn {
  const property = LAYER_COLUMNS[name]
  const texts = shown.map((row) => terse(name, layerCell(property, row, compared)))
  const [total = [], ...cells] = aligned([totalCell(property, rows, compared), ...texts], property.align)
  const yields = dropOrder(name, texts)
  return {
    column: { title: property.title, align: property.align, ...(yields === null ? {} : { yields }) },
    cells,
    total: total.map((s) => ({ ...s, tone: s.tone ?? ('strong' as const) })),
  }
}

function dropOrder(name: LayerColumnName, cells: readonly LayerCell[]): { drop: number } | null {
  const drop = DROP[name]
  if (drop === undefined) return null
  const changed = cells.some((cell) => cell.before !== null)
  const uniform = !changed && new Set(cells.map((cell) => cell.now)).size < 2
  return { drop: drop + (uniform ? DROP_UNIFORM : changed ? 0 : DROP_UNCHANGED) }
}

/** What is too long would push more telling columns out: custom operators have long names. */
const LONGEST: Readonly<Partial<Record<LayerColumnName, number>>> = { op: 20, encoding: 32 }

function terse(name: LayerColumnName, { before, now }: LayerCell): LayerCell {
  const longest = LONGEST[name]
  return longest === undefined
    ? { before, now }
    : { before: before && shorten(before, longest), now: shorten(now, longest) }
}

/** Of two models the bar shows the zeros; of one, where the bytes are, unless pictures of values stand there. */
function barColumn(
  names: readonly LayerColumnName[],
  rows: readonly LayerRow[],
  shown: readonly LayerRow[],
  compared: boolean,
): readonly FilledColumn[] {
  const { bytes } = layerTotal(rows.map((row) => row.now))
  if (compared ? !names.includes('sparsity') : bytes === 0 || names.includes('values')) return []
  const share = (row: LayerRow) => (compared ? sparsity(row.now) : row.now.bytes / bytes)
  return [
    {
      column: { title: compared ? '' : 'share', align: 'left', yields: { drop: DROP_BAR } },
      cells: shown.map((row) => bar(share(row))),
      total: [],
    },
  ]
}

function title(row: LayerRow, compared: boolean): string {
  const name = layerName(row.now)
  if (!compared || (row.before !== null && row.after !== null)) return name
  return `${name} (${row.before === null ? 'new' : 'removed'})`
}

/** Arrows below arrows, so that the eye can go down the numbers. */
function aligned(cells: readonly LayerCell[], align: 'left' | 'right'): readonly Line[] {
  const beforeWidth = Math.max(0, ...cells.map((cell) => (cell.before === null ? 0 : displayWidth(cell.before))))
  const nowWidth = Math.max(0, ...cells.map((cell) => displayWidth(cell.now)))
  const pad = (text: string, width: number) => {
    const blank = ' '.repeat(width - displayWidth(text))
    return align === 'left' ? text + blank : blank + text
  }
  return cells.map(({ before, now }) =>
    before === null
      ? line(align === 'left' ? now : pad(now, nowWidth))
      : [span(`${pad(before, beforeWidth)} → `, 'dim'), span(pad(now, nowWidth))],
  )
}

function cutNote(rows: readonly LayerRow[], shown: readonly LayerRow[], width: number): readonly Line[] {
  const parameters = (some: readonly LayerRow[]) => some.reduce((sum, row) => sum + row.now.parameters, 0)
  const share = 1 - parameters(shown) / Math.max(1, parameters(rows))
  const text = `... and ${count(rows.length - shown.length)} smaller ones with ${percent(share)} of the parameters: --report x.json has all`
  return paragraph(text, width, 'dim')
}
