import {
  AFTER_LOAD,
  type ConsumerRow,
  compressedSizes,
  consumerName,
  consumerRows,
  decodingText,
  outputsText,
  packedRest,
  packedRows,
  packedTotal,
  versionText,
} from '../../content/packing.js'
import { type Verdict, verdictOf } from '../../content/verdict.js'
import { bytes, plural, shape } from '../../format.js'
import type { ConsumerReport, PackingReport, Report } from '../../report.js'
import { bars, legend } from '../charts/bars.js'
import { html, type Markup, name, unbroken } from '../markup.js'
import { figure, type Section, section, wide } from '../section.js'
import { chip } from './cards.js'
import { curve } from './packing-curve.js'
import { BEFORE_AFTER } from './states.js'

/** The layers have a table of their own, of all of them. */
const MOST_WEIGHTS = 200
const LONGEST_BOUND = 400

/** How much smaller the file is in each form, how weights are stored, and what that costs whoever loads it. */
export function packing(report: Report): Section | null {
  const { packing: packed } = report
  if (packed === null) return null
  return section(
    { id: 'packing', title: 'Packing' },
    html`Bound: ${packed.bound.slice(0, LONGEST_BOUND)}. ${AFTER_LOAD}`,
    html`<div class="pair">${sizes(report)}${curve(report)}</div>`,
    consumers(packed.consumers),
    weights(packed),
  )
}

function sizes(report: Report): Markup | null {
  const all = compressedSizes(report)
  const widest = Math.max(1, ...all.flatMap(({ before, after }) => [before, after]))
  const items = all.map(({ label, before, after, change }) => ({
    name: label,
    before: before / widest,
    now: after / widest,
    text: html`<span class="quiet">${bytes(before)} →</span> ${bytes(after)} ${chip({ change, verdict: verdictOf(before, after, 'lower') })}`,
  }))
  return items.length === 0 ? null : figure('Bytes on disk and on the wire', legend(...BEFORE_AFTER), bars(items))
}

const QUANTITIES = ['time to load', 'peak memory', 'a run'] as const

function consumers(all: readonly ConsumerReport[]): readonly (Markup | null)[] {
  if (all.length === 0) return []
  const known = all.filter((consumer) => consumerRows(consumer).length > 0)
  const problems = all.filter(({ problem }) => problem !== null)
  const outputs = known.some((consumer) => outputsText(consumer) !== '')
  const rows = known.map((consumer) => {
    const cells = consumerRows(consumer)
    const numbers = QUANTITIES.map((quantity) => besideCell(cells.find((row) => row.quantity === quantity)))
    return html`<tr><th scope="row"><span class="strong">${consumer.name}</span><br><span class="quiet">${versionText(consumer)}</span></th>${numbers}<td>${decoding(consumer)}</td>${outputs ? html`<td>${outputsText(consumer)}</td>` : null}</tr>
`
  })
  const table = html`<table><caption class="unseen">What loading and running takes, with dense and with packed weights</caption><thead><tr><th scope="col">loaded in</th>${QUANTITIES.map((title) => html`<th scope="col" class="number">${title}</th>`)}<th scope="col">weights</th>${outputs ? html`<th scope="col">outputs</th>` : null}</tr></thead><tbody>${rows}</tbody></table>`
  return [
    rows.length === 0 ? null : wide('Loaded in', table),
    problems.length === 0
      ? null
      : html`<ul class="warnings" aria-label="Problems">${problems.map((consumer) => html`<li>${consumerName(consumer)}: ${consumer.problem ?? ''}</li>`)}</ul>`,
  ]
}

function besideCell(row: ConsumerRow | undefined): Markup {
  if (row === undefined) return html`<td class="number quiet">not known</td>`
  return html`<td class="number"><i>${row.before} →</i> <span class="strong">${row.after}</span><br>${chip(row)}</td>`
}

function decoding(consumer: ConsumerReport): Markup | null {
  const change = decodingText(consumer)
  if (change === '') return html`<span class="quiet">not known</span>`
  const verdict: Verdict = consumer.folds ? 'better' : 'worse'
  return chip({ change, verdict })
}

function weights(packed: PackingReport): readonly (Markup | null)[] {
  const shown = packedRows(packed, MOST_WEIGHTS)
  if (shown.length === 0) return []
  const sparse = shown.some(({ sparsity }) => sparsity !== '')
  const rows = shown.map(
    (row) =>
      html`<tr><th scope="row">${name(row.weight, 60)}</th><td>${row.op}</td><td>${shape(row.shape)}</td><td>${row.encoding}</td>${sparse ? html`<td class="number">${row.sparsity}</td>` : null}<td class="number">${row.bits}</td><td class="number"><i>${row.before} →</i> ${row.after}</td><td class="number strong">${row.factor}</td><td class="number">${unbroken(row.error)}</td></tr>
`,
  )
  const total = packedTotal(packed)
  const foot = html`<tfoot><tr><th scope="row">${total.weight}</th><td></td><td></td><td></td>${sparse ? html`<td class="number">${total.sparsity}</td>` : null}<td class="number">${total.bits}</td><td class="number"><i>${total.before} →</i> ${total.after}</td><td class="number">${total.factor}</td><td class="number">${unbroken(total.error)}</td></tr></tfoot>`
  const title = (text: string, align = '') =>
    html`<th scope="col"${align === '' ? null : html` class="number"`}>${text}</th>`
  const head = html`<thead><tr>${title('weight')}${title('op')}${title('shape')}${title('stored as')}${sparse ? title('sparsity', 'number') : null}${title('bits/weight', 'number')}${title('bytes', 'number')}${title('smaller', 'number')}${title('error', 'number')}</tr></thead>`
  const rest = packedRest(packed, MOST_WEIGHTS)
  return [
    wide(
      'Packed weights',
      html`<table><caption class="unseen">${plural(packed.weights.length, 'packed weight')}</caption>${head}<tbody>${rows}</tbody>${shown.length > 1 ? foot : null}</table>`,
    ),
    rest === null ? null : html`<p class="caption">... ${rest}: the JSON report has all.</p>`,
  ]
}
