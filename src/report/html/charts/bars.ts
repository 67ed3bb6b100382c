import { type Content, html, type Markup, share } from '../markup.js'

/** Bars with names in one chart; what is smaller becomes one line, or another kind of chart is drawn. */
export const MOST_BARS = 14

export interface Bar {
  readonly name: Content
  /** 0..1 of the widest; null when there is only one state to show. */
  readonly before: number | null
  /** The same; null for a line of text alone. */
  readonly now: number | null
  /** What the bar says, as text. */
  readonly text: Content
  /** `rest` for what stands for many; `culprit` for what the chart is about. */
  readonly kind?: 'rest' | 'culprit'
}

/** A list whose lengths can be compared: name, bar, text. As the text says it all, the bars themselves are silent. */
export function bars(list: readonly Bar[]): Markup {
  return html`<ol class="bars">${list.map(barItem)}</ol>`
}

function barItem({ name, before, now, text, kind }: Bar): Markup {
  const rects =
    now === null
      ? null
      : before === null
        ? html`<rect class="now" y="5" width="${share(now)}" height="8" rx="2"/>`
        : html`<rect class="was" y="2" width="${share(before)}" height="6" rx="2"/><rect class="now" y="10" width="${share(now)}" height="6" rx="2"/>`
  return html`<li${kind === undefined ? null : html` class="${kind}"`}><span class="bar-name">${name}</span><svg aria-hidden="true" height="18">${rects}</svg><span class="bar-text">${text}</span></li>
`
}

/** What the two colours of a chart are. */
export function legend(was: string, now: string): Markup {
  return html`<p class="legend"><span class="key was"></span>${was}<span class="key now"></span>${now}</p>`
}
