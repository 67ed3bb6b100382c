import { LAYER_COLUMNS, type LayerCell, type LayerColumnName, layerCell, totalCell } from '../content/layer-columns.js'
import { layerRows } from '../content/layers.js'
import { plural } from '../format.js'
import type { Report } from '../report.js'
import { code, escaped, foldedBeyond, type MarkdownColumn, named, OPEN_ROWS, table } from './syntax.js'

type Lines = readonly string[]

/** Every layer, before and after where it changed. */
export function layers(report: Report): Lines {
  const rows = layerRows(report)
  if (rows.length === 0) return []
  const compared = report.after !== null
  const names = (Object.keys(LAYER_COLUMNS) as LayerColumnName[]) // a const table has no other keys
    .filter((name) => LAYER_COLUMNS[name].worthwhile(rows, compared))
  const text = ({ before, now }: LayerCell) => escaped(before === null ? now : `${before} → ${now}`)
  const columns: readonly MarkdownColumn[] = [
    { title: 'weight', align: 'left' },
    { title: 'node', align: 'left' },
    ...names.map((name) => LAYER_COLUMNS[name]),
  ]
  const body = rows.map((row) => [
    `${named(row.now.weight)}${row.before === null ? ' (new)' : compared && row.after === null ? ' (removed)' : ''}`,
    code(row.now.node),
    ...names.map((name) => text(layerCell(LAYER_COLUMNS[name], row, compared))),
  ])
  const total = ['**all**', '', ...names.map((name) => bold(text(totalCell(LAYER_COLUMNS[name], rows, compared))))]
  const lines = table(columns, rows.length > 1 ? [...body, total] : body)
  const open = !compared && report.metrics.length > 0 ? 0 : OPEN_ROWS // nobody evaluates to see the weights
  return ['### Layers', '', ...foldedBeyond(open, rows.length, plural(rows.length, 'layer'), lines)]
}

function bold(text: string): string {
  return text === '' ? '' : `**${text}**`
}
