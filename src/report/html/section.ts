import { type Content, html, type Markup } from './markup.js'

/** A part of the page, with its place in the navigation. */
export interface Section {
  readonly id: string
  /** In the navigation. */
  readonly short: string
  readonly body: Markup
}

/** @param lead  the message of the section in a sentence or two; null where it has none but its content */
export function section(
  { id, title, short = title }: { readonly id: string; readonly title: string; readonly short?: string },
  lead: Content,
  ...body: readonly Content[]
): Section {
  return {
    id,
    short,
    body: html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${lead === null ? null : html`<p class="lead">${lead}</p>`}
${body}
</section>
`,
  }
}

/** A chart or a table with the heading that says what it is. */
export function figure(title: string, ...body: readonly Content[]): Markup {
  return html`<figure><figcaption><h3>${title}</h3></figcaption>${body}</figure>
`
}

/** What is wider than a phone scrolls in a frame of its own, also by keyboard. */
export function wide(label: string, body: Content): Markup {
  return html`<div class="wide" role="region" aria-label="${label}" tabindex="0">${body}</div>`
}
