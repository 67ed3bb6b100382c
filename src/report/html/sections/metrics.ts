import { metricAgainst, metricChange, metricLabel, metricRows } from '../../content/metric-rows.js'
import { count, metricTexts, NONE, numeric } from '../../format.js'
import type { MetricReport, Report } from '../../report.js'
import { html, type Markup, name, share } from '../markup.js'
import { type Section, section, wide } from '../section.js'
import { chip } from './cards.js'

/** The quality before and after, a line each; fractions also as places on a line from 0 to 100 %. */
export function metrics(report: Report): Section | null {
  if (report.metrics.length === 0) return null
  const single = report.after === null
  const rows = metricRows(report)
  const shown = report.metrics.map((metric, i) => row(metric, report, rows[i]?.verdict ?? 'neutral'))
  const table = html`<table class="metrics"><caption class="unseen">Metrics${single ? '' : ' before and after'}</caption>
<thead><tr><th scope="col">metric</th><th scope="col" class="picture" aria-label="as a picture"></th>${single ? null : html`<th scope="col" class="number">before</th>`}<th scope="col" class="number">${single ? 'value' : 'after'}</th>${single ? null : html`<th scope="col">change</th>`}<th scope="col" class="number">samples</th><th scope="col">against</th></tr></thead>
<tbody>${shown}</tbody></table>`
  return section({ id: 'metrics', title: 'Accuracy' }, null, wide('Metrics', table))
}

function row(metric: MetricReport, report: Report, verdict: Parameters<typeof chip>[0]['verdict']): Markup {
  const single = report.after === null
  const { before, after } = metricTexts(metric)
  const against = metricAgainst(metric, report)
  const values = single
    ? html`<td class="number strong">${after === NONE ? before : after}</td>`
    : html`<td class="number quiet">${metric.before === null ? '' : before}</td><td class="number strong">${after}</td><td>${chip({ change: metricChange(metric), verdict })}</td>`
  return html`<tr><th scope="row">${metricLabel(metric, report)}</th><td class="picture">${places(metric)}</td>${values}<td class="number quiet">${count(metric.samples)}</td><td class="quiet">${against === 'labels' || against === 'original' ? against : name(against, 40)}</td></tr>
`
}

/** Where the fractions lie between nothing and everything. */
function places({ unit, before, after }: MetricReport): Markup | null {
  if (unit !== 'fraction') return null
  const [from, to] = [numeric(before), numeric(after)]
  const dot = (value: number | null, kind: string) =>
    value === null || !Number.isFinite(value) ? null : html`<circle class="${kind}" cx="${share(value)}" cy="9" r="5"/>`
  return html`<svg class="places" aria-hidden="true" height="18"><line class="track" x1="0" x2="100%" y1="9" y2="9"/>${dot(from, to === null ? 'now' : 'was')}${dot(to, 'now')}</svg>`
}
