import { curveRows, curveText } from '../../content/packing.js'
import { bytes, metricTexts, numeric, percent } from '../../format.js'
import type { PackingPointReport, PackingReport, Report } from '../../report.js'
import { path, plot, type Tick } from '../charts/plot.js'
import { linear, type Scale } from '../charts/scale.js'
import { type Content, html, type Markup, share, unbroken } from '../markup.js'
import { figure, wide } from '../section.js'

const HEIGHT = 180
/** Of the width, beside the outermost points. */
const MARGIN = 0.04
const MOST_TICKS = 5

/** What each size of the file is worth, on a logarithmic axis of bytes: an equal distance is an equal factor. */
export function curve({ packing, before }: Report): Markup | null {
  const points = packing?.curve ?? []
  const [first] = points
  if (packing === null || first === undefined) return null
  const values = points.map(({ value }) => numeric(value) ?? Number.NaN)
  const base = numeric(first.base) ?? Number.NaN
  const shown = [...withoutFar(values, base), base].filter(Number.isFinite)
  const y = linear(Math.min(...shown), Math.max(...shown), 4)
  const x = byteAxis(points)
  const places = points.map((point, i) => {
    const value = values[i] ?? Number.NaN
    const at = Number.isFinite(value) ? y.of(value) : point.better === 'higher' ? 0 : 1
    return { point, x: x.of(point.bytes), y: Math.min(1, Math.max(0, at)), isFar: at < 0 || at > 1 }
  })
  const course = path(
    'course',
    places.map((place) => [place.x, place.y] as const),
    HEIGHT,
  )
  return figure(
    `Size and ${first.metric}`,
    plot({
      id: 'packing-curve',
      title: `${first.metric} of packings, by the bytes of their files`,
      description: curveText(packing),
      height: HEIGHT,
      yTicks: y.ticks.map((tick) => ({ at: y.of(tick), text: tickText(first, tick) })),
      xTicks: x.ticks.map((tick): Tick => ({ at: x.of(tick), text: bytes(tick) })),
      body: [
        baseLine(base, y),
        course,
        places.map(dot),
        places.filter(({ isFar }) => isFar).map(farMark),
        mark(places),
      ],
    }),
    html`<p class="caption">${unbroken(curveText(packing))}${Number.isFinite(base) ? ` The dashed line is the model as it came in, ${bytes(before.bytes)}.` : null}</p>`,
    table({ packing, before }, packing),
  )
}

/** Beside one that is so many times further from the original, the others would look alike. */
const FAR = 8

/** The values that the axis has room for: without the few worst, where these are far beyond the others. */
function withoutFar(values: readonly number[], base: number): readonly number[] {
  const finite = values.filter(Number.isFinite)
  const losses = finite.map((value) => Math.abs(value - base)).sort((a, b) => b - a)
  let most = 0
  while (most + 3 < losses.length && (losses[most] ?? 0) > FAR * (losses[most + 1] ?? 0)) most++
  const farthest = losses[most] ?? 0
  return Number.isFinite(farthest) ? finite.filter((value) => Math.abs(value - base) <= farthest) : finite
}

/** On a logarithm, with round numbers for ticks. */
function byteAxis(points: readonly PackingPointReport[]): Scale {
  const logs = points.map((point) => Math.log(Math.max(1, point.bytes)))
  const [least, most] = [Math.min(...logs), Math.max(...logs)]
  const room = (most - least || 1) * MARGIN
  const [from, to] = [least - room, most + room]
  const round = [1, 2, 5].flatMap((factor) => Array.from({ length: 13 }, (_, power) => factor * 10 ** power))
  const within = round.filter((n) => Math.log(n) >= from && Math.log(n) <= to).sort((a, b) => a - b)
  const every = Math.ceil(within.length / MOST_TICKS)
  return {
    of: (n) => (Math.log(Math.max(1, n)) - from) / (to - from),
    ticks: within.length < 2 ? points.map((point) => point.bytes) : within.filter((_, i) => i % every === 0),
  }
}

/** Round, so that as few digits do as the distance of ticks needs. */
function tickText({ unit }: PackingPointReport, tick: number): string {
  if (unit === 'fraction') return percent(tick)
  return unit === 'dB' ? `${tick} dB` : String(tick)
}

function baseLine(base: number, y: Scale): Content {
  if (!Number.isFinite(base)) return null
  const at = down(y.of(base))
  return html`<line class="original" x1="0" x2="100%" y1="${at}" y2="${at}"/>`
}

interface PlacedPoint {
  readonly point: PackingPointReport
  readonly x: number
  readonly y: number
  /** Beyond the axis, at whose end it stands. */
  readonly isFar: boolean
}

function farMark({ point, x, y }: PlacedPoint): Markup {
  const end = x > 0.8
  const text = `${y < 0.5 ? '↓' : '↑'} ${valueText(point)}`
  return html`<text class="tick far${end ? ' end' : ''}" x="${share(x)}" dx="${end ? 6 : -6}" y="${y < 0.5 ? down(y) - 10 : 18}">${text}</text>`
}

function dot({ point, x, y }: PlacedPoint): Markup {
  const text = `${point.bound}: ${bytes(point.bytes)}, ${point.metric} ${valueText(point)}`
  return html`<circle class="dot${point.chosen ? ' taken' : ''}" cx="${share(x)}" cy="${down(y)}" r="${point.chosen ? 6 : 4}"><title>${text}</title></circle>`
}

/** The one that was taken has its size beside it, below the line, where there is nothing else. */
function mark(places: readonly PlacedPoint[]): Content {
  const taken = places.find(({ point }) => point.chosen)
  if (taken === undefined) return null
  const right = taken.x > 0.6
  return html`<text class="taken${right ? ' end' : ''}" x="${share(taken.x)}" dx="${right ? -8 : 8}" y="${Math.min(HEIGHT - 4, down(taken.y) + 20)}">${bytes(taken.point.bytes)}, ${valueText(taken.point)}</text>`
}

function valueText({ unit, base, value }: PackingPointReport): string {
  return metricTexts({ unit, before: base, after: value }).after
}

function down(y: number): number {
  return Number(((1 - y) * HEIGHT).toFixed(1))
}

function table(report: Pick<Report, 'packing' | 'before'>, { curve: points }: PackingReport): Markup {
  const rows = curveRows(report).map(
    (row) =>
      html`<tr${row.chosen ? html` class="differs"` : null}><th scope="row">${row.bound}${row.chosen ? html` <span class="chip better">taken</span>` : null}</th><td class="number">${row.bytes}</td><td class="number">${row.value}</td><td class="number quiet">${row.loss}</td></tr>
`,
  )
  const content = html`<table><caption class="unseen">Packings that were tried</caption><thead><tr><th scope="col">tried</th><th scope="col" class="number">size</th><th scope="col" class="number">${points[0]?.metric ?? ''}</th><th scope="col" class="number">change</th></tr></thead><tbody>${rows}</tbody></table>`
  return html`<details><summary>${`All ${points.length} that were tried`}</summary>${wide('Tried', content)}</details>`
}
