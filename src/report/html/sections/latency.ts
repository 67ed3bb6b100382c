import { benchConditions, benchInputs, benchNames, histograms, speedText } from '../../content/bench.js'
import { bytes, count, milliseconds, percent, plural } from '../../format.js'
import type { BenchModelReport, BenchReport, Report } from '../../report.js'
import { path, plot, steps } from '../charts/plot.js'
import { linear } from '../charts/scale.js'
import { html, type Markup, name, share } from '../markup.js'
import { figure, type Section, section, wide } from '../section.js'

const BINS = 60
const HEIGHT = 72

/** How long a run takes, model beside model on one axis of time. */
export function latency({ bench }: Report): Section | null {
  if (bench === null || bench.models.length === 0) return null
  const warnings = bench.warnings.map((text) => html`<li>${text}</li>`)
  return section(
    { id: 'latency', title: 'Latency' },
    html`${benchConditions(bench)}. ${benchInputs(bench).map((text) => html`<code>${text}</code> `)}`,
    warnings.length === 0 ? null : html`<ul class="warnings" aria-label="Warnings">${warnings}</ul>`,
    strips(bench),
    wide('Latency', table(bench)),
  )
}

/** On one logarithmic axis: wherever two models stand, the same distance is the same factor. */
function strips(bench: BenchReport): Markup | null {
  const drawn = histograms(bench, BINS)
  if (drawn === null) return null
  const { fromMs, toMs, bins } = drawn
  const x = (ms: number) => Math.log(ms / fromMs) / Math.log(toMs / fromMs)
  const ticks = linear(fromMs, toMs, 5, false)
    .ticks.filter((ms) => ms > 0)
    .map((ms) => ({ at: x(ms), text: milliseconds(ms) }))
  const names = benchNames(bench)
  const each = bench.models.map((model, i) => {
    const label = names[i] ?? ''
    const description = `Median ${milliseconds(model.medianMs)}, 95 % within ${milliseconds(model.p95Ms)}, over ${plural(model.runs, 'run')}.`
    const mark = (ms: number, kind: string) => {
      if (ms > toMs) return null
      const at = share(x(ms))
      return html`<line class="${kind}" x1="${at}" x2="${at}" y1="0" y2="${HEIGHT}"/>`
    }
    const outline = path(i === 0 ? 'area first' : 'area', steps(bins[i] ?? [], 0, 1), HEIGHT)
    const body = [outline, mark(model.medianMs, 'median'), mark(model.p95Ms, 'p95')]
    const image = { id: `times-${i}`, title: `Times of ${label.slice(0, 200)}`, description, height: HEIGHT }
    return html`<div class="strip"><p>${name(label)} <span class="caption">${description}</span></p>
${plot({ ...image, yTicks: [{ at: 0, text: '' }], xTicks: ticks, body })}</div>
`
  })
  return figure(
    'How long a run takes',
    each,
    html`<p class="caption">The line is the median, the dashed one the 95th percentile; the last column holds all slower runs.</p>`,
  )
}

function table(bench: BenchReport): Markup {
  const names = benchNames(bench)
  const rows = bench.models.map((model, i) => row(model, names[i] ?? ''))
  const titles = ['median', 'p95', 'spread', 'against the first', 'to load', 'peak memory', 'runs']
  return html`<table><caption class="unseen">Latency and memory of each model</caption><thead><tr><th scope="col">model</th>${titles.map((title) => html`<th scope="col" class="number">${title}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`
}

function row(model: BenchModelReport, label: string): Markup {
  const { medianMs, p95Ms, spread, ratio, createMs, peakBytes, runs } = model
  const cell = (text: string) => html`<td class="number">${text}</td>`
  const cells = [
    cell(milliseconds(p95Ms)),
    cell(`±${percent(spread / 2, 1)}`),
    html`<td class="number words">${speedText(ratio)}</td>`,
    cell(milliseconds(createMs)),
    cell(bytes(peakBytes)),
    cell(count(runs)),
  ]
  return html`<tr><th scope="row">${name(label, 40)}</th><td class="number strong">${milliseconds(medianMs)}</td>${cells}</tr>
`
}
