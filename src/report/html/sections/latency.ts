import { milliseconds } from '../../content/latency.js'
import { bytes, count, percent, plural } from '../../format.js'
import type { BenchModelReport, BenchReport, Report } from '../../report.js'
import { path, plot, steps } from '../charts/plot.js'
import { linear, type Scale } from '../charts/scale.js'
import { html, type Markup, name, share } from '../markup.js'
import { figure, type Section, section, wide } from '../section.js'

const BINS = 60
const HEIGHT = 72

/** How long a run takes, model beside model on one axis of time. */
export function latency({ bench }: Report): Section | null {
  if (bench === null || bench.models.length === 0) return null
  const measured = bench.models.filter((model) => model.timesMs.length > 0)
  const times = measured.flatMap((model) => [model.minMs, model.p95Ms * 1.15])
  const axis = times.length === 0 ? null : linear(Math.min(...times) * 0.97, Math.max(...times), 5, false)
  const warnings = bench.warnings.map((text) => html`<li>${text}</li>`)
  return section(
    { id: 'latency', title: 'Latency' },
    conditions(bench),
    warnings.length === 0 ? null : html`<ul class="warnings" aria-label="Warnings">${warnings}</ul>`,
    axis === null
      ? null
      : figure(
          'How long a run takes',
          measured.map((model) => strip(model, bench.models.indexOf(model), axis)),
          html`<p class="caption">The line is the median, the dashed one the 95th percentile.</p>`,
        ),
    wide('Latency', table(bench)),
  )
}

function conditions({ provider, threads, batch, data, dims, warmup }: BenchReport): string {
  const dimensions = Object.entries(dims).map(([dim, n]) => `${dim} = ${n}`)
  return `${[
    provider,
    threads === null ? 'threads as ONNX Runtime chooses' : plural(threads, 'thread'),
    `batch ${batch}`,
    `data ${data}`,
    ...dimensions.slice(0, 4),
    `${plural(warmup, 'run')} to warm up`,
  ].join(', ')}.`
}

/** The distribution of the times of one model, its median and 95th percentile marked. */
function strip(model: BenchModelReport, i: number, axis: Scale): Markup {
  const bins = new Array<number>(BINS).fill(0)
  for (const time of model.timesMs) {
    const bin = Math.floor(axis.of(time) * BINS)
    if (bin >= 0 && bin < BINS) bins[bin] = (bins[bin] ?? 0) + 1
  }
  const most = Math.max(1, ...bins)
  const beyond = model.timesMs.filter((time) => axis.of(time) > 1).length
  const description = `Median ${milliseconds(model.medianMs)}, 95 % within ${milliseconds(model.p95Ms)}, over ${plural(model.runs, 'run')}${beyond === 0 ? '' : `; ${beyond} of them beyond the right edge`}.`
  const mark = (value: number, kind: string) => {
    const x = share(axis.of(value))
    return html`<line class="${kind}" x1="${x}" x2="${x}" y1="0" y2="${HEIGHT}"/>`
  }
  const title = `Times of ${(model.path ?? `model ${i + 1}`).slice(0, 200)}`
  return html`<div class="strip"><p>${model.path === null ? `Model ${i + 1}` : name(model.path)} <span class="caption">${description}</span></p>
${plot({
  id: `times-${i}`,
  title,
  description,
  height: HEIGHT,
  yTicks: [{ at: 0, text: '' }],
  xTicks: axis.ticks.map((tick) => ({ at: axis.of(tick), text: milliseconds(tick) })),
  body: [
    path(
      i === 0 ? 'area first' : 'area',
      steps(
        bins.map((n) => n / most),
        0,
        1,
      ),
      HEIGHT,
    ),
    mark(model.medianMs, 'median'),
    mark(model.p95Ms, 'p95'),
  ],
})}</div>
`
}

function table({ models }: BenchReport): Markup {
  const rows = models.map(
    (m, i) =>
      html`<tr><th scope="row">${m.path === null ? `model ${i + 1}` : name(m.path, 40)}</th><td class="number strong">${milliseconds(m.medianMs)}</td><td class="number">${milliseconds(m.p95Ms)}</td><td class="number">${milliseconds(m.minMs)}</td><td class="number">${percent(m.spread, 1)}</td><td class="number">${ratioText(m)}</td><td class="number">${milliseconds(m.createMs)}</td><td class="number">${bytes(m.peakBytes)}</td><td class="number">${count(m.runs)}</td><td class="number">${count(m.outliers)}</td></tr>
`,
  )
  const titles = [
    'median',
    'p95',
    'fastest',
    'spread',
    'by the first (95 %)',
    'to load',
    'peak memory',
    'runs',
    'outliers',
  ]
  return html`<table><caption class="unseen">Latency and memory of each model</caption><thead><tr><th scope="col">model</th>${titles.map((title) => html`<th scope="col" class="number">${title}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`
}

function ratioText({ ratio }: BenchModelReport): Markup | null {
  if (ratio === null) return null
  const { value, low, high } = ratio
  const interval =
    low === null || high === null ? 'too few runs to tell how sure' : `${low.toFixed(2)} to ${high.toFixed(2)}`
  return html`${value.toFixed(2)}x <span class="quiet">${interval}</span>`
}
