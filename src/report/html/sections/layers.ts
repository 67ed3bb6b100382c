import { type LayerRow, layerName, layerRows, layerTotal } from '../../content/layers.js'
import { bytes, percent, plural } from '../../format.js'
import type { LayerReport, Report } from '../../report.js'
import { type Bar, bars, legend, MOST_BARS } from '../charts/bars.js'
import { withoutCommonStart } from '../common-start.js'
import { html, type Markup, name } from '../markup.js'
import { figure, type Section, section } from '../section.js'
import { dtypeChart } from './dtype-chart.js'
import { histograms } from './histograms.js'
import { BEFORE_AFTER, type States } from './states.js'
import { zerosChart } from './zeros-chart.js'

/** Where the bytes are and where the zeros, layer by layer. */
export function layers(report: Report, names: States = BEFORE_AFTER): Section | null {
  const rows = layerRows(report)
  if (rows.length === 0) return null
  const compared = report.after !== null
  const right = [dtypeChart(report, names), zerosChart(rows, compared, names)].filter((chart) => chart !== null)
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
