import { type Content, html, type Markup, share } from '../markup.js'

/** A line across the plot with its label. */
export interface Tick {
  /** 0..1: from the bottom for a value, from the left for a position. */
  readonly at: number
  readonly text: string
}

export interface Plot {
  /** Of the page's own, for its title and description. */
  readonly id: string
  readonly title: string
  /** What one sees in it, for those who do not. */
  readonly description: string
  /** Of the area in pixels, without the labels below. */
  readonly height: number
  readonly yTicks: readonly Tick[]
  readonly xTicks: readonly Tick[]
  /** SVG: lengths across in percent, down in pixels. */
  readonly body: Content
}

/** Above the area: half of the label of its highest line. */
const TOP = 10
/** Below it, for the labels of the axis. */
const BOTTOM = 22

/**
 * An image that stretches to the width of the page while its text keeps its size: across everything is a percentage,
 * down everything a pixel. Labels of values stand left of it, in a margin that the style keeps.
 */
export function plot({ id, title, description, height, yTicks, xTicks, body }: Plot): Markup {
  const y = (fraction: number) => Number((TOP + (1 - fraction) * height).toFixed(1))
  const grid = yTicks.map(
    ({ at }) => html`<line class="grid${at === 0 ? ' base' : ''}" x1="0" x2="100%" y1="${y(at)}" y2="${y(at)}"/>`,
  )
  const labels = yTicks.map(({ at, text }) => html`<text class="tick end" x="-8" y="${y(at) + 4}">${text}</text>`)
  const within = xTicks.filter(({ at }) => at >= 0 && at <= 1)
  const below = within.map(
    ({ at, text }) =>
      html`<text class="tick ${anchor(at)}" x="${share(at)}" y="${TOP + height + BOTTOM - 6}">${text}</text>`,
  )
  return html`<svg class="plot${yTicks.some(({ text }) => text !== '') ? ' ruled' : ''}" role="img" aria-labelledby="${id}-t ${id}-d" height="${TOP + height + BOTTOM}">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${grid}<svg x="0" y="${TOP}" width="100%" height="${height}" overflow="visible">${body}</svg>${labels}${below}</svg>`
}

/**
 * What cannot be said in percent, stretched: a path in a box of 1000 by `height`.
 *
 * @param points  across 0..1, up 0..1
 */
export function path(className: string, points: readonly (readonly [x: number, y: number])[], height: number): Markup {
  const d = points.map(([x, y], i) => {
    const [px, py] = [Math.round(x * 1000), Number(((1 - y) * height).toFixed(1))]
    return `${i === 0 ? 'M' : 'L'}${px} ${py}`
  })
  return html`<svg viewBox="0 0 1000 ${height}" width="100%" height="${height}" preserveAspectRatio="none" overflow="visible"><path class="${className}" d="${d.join('')}"/></svg>`
}

/** The outline of columns that touch one another, from the base line up and back to it. */
export function steps(
  heights: readonly number[],
  from: number,
  to: number,
): readonly (readonly [x: number, y: number])[] {
  const at = (i: number) => from + ((to - from) * i) / heights.length
  return [[from, 0], ...heights.flatMap((h, i) => [[at(i), h] as const, [at(i + 1), h] as const]), [to, 0]]
}

/** A label at an edge must not leave the image. */
function anchor(at: number): string {
  return at < 0.06 ? 'start' : at > 0.94 ? 'end' : 'middle'
}
