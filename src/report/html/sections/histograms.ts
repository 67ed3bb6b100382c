import { sparsity } from '../../content/facts.js'
import { type LayerRow, largestLayers, layerName } from '../../content/layers.js'
import { percent, plural } from '../../format.js'
import { legend } from '../charts/bars.js'
import { histogram } from '../charts/histogram.js'
import { withoutCommonStart } from '../common-start.js'
import { html, type Markup, name } from '../markup.js'
import { figure } from '../section.js'
import type { States } from './states.js'

const MOST = 24

/** How the weights of the largest layers are distributed: small multiples, each on its own axis. */
export function histograms(rows: readonly LayerRow[], compared: boolean, states: States): Markup | null {
  const known = rows.filter((row) => row.now.distribution !== null)
  if (known.length === 0) return null
  const shown = largestLayers(known, MOST)
  const names = withoutCommonStart(shown.map((row) => layerName(row.now)))
  const both = compared && shown.some((row) => row.before?.distribution && row.after?.distribution)
  const more =
    known.length > shown.length
      ? html`<p class="caption">The ${shown.length} largest of ${plural(known.length, 'layer')}.</p>`
      : null
  return figure(
    'How the weights are distributed, but for zeros',
    both ? legend(...states) : null,
    html`<ul class="multiples">${shown.map((row, i) => multiple(row, names[i] ?? '', compared))}</ul>`,
    more,
  )
}

function multiple(row: LayerRow, shown: string, compared: boolean): Markup {
  const { now } = row
  const d = now.distribution
  if (d === null) return html``
  const before = compared ? (row.before?.distribution ?? null) : d
  const after = compared && row.after !== null ? row.after.distribution : null
  const zeros = sparsity(now)
  const fact = zeros > 0 ? `${percent(zeros, 1)} zero` : `${percent(d.nearZero, 1)} near zero`
  const label = layerName(now).slice(0, 120)
  return html`<li><p class="bar-name">${name(shown, 26)}</p>${histogram(before, after, `Weights of ${label}: from ${short(d.min)} to ${short(d.max)}, mean ${short(d.mean)}, standard deviation ${short(d.std)}; ${fact}`)}<p class="ends"><span>${short(d.min)}</span><span class="quiet">${fact}</span><span>${short(d.max)}</span></p></li>
`
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
