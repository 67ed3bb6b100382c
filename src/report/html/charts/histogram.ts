import type { DistributionReport } from '../../report.js'
import { html, type Markup, share } from '../markup.js'
import { path, steps } from './plot.js'

const HEIGHT = 64

/**
 * How values are distributed, before in outline and after filled: densities on one axis, so that areas compare.
 *
 * @param text  what one sees in it
 */
export function histogram(before: DistributionReport | null, after: DistributionReport | null, text: string): Markup {
  const shown = [before, after].filter((d) => d !== null)
  const min = Math.min(...shown.map((d) => d.min))
  const max = Math.max(...shown.map((d) => d.max))
  const highest = Math.max(Number.MIN_VALUE, ...shown.flatMap((d) => densities(d)))
  const width = max > min ? max - min : 1
  const x = (value: number) => (value - min) / width
  const outline = (d: DistributionReport) =>
    steps(
      densities(d).map((h) => h / highest),
      x(d.min),
      d.max > d.min ? x(d.max) : 1,
    )
  const zero = min < 0 && max > 0 ? x(0) : null
  return html`<svg class="histogram" role="img" aria-label="${text}" height="${HEIGHT + 2}">
${after === null ? null : path('area', outline(after), HEIGHT)}${before === null ? null : path(after === null ? 'area' : 'outline', outline(before), HEIGHT)}
${zero === null ? null : html`<line class="zero" x1="${share(zero)}" x2="${share(zero)}" y1="0" y2="${HEIGHT}"/>`}<line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}"/></svg>`
}

/** Values per unit of the axis. */
function densities({ min, max, histogram: bins }: DistributionReport): readonly number[] {
  const width = max > min ? (max - min) / Math.max(1, bins.length) : 1
  return bins.map((n) => n / width)
}
