import { headlineRows } from '../../content/headline-rows.js'
import { count, duration, plural } from '../../format.js'
import type { Report, VerificationReport } from '../../report.js'
import { html, type Markup, name, shortened, unbroken } from '../markup.js'
import { cards } from './cards.js'

/** Names in it may be of any length. */
const LONGEST_HEADLINE = 300

/** What came out, in one sentence and a handful of numbers. */
export function head(report: Report): Markup {
  const [headline] = report.headlines
  const { times, tool } = report
  return html`<header class="head">
<p class="eyebrow"><span class="command">${report.command}</span> ${files(report)}</p>
<h1>${unbroken(shortened(headline ?? fallback(report), LONGEST_HEADLINE))}</h1>
<p class="meta">${badge(report.verification)}<span>${day(times.startedAt)}</span><span>${duration(times.seconds)}</span><span>${tool.name} ${tool.version}</span></p>
${cards(headlineRows(report))}
</header>
`
}

/** Without a headline the page still begins with what it is about. */
function fallback({ command, before }: Report): string {
  return before.layers.length > 0
    ? `${plural(before.parameters, 'parameter')} in ${plural(before.layers.length, 'layer')}`
    : `mcompress ${command}: ${count(before.nodes)} nodes`
}

export function files({ before, after }: Report): Markup {
  const from = before.path === null ? '(stream)' : name(before.path)
  if (after === null) return html`${from}`
  return html`${from} <span class="arrow" aria-label="to">→</span> ${after.path === null ? '(no file)' : name(after.path)}`
}

/** How far the result was verified, never by colour alone. */
export function badge(verification: VerificationReport | null): Markup | null {
  if (verification === null) return null
  const { level, detail } = verification
  return html`<span class="badge ${level === 'run' ? 'better' : 'caution'}"><span aria-hidden="true">${level === 'run' ? '✓' : '!'}</span> Verified: ${detail}</span>`
}

/** `2025-01-02 03:04 UTC`: the same wherever the page is opened. */
export function day(startedAt: string): Markup {
  return html`<time datetime="${startedAt}">${startedAt.slice(0, 16).replace('T', ' ')} UTC</time>`
}
