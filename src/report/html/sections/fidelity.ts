import {
  courseText,
  culprits,
  differenceName,
  layersText,
  notCompared,
  outputTexts,
  sqnrText,
} from '../../content/differences.js'
import { numeric, percent, plural } from '../../format.js'
import type { ComparisonReport, LayerDifferenceReport, Report } from '../../report.js'
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
  const { a, b, samples, layers } = comparison
  const common = layers === null ? null : html` ${layersText(comparison)}.`
  const skipped = notCompared(comparison)
  return section(
    { id: 'fidelity', title: 'Fidelity' },
    html`${b === null ? 'The result' : name(b)} (B) beside ${a === null ? 'the original' : name(a)} (A), on ${plural(samples, 'sample')}.${common}`,
    outputTable(comparison),
    errorByLayer(comparison),
    skipped.length === 0 ? null : figure('Not compared', groupList(skipped)),
  )
}

function outputTable(comparison: ComparisonReport): Markup {
  const texts = outputTexts(comparison)
  const agreed = texts.some(({ agreement }) => agreement !== null)
  const broken = texts.filter(({ nonFinite }) => nonFinite !== null)
  const rows = texts.map(
    (o) =>
      html`<tr><th scope="row">${name(o.name, 40)}</th><td class="number strong">${o.sqnr}</td><td class="number">${o.maxError} <span class="quiet">of ${o.of}</span></td><td class="number">${o.meanError}</td><td class="number">${o.cosine}</td>${agreed ? html`<td class="number">${o.agreement ?? ''}</td><td class="quiet">${o.interval ?? ''}</td>` : null}</tr>
`,
  )
  const titles = ['SQNR', 'max error', 'mean error', 'cosine', ...(agreed ? ['same top-1'] : [])]
  return html`${wide(
    'Outputs',
    html`<table><caption class="unseen">How each output differs</caption><thead><tr><th scope="col">output</th>${titles.map((title) => html`<th scope="col" class="number">${title}</th>`)}${agreed ? html`<th scope="col">95 % interval</th>` : null}</tr></thead><tbody>${rows}</tbody></table>`,
  )}${broken.length === 0 ? null : html`<ul class="warnings" aria-label="Not finite">${broken.map((o) => html`<li>${o.name}: ${o.nonFinite ?? ''}</li>`)}</ul>`}`
}

function errorByLayer(comparison: ComparisonReport): readonly (Markup | null)[] {
  const { layers, culprit } = comparison
  if (layers === null || layers.length === 0) return []
  const ranked = culprits(comparison)
  const [worst] = ranked
  const message =
    culprit === null || worst === undefined
      ? null
      : html`<p class="message">${name(culprit)} causes ${percent(worst.share ?? 0, 1)} of the error.</p>`
  return [message, ranked.length === 0 ? null : shareChart(ranked, comparison), courseChart(layers, culprit)]
}

function shareChart(ranked: readonly LayerDifferenceReport[], comparison: ComparisonReport): Markup {
  const shown = ranked.slice(0, MOST_BARS)
  const widest = shown[0]?.share ?? 1
  const items = shown.map((layer) => ({
    name: html`${name(differenceName(layer, comparison), 28)} <span class="quiet">${layer.op}</span>`,
    before: null,
    now: (layer.share ?? 0) / widest,
    text: html`${percent(layer.share ?? 0, 1)} <span class="quiet">${courseText(layer)}</span>`,
    ...(layer.node === comparison.culprit ? { kind: 'culprit' as const } : {}),
  }))
  return figure(
    'Where the error arises',
    bars(items),
    html`<p class="caption">The share of the error, and the signal-to-noise ratio before and after the layer.</p>`,
  )
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
      : html`<circle class="dot" cx="${share(x(i))}" cy="${Number(((1 - y(values[i] ?? 0)) * height).toFixed(1))}" r="3"><title>${`${layer.name.slice(0, 120)}: ${sqnrText(layer.sqnrDb)}`}</title></circle>`,
  )
  const description = `From ${sqnrText(layers[0]?.sqnrDb ?? null)} at the input to ${sqnrText(layers.at(-1)?.sqnrDb ?? null)} at the output${culprit === null ? '' : `; ${culprit.slice(0, 120)} is marked`}.`
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
