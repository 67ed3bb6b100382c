import { sparsity } from '../../content/facts.js'
import { type LayerRow, layerName, layerRows, layerTotal } from '../../content/layers.js'
import { bytes, percent, plural } from '../../format.js'
import type { LayerReport, ModelReport, Report } from '../../report.js'
import { type Bar, bars, legend } from '../charts/bars.js'
import { plot } from '../charts/plot.js'
import { withoutCommonStart } from '../common-start.js'
import { html, type Markup, name, share } from '../markup.js'
import { figure, type Section, section } from '../section.js'
import { histograms } from './histograms.js'

/** Bars in one chart; what is smaller becomes one bar. */
const MOST_BARS = 14
/** Columns that still have a width on a phone. */
const MOST_COLUMNS = 600

/** What the two states are called. */
export type States = readonly [was: string, now: string]

const BEFORE_AFTER: States = ['before', 'after']
/** A share of zeros below which there is nothing to see. */
const WORTH_SHOWING = 0.02

/** Where the bytes are and where the zeros, layer by layer. */
export function layers(report: Report, names: States = BEFORE_AFTER): Section | null {
  const rows = layerRows(report)
  if (rows.length === 0) return null
  const compared = report.after !== null
  const right = [dtypeChart(report, names), sparsityChart(rows, compared, names)].filter((chart) => chart !== null)
  return section(
    { id: 'layers', title: 'Layers' },
    lead(rows),
    html`<div class="pair">${bytesChart(rows, compared, names)}${right.length === 0 ? null : html`<div>${right}</div>`}</div>`,
    histograms(rows, compared, names),
  )
}

/** `fc1.weight holds 93 % of the bytes of 4 layers.` */
function lead(rows: readonly LayerRow[]): Markup | null {
  const total = layerTotal(rows.map((row) => row.now)).bytes
  const [largest] = [...rows].sort((a, b) => b.now.bytes - a.now.bytes)
  if (largest === undefined || total === 0) return null
  return html`The largest of ${plural(rows.length, 'layer')} is ${name(layerName(largest.now))} with ${percent(largest.now.bytes / total, 1)} of the bytes.`
}

function bytesChart(rows: readonly LayerRow[], compared: boolean, names: States): Markup {
  const size = (layer: LayerReport | null) => layer?.bytes ?? 0
  const changed = compared && rows.some((row) => size(row.before) !== size(row.after))
  const states = rows.map((row) => ({
    row,
    before: changed ? size(row.before) : null,
    now: changed ? size(row.after) : size(row.now),
  }))
  const sorted = states.sort((a, b) => Math.max(b.before ?? 0, b.now) - Math.max(a.before ?? 0, a.now))
  const shown = sorted.length <= MOST_BARS + 1 ? sorted : sorted.slice(0, MOST_BARS)
  const rest = sorted.slice(shown.length)
  const sum = (of: (state: (typeof states)[number]) => number) => rest.reduce((total, state) => total + of(state), 0)
  const folded = { before: changed ? sum((s) => s.before ?? 0) : null, now: sum((s) => s.now) }
  const widest = Math.max(1, ...shown.flatMap((s) => [s.before ?? 0, s.now]))
  const all = states.reduce((total, s) => total + s.now, 0)
  const text = ({ before, now }: { readonly before: number | null; readonly now: number }) =>
    before === null || before === now
      ? html`${bytes(now)} <span class="quiet">${percent(all === 0 ? 0 : now / all, 1)}</span>`
      : html`<span class="quiet">${bytes(before)} →</span> ${bytes(now)}`
  const labels = withoutCommonStart(shown.map((s) => layerName(s.row.now)))
  const items: readonly Bar[] = [
    ...shown.map((s, i) => ({
      name: name(labels[i] ?? '', 28),
      before: s.before === null ? null : s.before / widest,
      now: s.now / widest,
      text: text(s),
    })),
    ...(rest.length > 0
      ? [
          {
            name: `${rest.length} smaller ones`,
            before: null,
            now: null, // it stands for many: a length would say something else than those above
            text: text(folded),
            kind: 'rest' as const,
          },
        ]
      : []),
  ]
  return figure('Bytes by layer', changed ? legend(...names) : null, bars(items))
}

/** One line for each model, divided by element type; one type that has nearly all is no picture. */
function dtypeChart({ before, after }: Report, [was, is]: States): Markup | null {
  const models = after === null ? [before] : [before, after]
  const all = [...new Set(models.flatMap((m) => m.dtypes.map((d) => d.dtype)))]
  const mixed = models.some((m) =>
    m.dtypes.some((d) => d.bytes > 0.01 * dtypeBytes(m) && d.bytes < 0.99 * dtypeBytes(m)),
  )
  if (!mixed) return null
  const most = Math.max(...models.map(dtypeBytes))
  const size = (model: ModelReport, dtype: string) => model.dtypes.find((d) => d.dtype === dtype)?.bytes ?? 0
  const order = all.sort((a, b) => size(models.at(-1) ?? before, b) - size(models.at(-1) ?? before, a))
  const items = models.map((model, i) => {
    let at = 0
    const parts = order.map((dtype, k) => {
      const width = most === 0 ? 0 : size(model, dtype) / most
      const rect = html`<rect class="part p${Math.min(k, 3)}" x="${share(at)}" width="${share(width)}" height="14"/>`
      at += width
      return rect
    })
    const text = order.filter((dtype) => size(model, dtype) > 0).map((dtype) => `${dtype} ${bytes(size(model, dtype))}`)
    const label = after === null ? 'bytes' : i === 0 ? was : is
    return html`<li><span class="bar-name">${label}</span><svg aria-hidden="true" height="14">${parts}</svg><span class="bar-text quiet">${text.join(', ')}</span></li>
`
  })
  const keys = order.map((dtype, k) => html`<span class="key part p${Math.min(k, 3)}"></span>${dtype}`)
  return figure('Bytes by element type', html`<p class="legend">${keys}</p>`, html`<ol class="bars tall">${items}</ol>`)
}

function dtypeBytes(model: ModelReport): number {
  return model.dtypes.reduce((sum, d) => sum + d.bytes, 0)
}

/** Few layers as bars with their names, many as columns in the order of the graph: the course through the network. */
function sparsityChart(rows: readonly LayerRow[], compared: boolean, names: States): Markup | null {
  if (rows.every((row) => [row.before, row.after].every((l) => l === null || sparsity(l) < WORTH_SHOWING))) return null
  if (rows.length > MOST_BARS + 1) return sparsityColumns(rows)
  const changed = compared && rows.some((r) => r.before !== null && sparsity(r.before) > 0)
  const items = rows.map((row) => ({
    name: name(layerName(row.now), 28),
    before: changed ? (row.before === null ? 0 : sparsity(row.before)) : null,
    now: sparsity(row.now),
    text: html`${percent(sparsity(row.now), 1)}${row.before === null || row.after === null || sparsity(row.before) === 0 ? null : html` <span class="quiet">from ${percent(sparsity(row.before), 1)}</span>`}`,
  }))
  return figure('Zeros by layer', changed ? legend(...names) : null, bars(items))
}

function sparsityColumns(rows: readonly LayerRow[]): Markup {
  const height = 180
  const shown = rows.slice(0, MOST_COLUMNS)
  const columns = shown.map((row, i) => {
    const value = sparsity(row.now)
    const h = Number((value * height).toFixed(1))
    return html`<rect class="now" x="${share((i + 0.1) / shown.length)}" width="${share(0.8 / shown.length)}" y="${Number((height - h).toFixed(1))}" height="${h}"><title>${layerText(row)}</title></rect>`
  })
  const [most] = [...shown].sort((a, b) => sparsity(b.now) - sparsity(a.now))
  const [least] = [...shown].sort((a, b) => sparsity(a.now) - sparsity(b.now))
  const ends = most && least ? `From ${layerText(least)} to ${layerText(most)}.` : ''
  return figure(
    'Zeros by layer',
    plot({
      id: 'zeros',
      title: 'Share of zeros of each layer, in the order of the graph',
      description: ends,
      height,
      yTicks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: percent(at) })),
      xTicks: [
        { at: 0, text: 'input' },
        { at: 1, text: 'output' },
      ],
      body: columns,
    }),
    html`<p class="caption">${ends}${rows.length > shown.length ? ` The first ${MOST_COLUMNS} of ${plural(rows.length, 'layer')}.` : null}</p>`,
  )
}

function layerText({ now }: LayerRow): string {
  return `${percent(sparsity(now), 1)} in ${layerName(now).slice(0, 120)}`
}
