import { grouped } from '../../content/groups.js'
import { count, decibels, numeric, percent, plural } from '../../format.js'
import type { ComparisonReport, DifferenceReport, LayerDifferenceReport, MetricValue, Report } from '../../report.js'
import { bars } from '../charts/bars.js'
import { path, plot } from '../charts/plot.js'
import { linear } from '../charts/scale.js'
import { html, type Markup, name, share } from '../markup.js'
import { figure, type Section, section, wide } from '../section.js'
import { groupList } from './changes.js'

const MOST_BARS = 10
const MOST_POINTS = 1000

/** How the outputs differ, and at which layer the difference arises. */
export function fidelity({ comparison }: Report): Section | null {
  if (comparison === null) return null
  const { a, b, samples, unmatched, skipped } = comparison
  const pair = html`${b === null ? 'The result' : name(b)} beside ${a === null ? 'the original' : name(a)}, on ${plural(samples, 'sample')}.`
  const lost =
    unmatched === null || unmatched.a + unmatched.b === 0
      ? null
      : html`<p class="caption">Without a partner: ${plural(unmatched.a, 'value')} of the first model, ${plural(unmatched.b, 'value')} of the second.</p>`
  const left = skipped.length === 0 ? null : figure('Not compared', groupList(grouped(skipped)))
  return section(
    { id: 'fidelity', title: 'Fidelity' },
    pair,
    outputTable(comparison),
    errorByLayer(comparison),
    lost,
    left,
  )
}

function outputTable({ outputs }: ComparisonReport): Markup {
  const agreed = outputs.some((o) => o.agreement !== null)
  const rows = outputs.map(
    (o) =>
      html`<tr><th scope="row">${name(o.name, 40)}</th><td class="number strong">${decibels(Number(o.sqnrDb))}</td><td class="number">${figureText(o.cosine, 6)}</td><td class="number">${figureText(o.maxError)}</td><td class="number">${figureText(o.meanError)}</td>${agreed ? html`<td class="number">${agreement(o.agreement)}</td>` : null}${nonFinite(o)}</tr>
`,
  )
  return wide(
    'Outputs',
    html`<table><caption class="unseen">How each output differs</caption><thead><tr><th scope="col">output</th><th scope="col" class="number">SQNR</th><th scope="col" class="number">cosine</th><th scope="col" class="number">max error</th><th scope="col" class="number">mean error</th>${agreed ? html`<th scope="col" class="number">same decision (95 %)</th>` : null}</tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function agreement(of: ComparisonReport['outputs'][number]['agreement']): Markup | null {
  if (of === null) return null
  return html`${percent(of.share)} <span class="quiet">${percent(of.low)} to ${percent(of.high)}</span>`
}

function nonFinite({ nonFinite: found }: DifferenceReport): Markup | null {
  if (found === null) return null
  const where = found.model === 'both' ? 'both models' : `model ${found.model.toUpperCase()}`
  return html`<td><span class="chip worse">${found.value} in ${where}, sample ${count(found.sample)}</span></td>`
}

function errorByLayer({ layers, culprit }: ComparisonReport): readonly (Markup | null)[] {
  if (layers === null || layers.length === 0) return []
  const ranked = layers.filter((l) => (l.share ?? 0) > 0).sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
  const [worst] = ranked
  const message =
    culprit === null || worst === undefined
      ? null
      : html`<p class="message">${name(culprit)} causes ${percent(worst.share ?? 0, 1)} of the error.</p>`
  return [message, ranked.length === 0 ? null : shareChart(ranked, culprit), courseChart(layers, culprit)]
}

function shareChart(ranked: readonly LayerDifferenceReport[], culprit: string | null): Markup {
  const shown = ranked.slice(0, MOST_BARS)
  const widest = shown[0]?.share ?? 1
  const items = shown.map((layer) => ({
    name: html`${name(layer.node === '' ? layer.name : layer.node, 28)} <span class="quiet">${layer.op}</span>`,
    before: null,
    now: (layer.share ?? 0) / widest,
    text: html`${percent(layer.share ?? 0, 1)} <span class="quiet">${dropText(layer)}</span>`,
    ...(layer.node === culprit ? { kind: 'culprit' as const } : {}),
  }))
  return figure('Where the error arises', bars(items))
}

/** `20.1 → 19.1 dB`: the ratio of what comes in, and of what goes out. */
function dropText({ inputSqnrDb, sqnrDb }: LayerDifferenceReport): string {
  return `${decibels(Number(inputSqnrDb)).replace(' dB', '')} → ${decibels(Number(sqnrDb))}`
}

/** The signal-to-noise ratio along the graph; values without any error have none, and stand at the top. */
function courseChart(layers: readonly LayerDifferenceReport[], culprit: string | null): Markup {
  const every = Math.ceil(layers.length / MOST_POINTS)
  const shown = layers.filter((layer, i) => i % every === 0 || layer.node === culprit)
  const values = shown.map((layer) => numeric(layer.sqnrDb) ?? Number.NaN)
  const finite = values.filter(Number.isFinite)
  const axis = linear(Math.min(0, ...finite), Math.max(10, ...finite), 4)
  const height = 180
  const y = (value: number) => (Number.isFinite(value) ? axis.of(value) : value > 0 ? 1 : 0)
  const x = (i: number) => (i + 0.5) / shown.length
  const at = shown.findIndex((layer) => layer.node === culprit)
  const mark = at < 0 ? null : culpritMark(x(at), y(values[at] ?? 0), shown[at]?.node ?? '', height)
  const dots = shown.map((layer, i) =>
    shown.length > 80
      ? null
      : html`<circle class="dot" cx="${share(x(i))}" cy="${Number(((1 - y(values[i] ?? 0)) * height).toFixed(1))}" r="3"><title>${`${layer.name.slice(0, 120)}: ${decibels(values[i] ?? 0)}`}</title></circle>`,
  )
  const last = values.at(-1) ?? Number.NaN
  const description = `From ${decibels(values[0] ?? Number.NaN)} at the input to ${decibels(last)} at the output, over ${plural(layers.length, 'value')}${culprit === null ? '' : `; ${culprit.slice(0, 120)} is marked`}.`
  return figure(
    'Signal-to-noise ratio along the graph',
    plot({
      id: 'course',
      title: 'SQNR of each value that both models have, in the order of the graph',
      description,
      height,
      yTicks: axis.ticks.map((tick) => ({ at: axis.of(tick), text: `${tick} dB` })),
      xTicks: [
        { at: 0, text: 'input' },
        { at: 1, text: 'output' },
      ],
      body: [
        path(
          'course',
          values.map((value, i) => [x(i), y(value)] as const),
          height,
        ),
        dots,
        mark,
      ],
    }),
    html`<p class="caption">${description} Higher is nearer to the original${finite.length < values.length ? '; values without any error stand at the top' : null}.</p>`,
  )
}

function culpritMark(x: number, y: number, node: string, height: number): Markup {
  const cy = Number(((1 - y) * height).toFixed(1))
  const right = x > 0.6
  return html`<line class="culprit" x1="${share(x)}" x2="${share(x)}" y1="0" y2="${height}"/><circle class="culprit" cx="${share(x)}" cy="${cy}" r="5"/><text class="culprit${right ? ' end' : ''}" x="${share(x)}" dx="${right ? -8 : 8}" y="12">${node.length > 40 ? `…${node.slice(-39)}` : node}</text>`
}

function figureText(value: MetricValue, digits = 3): string {
  const n = Number(value)
  return Number.isFinite(n) ? String(Number(n.toPrecision(digits))) : decibels(n).replace(' dB', '')
}
