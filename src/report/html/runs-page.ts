import { asOne, type Runs, type RunsRow, resultOf, runsHeadline, runsRows, runsWarning } from '../content/runs.js'
import { settings } from '../content/settings.js'
import { count } from '../format.js'
import type { Report } from '../report.js'
import { html, type Markup, name, shortened, unbroken } from './markup.js'
import { page } from './page.js'
import { type Section, section, wide } from './section.js'
import { bigNumber, chip } from './sections/cards.js'
import { badge, day } from './sections/head.js'
import { layerTable } from './sections/layer-table.js'
import { layers } from './sections/layers.js'

const MOST_CARDS = 4
/** Names in it may be of any length. */
const LONGEST_HEADLINE = 300

/** Two runs side by side: how it was, what each made of it, and what differs in how they were made. */
export function runsPage(runs: Runs): string {
  const one = asOne(runs)
  const title = [runs.old, runs.new].map((run) => shortened(resultOf(run).path ?? run.command, 60)).join(' and ')
  return page({
    title: `${title} – mcompress`,
    head: head(runs),
    sections: [figures(runs), layers(one, ['old', 'new']), layerTable(one), origins(runs), notes(runs)].filter(
      (made) => made !== null,
    ),
    footer: html`${runs.new.tool.name} ${runs.new.tool.version}, ${day(runs.new.times.startedAt)}`,
  })
}

function head(runs: Runs): Markup {
  const warning = runsWarning(runs)
  const rows = runsRows(runs)
  // What differs first; the size belongs to every report.
  const [size, ...others] = rows
  const weight = ({ before, verdict }: RunsRow) => (before === null ? 0 : verdict === 'neutral' ? 1 : 2)
  const moved = [...others].sort((a, b) => weight(b) - weight(a))
  const chosen = new Set([...(size === undefined ? [] : [size]), ...moved].slice(0, MOST_CARDS))
  return html`<header class="head">
<p class="eyebrow"><span class="command">two runs</span></p>
<h1>${unbroken(shortened(runsHeadline(runs), LONGEST_HEADLINE))}</h1>
<dl class="runs">${runLine('Old', runs.old)}${runLine('New', runs.new)}</dl>
${warning === null ? null : html`<p class="warnings">${warning}</p>`}
<dl class="cards">${rows.filter((row) => chosen.has(row)).map(card)}</dl>
</header>
`
}

function runLine(label: string, report: Report): Markup {
  const { path } = resultOf(report)
  return html`<div><dt>${label}</dt><dd>${path === null ? '(no file)' : name(path)} <span class="quiet">${report.command}, ${day(report.times.startedAt)}</span> ${badge(report.verification)}</dd></div>
`
}

/** The new figure large; how it was in the old run, and before both, in a line of its own each. */
function card(row: RunsRow): Markup {
  const { label, original, before, after, note } = row
  return html`<div class="card${before === null ? ' same' : null}"><dt>${label}</dt><dd>
<span class="value">${bigNumber(after)}</span>
<span class="was-now">${chip(row)}</span>
<span class="states">${original === null ? null : html`<span><span>before</span> <b>${original}</b></span>`}<span><span>old</span> <b>${before ?? after}</b></span><span><span>new</span> <b>${after}</b></span></span>
${note === null ? null : html`<span class="note">${note}</span>`}</dd></div>
`
}

function figures(runs: Runs): Section {
  const rows = runsRows(runs)
  const origin = rows.some((row) => row.original !== null)
  const body = rows.map(
    (row) =>
      html`<tr><th scope="row">${row.label}</th>${origin ? html`<td class="number quiet">${row.original ?? ''}</td>` : null}<td class="number">${row.before ?? row.after}</td><td class="number strong">${row.after}</td><td>${chip(row)}</td><td class="quiet">${row.note ?? ''}</td></tr>
`,
  )
  return section(
    { id: 'figures', title: 'Figures' },
    null,
    wide(
      'Figures',
      html`<table><caption class="unseen">Every figure of both runs</caption><thead><tr><th scope="col">figure</th>${origin ? html`<th scope="col" class="number">before</th>` : null}<th scope="col" class="number">old</th><th scope="col" class="number">new</th><th scope="col">change</th><th scope="col">note</th></tr></thead><tbody>${body}</tbody></table>`,
    ),
  )
}

/** What each run was told and made with; what differs is marked, and says so. */
function origins(runs: Runs): Section {
  const all = settings(runs)
  const differing = all.filter(({ differs }) => differs).length
  const cell = (text: string) =>
    html`<td class="setting">${text === '' ? html`<span class="quiet">none</span>` : html`<code>${text}</code>`}</td>`
  const rows = all.map(
    (setting) =>
      html`<tr${setting.differs ? html` class="differs"` : null}><th scope="row">${setting.label}${setting.differs ? html` <span class="chip neutral">differs</span>` : null}</th>${cell(setting.old)}${cell(setting.new)}</tr>
`,
  )
  return section(
    { id: 'origins', title: 'How they were made', short: 'Settings' },
    `${count(differing)} of ${count(all.length)} settings differ.`,
    wide(
      'Settings',
      html`<table><caption class="unseen">Settings of both runs</caption><thead><tr><th scope="col">setting</th><th scope="col">old</th><th scope="col">new</th></tr></thead><tbody>${rows}</tbody></table>`,
    ),
  )
}

function notes(runs: Runs): Section | null {
  const list = ([label, { headlines }]: readonly [string, Report]) =>
    headlines.length === 0
      ? null
      : html`<figure><figcaption><h3>${label}</h3></figcaption><ul class="notes">${headlines.map((text) => html`<li>${shortened(text, 2 * LONGEST_HEADLINE)}</li>`)}</ul></figure>`
  const lists = (
    [
      ['Old', runs.old],
      ['New', runs.new],
    ] as const
  ).map(list)
  if (lists.every((made) => made === null)) return null
  return section(
    { id: 'notes', title: 'What each run said', short: 'Notes' },
    null,
    html`<div class="pair">${lists}</div>`,
  )
}
