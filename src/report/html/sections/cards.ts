import type { ComparisonRow } from '../../content/comparison.js'
import { NONE } from '../../format.js'
import { type Content, html, type Markup, share, unseen } from '../markup.js'

/** As many as are taken in at once. */
const MOST_BIG = 4

/** The big numbers: how it is, how it was, and what that means. What did not change stands below, small. */
export function cards(rows: readonly ComparisonRow[]): Markup {
  const [first] = rows
  const moved = rows.filter((row) => row !== first && row.change !== 'unchanged')
  const big = new Set([...(first === undefined ? [] : [first]), ...moved].slice(0, MOST_BIG))
  const rest = rows.filter((row) => !big.has(row))
  return html`<dl class="cards">${rows.filter((row) => big.has(row)).map(card)}</dl>
${rest.length === 0 ? null : html`<dl class="figures">${rest.map(figure)}</dl>`}`
}

function figure(row: ComparisonRow): Markup {
  const { label, after, note } = row
  return html`<div><dt>${label}</dt><dd><span class="strong">${after}</span> ${was(row)}${note === null ? null : html` <span class="note">${note}</span>`}</dd></div>
`
}

/** `from 229.9 kB`, and what that means. */
function was(row: ComparisonRow): Content {
  const { before, change } = row
  return [
    before === null || before === NONE ? null : html`<span class="from">from ${before}</span> `,
    change === null ? null : chip(row),
  ]
}

function card(row: ComparisonRow): Markup {
  const { label, before, after, note, change } = row
  return html`<div class="card${change === 'unchanged' ? ' same' : null}"><dt>${label}</dt><dd>
<span class="value">${bigNumber(after)}</span>
${before === null && change === null ? null : html`<span class="was-now">${was(row)}</span>`}
${ratioBar(row)}${note === null ? null : html`<span class="note">${note}</span>`}</dd></div>
`
}

/** The unit smaller than the number. */
export function bigNumber(text: string): Content {
  const [, number, unit] = /^([-+<>]*[\d.,\u202f]+)\s?([^\d\s]{1,3})$/.exec(text) ?? []
  return number === undefined ? text : html`${number}<span class="unit"> ${unit ?? ''}</span>`
}

/** What changed, in words; the sign and the shape of the chip tell its meaning also without its colour. */
export function chip({ change, verdict }: Pick<ComparisonRow, 'change' | 'verdict'>): Markup | null {
  if (change === null) return null
  const marks = { better: '✓', worse: '!', same: '', neutral: '' } as const
  const judged = (verdict === 'better' || verdict === 'worse') && !change.includes(verdict)
  const spoken = judged ? unseen(` (${verdict})`) : null
  const mark = marks[verdict] === '' ? null : html`<span class="mark" aria-hidden="true">${marks[verdict]}</span>`
  return html`<span class="chip ${change === 'unchanged' ? 'same' : verdict}">${mark}${change}${spoken}</span>`
}

/** What is left of what was, where something became less. */
function ratioBar({ ratio, change }: ComparisonRow): Markup | null {
  if (ratio === undefined || change === 'unchanged' || ratio > 1) return null
  return html`<svg class="ratio" aria-hidden="true" height="4"><rect class="track" width="100%" height="4" rx="2"/><rect class="now" width="${share(ratio)}" height="4" rx="2"/></svg>`
}
