import { printable } from '../format.js'
import { shorten } from '../text/width.js'

/** Text that is HTML already. Only {@link html} makes it, so that nothing reaches a page without being escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text is escaped, nothing is left out, lists follow one another. */
export type Content = Markup | string | number | null | false | readonly Content[]

/** A piece of a page: html`<p title="${name}">${text}</p>`. Attributes always stand in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, i) => `${part}${written(values[i] ?? null)}`).join(''))
}

/** Text that shows as it is, in an element as in an attribute; what would turn or hide it is shown as an escape. */
export function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** Of anything: a page is to be opened, whatever a model's author thought of. */
const LONGEST_TEXT = 8000
/** Names longer than this are cut in the middle; the JSON report has them whole. */
const LONGEST_NAME = 72
/** What a tooltip holds of them. */
const LONGEST_TITLE = 400

/** The name of a weight, a node or a file: in the type of code, never in the way of the text around it. */
export function name(text: string, longest = LONGEST_NAME): Markup {
  const whole = shortened(text, LONGEST_TITLE)
  const shown = shortened(text, longest)
  if (shown === '') return html`<span class="quiet">(unnamed)</span>`
  return shown === whole ? html`<code>${shown}</code>` : html`<code title="${whole}">${shown}</code>`
}

/** Cut in the middle; names of many thousand characters without looking at all of them. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest / 2) return text // no character takes more than two columns
  const room = 2 * longest
  const near = text.length > 2 * room ? `${text.slice(0, room)}…${text.slice(-room)}` : text
  return shorten(printable(near), longest)
}

/** Keeps a number and its unit on one line: `89.8 %`, `1.73 MB`, `-0.3 pp`. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=%|[kMGT]?B\b|dB\b|pp\b|ms\b)/g, '$1\u00a0')
}

/**
 * A fraction as a length in SVG: `37.25%`. Lengths in percent let a chart stretch while its text keeps its size.
 *
 * @param digits  decimals; more of them where one may zoom in
 */
export function share(fraction: number, digits = 2): string {
  const bounded = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0
  return `${Number((bounded * 100).toFixed(digits))}%`
}

/** For those who hear the page, or print it without its colours. */
export function unseen(text: string): Markup {
  return html`<span class="unseen">${text}</span>`
}

function written(content: Content): string {
  if (content === null || content === false) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'object') return content.map(written).join('')
  const text = String(content)
  return escaped(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text)
}
