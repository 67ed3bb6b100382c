import { sparsity } from '../../content/facts.js'
import { type LayerRow, layerName } from '../../content/layers.js'
import { percent, plural } from '../../format.js'
import { bars, legend, MOST_BARS } from '../charts/bars.js'
import { plot } from '../charts/plot.js'
import { html, type Markup, name, share } from '../markup.js'
import { figure } from '../section.js'
import type { States } from './states.js'

/** Columns that still have a width on a phone. */
const MOST_COLUMNS = 600
/** A share of zeros below which there is nothing to see. */
const WORTH_SHOWING = 0.02

/** Few layers as bars with their names, many as columns in the order of the graph: the course through the network. */
export function zerosChart(rows: readonly LayerRow[], compared: boolean, names: States): Markup | null {
  if (rows.every((row) => [row.before, row.after].every((l) => l === null || sparsity(l) < WORTH_SHOWING))) return null
  if (rows.length > MOST_BARS + 1) return zerosColumns(rows)
  const changed = compared && rows.some((r) => r.before !== null && sparsity(r.before) > 0)
  const items = rows.map((row) => ({
    name: name(layerName(row.now), 28),
    before: changed ? (row.before === null ? 0 : sparsity(row.before)) : null,
    now: sparsity(row.now),
    text: html`${percent(sparsity(row.now), 1)}${row.before === null || row.after === null || sparsity(row.before) === 0 ? null : html` <span class="quiet">from ${percent(sparsity(row.before), 1)}</span>`}`,
  }))
  return figure('Zeros by layer', changed ? legend(...names) : null, bars(items))
}

function zerosColumns(rows: readonly LayerRow[]): Markup {
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
