import { sparsity } from '../../content/facts.js'
import {
  LAYER_COLUMNS,
  type LayerCell,
  type LayerColumnName,
  layerCell,
  totalCell,
} from '../../content/layer-columns.js'
import { type LayerRow, largestLayers, layerChanged, layerRows } from '../../content/layers.js'
import { plural } from '../../format.js'
import type { LayerReport, Report } from '../../report.js'
import { html, type Markup, name, share } from '../markup.js'
import { type Section, section, wide } from '../section.js'

/** A page with more rows takes long to open; the JSON report has them all. */
const MOST_ROWS = 1500

/** What rows are sorted by, where that is a number and not the text. */
const NUMBERS: Readonly<Partial<Record<LayerColumnName, (layer: LayerReport) => number>>> = {
  parameters: (l) => l.parameters,
  bytes: (l) => l.bytes,
  bits: (l) => (l.parameters === 0 ? 0 : l.bytes / l.parameters),
  macs: (l) => l.macs ?? -1,
  sparsity,
  shape: (l) => l.parameters,
  nearZero: (l) => l.distribution?.nearZero ?? -1,
}

/** Every layer in numbers; sorted and filtered by the script, complete without it. */
export function layerTable(report: Pick<Report, 'before' | 'after'>): Section | null {
  const rows = layerRows(report)
  if (rows.length === 0) return null
  const compared = report.after !== null
  const shown = largestLayers(rows, MOST_ROWS)
  const names = (Object.keys(LAYER_COLUMNS) as LayerColumnName[]) // a const table has no other keys
    .filter((column) => LAYER_COLUMNS[column].worthwhile(rows, compared))
  const changed = rows.filter(layerChanged).length
  const lead = compared ? `${plural(changed, 'layer')} of ${rows.length} changed.` : `${plural(rows.length, 'layer')}.`
  const cut = rows.length - shown.length
  return section(
    { id: 'table', title: 'Layer by layer', short: 'Table' },
    `${lead}${cut > 0 ? ` The ${cut} smallest are not in the table: the JSON report has them.` : ''}`,
    TOOLS,
    wide(
      'Layers',
      html`<table class="layers" id="layer-table"><caption class="unseen">Every layer</caption>
<thead><tr><th scope="col"><button type="button" class="sort" disabled>weight</button></th>${names.map((column) => heading(column))}</tr></thead>
<tbody>${shown.map((row) => bodyRow(row, names, compared))}</tbody>
${rows.length > 1 ? totals(rows, names, compared) : null}</table>`,
    ),
  )
}

/** They do nothing without the script, which shows them. */
const TOOLS = html`<div class="tools needs-script" hidden><label for="filter">Filter</label><input type="search" id="filter" autocomplete="off" spellcheck="false" placeholder="name, op, shape or dtype"><output for="filter" id="matches" aria-live="polite"></output></div>
`

function heading(column: LayerColumnName): Markup {
  const { title, align } = LAYER_COLUMNS[column]
  return html`<th scope="col"${numberClass(align)}><button type="button" class="sort" disabled>${title}</button></th>`
}

function bodyRow(row: LayerRow, names: readonly LayerColumnName[], compared: boolean): Markup {
  const { now, before, after } = row
  const tag = !compared ? null : before === null ? 'new' : after === null ? 'removed' : null
  const node = now.node === '' || now.node === now.weight ? null : html`<small>${name(now.node, 60)}</small>`
  return html`<tr><th scope="row">${name(now.weight, 60)}${tag === null ? null : html` <span class="chip neutral">${tag}</span>`}${node}</th>${names.map((column) => cell(column, row, compared))}</tr>
`
}

function cell(column: LayerColumnName, row: LayerRow, compared: boolean): Markup {
  const { align } = LAYER_COLUMNS[column]
  const number = NUMBERS[column]?.(row.now)
  const key = number === undefined ? null : html` data-n="${Number(number.toPrecision(9))}"`
  const bar =
    column === 'sparsity'
      ? html`<svg class="cell-bar" aria-hidden="true" height="3"><rect class="now" width="${share(sparsity(row.now))}" height="3"/></svg>`
      : null
  return html`<td${numberClass(align)}${key}>${states(layerCell(LAYER_COLUMNS[column], row, compared))}${bar}</td>`
}

function totals(rows: readonly LayerRow[], names: readonly LayerColumnName[], compared: boolean): Markup {
  const cells = names.map(
    (column) =>
      html`<td${numberClass(LAYER_COLUMNS[column].align)}>${states(totalCell(LAYER_COLUMNS[column], rows, compared))}</td>`,
  )
  return html`<tfoot><tr><th scope="row">all ${rows.length}</th>${cells}</tr></tfoot>`
}

function states({ before, now }: LayerCell): Markup {
  return before === null ? html`${now}` : html`<i>${before} →</i> ${now}`
}

function numberClass(align: 'left' | 'right'): Markup | null {
  return align === 'right' ? html` class="number"` : null
}
