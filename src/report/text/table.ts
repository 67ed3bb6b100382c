import { type Line, lineWidth, type Span, span } from './line.js'
import { displayWidth, shorten, wrap } from './width.js'

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  /** What gives when the table is too wide: `shorten` its cells in the middle, `wrap` them, or `drop` the column. */
  readonly yields?: 'shorten' | 'wrap' | { readonly drop: number }
}

export interface TableLayout {
  readonly width: number
  readonly indent: number
  /** Whether the titles are shown. */
  readonly titles: boolean
}

const GAP = 2
/** Names stay readable down to this; only then do columns go. */
const COMFORTABLE = 24
const LEAST = 8

/**
 * Cells in columns, within `width`. Long names are shortened first, then whole columns go (the highest `drop`
 * first), then names are shortened further.
 *
 * @param rows  cells as lines; a missing cell is empty
 */
export function layoutTable(
  columns: readonly Column[],
  rows: readonly (readonly Line[])[],
  layout: TableLayout,
): Line[] {
  const body = rows.map((row) => columns.map((_, i) => row[i] ?? []))
  const natural = columns.map((column, i) =>
    Math.max(layout.titles ? displayWidth(column.title) : 0, ...body.map((row) => lineWidth(row[i] ?? []))),
  )
  const widths = columnWidths(columns, natural, layout.width - layout.indent)
  const header = columns.map((column) => [span(column.title, 'dim')])
  return (layout.titles ? [header, ...body] : body).flatMap((row) => layoutRow(row, columns, widths, layout.indent))
}

/** The width of each column; 0 for one that is left out. */
function columnWidths(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const droppable = columns
    .map((column, i) => ({ i, drop: dropOrder(column) }))
    .filter(({ drop }) => drop > 0)
    .sort((a, b) => b.drop - a.drop)
  const widths = [...natural]
  for (let dropped = 0; ; dropped++) {
    const least = dropped < droppable.length ? COMFORTABLE : LEAST
    const fitted = squeeze(columns, widths, width, least)
    const next = droppable[dropped]
    if (next === undefined || total(fitted) <= width) return fitted
    widths[next.i] = 0
  }
}

/** Takes what is too much from the yielding columns, the widest first, down to `least`. */
function squeeze(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
  least: number,
): readonly number[] {
  const widths = [...natural]
  for (let excess = total(widths) - width; excess > 0; excess--) {
    const widest = columns.reduce((best, column, i) => {
      const gives = (column.yields === 'shorten' || column.yields === 'wrap') && (widths[i] ?? 0) > least
      return gives && (best < 0 || (widths[i] ?? 0) > (widths[best] ?? 0)) ? i : best
    }, -1)
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function layoutRow(
  row: readonly Line[],
  columns: readonly Column[],
  widths: readonly number[],
  indent: number,
): Line[] {
  const cells = row.map((cell, i) => ({ parts: cellLines(cell, columns[i], widths[i] ?? 0), i }))
  const shown = cells.filter(({ i }) => (widths[i] ?? 0) > 0)
  const height = Math.max(1, ...shown.map(({ parts }) => parts.length))
  return Array.from({ length: height }, (_, y) => [
    span(' '.repeat(indent)),
    ...shown.flatMap(({ parts, i }, x) => [
      ...(x > 0 ? [span(' '.repeat(GAP))] : []),
      ...padded(parts[y] ?? [], columns[i]?.align ?? 'left', widths[i] ?? 0),
    ]),
  ])
}

/** A cell that is too wide becomes shorter or higher; its tone is then that of its first span. */
function cellLines(cell: Line, column: Column | undefined, width: number): readonly Line[] {
  if (lineWidth(cell) <= width) return [cell]
  const text = cell.map((s) => s.text).join('')
  const tone = cell[0]?.tone ?? null
  return (column?.yields === 'wrap' ? wrap(text, width) : [shorten(text, width)]).map((part) => [span(part, tone)])
}

function padded(cell: Line, align: Column['align'], width: number): readonly Span[] {
  const blank = span(' '.repeat(Math.max(0, width - lineWidth(cell))))
  return align === 'left' ? [...cell, blank] : [blank, ...cell]
}

function total(widths: readonly number[]): number {
  const shown = widths.filter((w) => w > 0)
  return shown.reduce((sum, w) => sum + w + GAP, -GAP)
}

function dropOrder(column: Column): number {
  return typeof column.yields === 'object' ? column.yields.drop : 0
}
