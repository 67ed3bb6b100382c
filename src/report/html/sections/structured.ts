import {
  blockRows,
  foundText,
  groupRows,
  groupsText,
  hindrances,
  keptText,
  named,
  oracleText,
  PREPARED,
  prunedRows,
  recoveredRows,
  widthOf,
} from '../../content/structured.js'
import { bytes, count, percent, plural } from '../../format.js'
import type { FrozenReport, GroupReport, Report, StructuredReport } from '../../report.js'
import { bars, legend, MOST_BARS } from '../charts/bars.js'
import { plot } from '../charts/plot.js'
import { linear } from '../charts/scale.js'
import { type Content, html, type Markup, name, share } from '../markup.js'
import { figure, type Section, section, wide } from '../section.js'
import { targetList } from './anatomy.js'
import { BEFORE_AFTER } from './states.js'

/** Columns that still have a width on a phone. */
const MOST_COLUMNS = 400
const MOST_ROWS = 400
const MOST_REASONS = 100
const MOST_MEMBERS = 6
const LONGEST = 400

/** What structured pruning removed of each group, what stood in its way, and what made up for it. */
export function structured(report: Report): Section | null {
  const { structured: pruned } = report
  if (pruned === null) return null
  return section(
    { id: 'structured', title: 'Channels that went', short: 'Channels' },
    html`Goal: ${pruned.goal.slice(0, LONGEST)}. ${groupsText(pruned)}${pruned.oracle === null ? null : ` Verified: ${oracleText(pruned.oracle)}.`}`,
    widths(
      pruned.groups.map((group) => {
        const [before, now] = widthOf(group)
        return { name: group.name, before, now }
      }),
      true,
    ),
    prunedTable(pruned),
    blocks(pruned),
    recovered(pruned),
    frozenList('Could not be cut', pruned.frozen),
  )
}

/** What structured pruning could remove, and what has to stay. */
export function groups(report: Report): Section | null {
  const { groups: found } = report
  if (found === null) return null
  const rows = groupRows(found, MOST_ROWS).map(
    (row) =>
      html`<tr><th scope="row">${name(row.name, 60)}</th><td>${row.kind}</td><td class="number strong">${row.units}</td><td class="number">${row.channels}</td><td class="number">${row.macs}</td><td class="number">${row.bytes}</td><td class="members">${members(row)}</td></tr>
`,
  )
  return section(
    { id: 'groups', title: 'What can be removed', short: 'Groups' },
    html`${foundText(found)} ${PREPARED}`,
    widths(
      found.groups.map((group) => ({
        name: group.name,
        before: null,
        now: group.kind === 'heads' ? group.units : group.channels,
      })),
      false,
    ),
    rows.length === 0
      ? null
      : wide(
          'Groups',
          html`<table><caption class="unseen">Groups of channels</caption><thead><tr>${heads(['group', ''], ['units', 'channels', 'MACs', 'bytes'], ['layers'])}</tr></thead><tbody>${rows}</tbody></table>`,
        ),
    rest(found.groups.length),
    frozenList('Have to stay', found.frozen),
    found.blocked.length === 0
      ? null
      : figure(
          'Not followed',
          html`<ul class="groups">${grouped(found.blocked).map(
            ([
              why,
              nodes,
            ]) => html`<li><p><strong>${why.slice(0, LONGEST)}</strong> <span class="quiet">${plural(nodes.length, 'node')}</span></p>${targetList(nodes)}</li>
`,
          )}</ul>`,
        ),
  )
}

interface Width {
  readonly name: string
  readonly before: number | null
  readonly now: number
}

/** Few groups as bars with their names, many as columns in the order of the graph: the course through the network. */
function widths(all: readonly Width[], compared: boolean): Markup | null {
  if (all.length === 0) return null
  const title = 'Width of each group'
  const widest = Math.max(1, ...all.map(({ before, now }) => before ?? now))
  if (all.length > MOST_BARS + 1) return columns(all, compared, title, widest)
  const items = all.map((group) => ({
    name: name(group.name, 28),
    before: group.before === null ? null : group.before / widest,
    now: group.now / widest,
    text: html`${group.before === null ? null : html`<span class="quiet">${count(group.before)} →</span> `}${count(group.now)}`,
  }))
  return figure(title, compared ? legend(...BEFORE_AFTER) : null, bars(items))
}

const HEIGHT = 180

function columns(all: readonly Width[], compared: boolean, title: string, widest: number): Markup {
  const shown = all.slice(0, MOST_COLUMNS)
  const y = linear(0, widest, 4)
  const column = (className: string, value: number, i: number, text: Content) => {
    const height = Number((y.of(value) * HEIGHT).toFixed(1))
    return html`<rect class="${className}" x="${share((i + 0.1) / shown.length, 3)}" width="${share(0.8 / shown.length, 3)}" y="${Number((HEIGHT - height).toFixed(1))}" height="${height}">${text}</rect>`
  }
  const body = shown.map((group, i) => {
    const text = html`<title>${widthText(group)}</title>`
    return [group.before === null ? null : column('was', group.before, i, text), column('now', group.now, i, text)]
  })
  const [most] = [...shown].sort((a, b) => (b.before ?? b.now) - (a.before ?? a.now))
  const caption = `${most === undefined ? '' : `The widest: ${widthText(most)}.`}${all.length > shown.length ? ` The first ${MOST_COLUMNS} of ${plural(all.length, 'group')}.` : ''}`
  return figure(
    title,
    compared ? legend(...BEFORE_AFTER) : null,
    plot({
      id: compared ? 'structured-widths' : 'group-widths',
      title: 'Channels or heads of each group, in the order of the graph',
      description: caption,
      height: HEIGHT,
      yTicks: y.ticks.map((tick) => ({ at: y.of(tick), text: count(tick) })),
      xTicks: [
        { at: 0, text: 'input' },
        { at: 1, text: 'output' },
      ],
      body,
    }),
    html`<p class="caption">${caption}</p>`,
  )
}

function widthText({ name: text, before, now }: Width): string {
  return `${text.slice(0, 120)} ${before === null ? count(now) : `${count(before)} → ${count(now)} (${percent(before === 0 ? 1 : now / before, 0)})`}`
}

function prunedTable(pruned: StructuredReport): readonly (Markup | null)[] {
  const shown = prunedRows(pruned, MOST_ROWS)
  if (shown.length === 0) return []
  const rows = shown.map(
    (row) =>
      html`<tr><th scope="row">${name(row.name, 60)}</th><td>${row.kind}</td><td class="number"><i>${row.before} →</i> <span class="strong">${row.after}</span></td><td class="number">${row.leftText}</td><td class="members">${members(row)}</td></tr>
`,
  )
  return [
    wide(
      'Groups',
      html`<table><caption class="unseen">Groups of channels that went together</caption><thead><tr>${heads(['group', ''], ['width', 'left'], ['layers'])}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
    rest(pruned.groups.length),
  ]
}

function members({ producers, consumers }: Pick<GroupReport, 'producers' | 'consumers'>): Markup {
  const some = (names: readonly string[]) =>
    names.length === 0 ? 'none' : named(names, MOST_MEMBERS).slice(0, LONGEST)
  return html`<span class="quiet">made by</span> ${some(producers)}; <span class="quiet">read by</span> ${some(consumers)}`
}

function blocks(pruned: StructuredReport): Markup | null {
  const rows = blockRows(pruned, MOST_ROWS).map(
    (row) =>
      html`<tr${row.removed ? html` class="differs"` : null}><th scope="row">${name(row.name, 60)}${row.removed ? html` <span class="chip better">removed</span>` : null}</th><td class="number">${row.change}</td><td class="number">${row.macs}</td><td class="number">${row.bytes}</td></tr>
`,
  )
  if (rows.length === 0) return null
  return figure(
    'Residual blocks',
    wide(
      'Residual blocks',
      html`<table><caption class="unseen">Residual blocks, and how much outputs change without each</caption><thead><tr>${heads(['block'], ['outputs change without it', 'MACs', 'bytes'])}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
  )
}

function recovered(pruned: StructuredReport): Markup | null {
  const rows = recoveredRows(pruned, MOST_ROWS).map(
    (row) =>
      html`<tr><th scope="row">${name(row.target, 60)}</th><td>${row.what}</td><td class="number">${row.after === '' ? null : html`<i>${row.before} →</i> <span class="strong">${row.after}</span>`}</td></tr>
`,
  )
  if (rows.length === 0) return null
  return figure(
    'Recovered on data',
    wide(
      'Recovered layers',
      html`<table><caption class="unseen">Layers that were adjusted</caption><thead><tr>${heads(['layer', 'what'], ['error'])}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
  )
}

function frozenList(title: string, frozen: readonly FrozenReport[]): Markup | null {
  if (frozen.length === 0) return null
  const all = hindrances(frozen)
  return figure(
    title,
    html`<ul class="groups">${all.slice(0, MOST_REASONS).map(
      ({ by, why, layers, bytes: size }) =>
        html`<li><p><strong>${by.slice(0, LONGEST)}</strong>: ${why.slice(0, LONGEST)} <span class="quiet">${plural(layers.length, 'layer')}, ${bytes(size)}</span></p>${targetList(layers.map(keptText))}</li>
`,
    )}</ul>`,
    all.length > MOST_REASONS
      ? html`<p class="caption">... and ${count(all.length - MOST_REASONS)} more reasons: the JSON report has all.</p>`
      : null,
  )
}

function grouped(blocked: readonly { readonly node: string; readonly why: string }[]): [string, string[]][] {
  const byReason = new Map<string, string[]>()
  for (const { node, why } of blocked) byReason.set(why, [...(byReason.get(why) ?? []), node])
  return [...byReason].sort(([, a], [, b]) => b.length - a.length)
}

function heads(texts: readonly string[], numbers: readonly string[], last: readonly string[] = []): Content {
  return [
    texts.map((text) => html`<th scope="col">${text}</th>`),
    numbers.map((text) => html`<th scope="col" class="number">${text}</th>`),
    last.map((text) => html`<th scope="col">${text}</th>`),
  ]
}

function rest(n: number): Markup | null {
  return n > MOST_ROWS
    ? html`<p class="caption">... and ${count(n - MOST_ROWS)} more: the JSON report has all.</p>`
    : null
}
