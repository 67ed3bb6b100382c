import type { Report } from '../../report.js'
import { html, type Markup, shortened, unbroken } from '../markup.js'

/** Names in it may be of any length. */
const LONGEST = 600

/** What there is to know or to do, beside the headline: it stands with it, and is no section of its own. */
export function next({ headlines }: Report): Markup | null {
  const [, ...more] = headlines
  if (more.length === 0) return null
  return html`<aside class="next" aria-label="What to know and to do next"><ul>${more.map((text) => html`<li>${unbroken(shortened(text, LONGEST))}</li>`)}</ul></aside>
`
}
