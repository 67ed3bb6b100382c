import { bytes, scaled } from '../size.js'
import type { MetricReport, MetricValue } from './report.js'

export { bytes }

/** Stands for what is not known. */
export const NONE = '–'

/** Between groups of three digits: narrow, and no place to break a line (ISO 80000-1, 7.3.1). */
const GROUP = '\u202f'

const COUNT_UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const

/**
 * `44 426`, grouped and exact, when that takes no more than `room` characters; else `266.6 k`, `4.09 G`.
 * The default holds a billion.
 */
export function count(n: number, room = 13): string {
  const exact = grouped(n)
  return exact.length <= room ? exact : scaled(n, COUNT_UNITS)
}

/** `1 node`, `12 nodes`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/**
 * A fraction as `89.8 %`. Exactly nothing and everything are `0 %` and `100 %`, and nothing else is.
 *
 * @param digits  decimals; as many as the number needs without it
 */
export function percent(fraction: number, digits = percentDigits(fraction)): string {
  if (!Number.isFinite(fraction)) return special(fraction)
  if (Number.isInteger(fraction)) return `${fraction * 100} %`
  const text = (fraction * 100).toFixed(digits)
  if (Number(text) === 0) return `${fraction < 0 ? '>-' : '<'}${(10 ** -digits).toFixed(digits)} %`
  if (Number(text) === 100 && fraction < 1) return `>${(100 - 10 ** -digits).toFixed(digits)} %`
  return `${text} %`
}

/** Decimals (1 to 3) with which different fractions look different, and none looks like 0 % or 100 % that is not. */
export function percentDigits(...fractions: readonly number[]): number {
  return tellingDigits([0, 1, ...fractions], 1, 3, (f, digits) => (f * 100).toFixed(digits))
}

/** The difference of two fractions in percentage points: `-0.3 pp`, `+79.9 pp`, `<+0.001 pp`; with more digits where it would be 0. */
export function points(delta: number, digits = 1): string {
  const hidden = delta !== 0 && Number((delta * 100).toFixed(digits)) === 0
  if (hidden)
    return digits < 3 ? points(delta, digits + 1) : `${delta < 0 ? '>-' : '<+'}${(10 ** -digits).toFixed(digits)} pp`
  return `${signed(delta * 100, (n) => n.toFixed(digits))} pp`
}

/** How a size changed, in the words for less and more of it. */
export interface ChangeWords {
  readonly less: string
  readonly more: string
  /** For a difference too small to show as a percentage. */
  readonly exact: (n: number) => string
}

export const SIZE_WORDS: ChangeWords = { less: 'smaller', more: 'larger', exact: bytes }
export const COUNT_WORDS: ChangeWords = { less: 'fewer', more: 'more', exact: (n) => count(n) }

/** `4.2x smaller` from a factor of 1.5 on, `-12.3 %` below it, `+16 B` when that would be nothing. */
export function sizeChange(before: number, after: number, words: ChangeWords): string {
  if (before === after) return 'unchanged'
  const delta = after - before
  if (before === 0) return signed(delta, words.exact)
  if (after === 0) return '-100 %'
  if (Math.abs(delta / before) < 0.0005) return signed(delta, words.exact)
  const factor = Math.max(before / after, after / before)
  if (factor >= 1.5) return `${ratio(factor)} ${delta < 0 ? words.less : words.more}`
  return `${signed((delta / before) * 100, (n) => n.toFixed(1))} %`
}

/** `4.2x`, `118x`. */
export function ratio(factor: number): string {
  return `${factor < 99.95 ? factor.toFixed(1) : grouped(Math.round(factor))}x`
}

/** `42.1 dB`. */
export function decibels(value: number, digits = 1): string {
  return `${Number.isFinite(value) ? value.toFixed(digits) : special(value)} dB`
}

/** `310 ms`, `2.3 s`, `1 min 12 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `4.82 µs`, `0.114 ms`, `12.4 ms`, `1.30 s`: three digits. */
export function milliseconds(ms: number): string {
  if (ms > 0 && ms < 0.1) return `${threeDigits(ms * 1000)} µs`
  return ms < 999.5 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`
}

/** `64×3×7×7`; `scalar` without dimensions. */
export function shape(dims: readonly number[]): string {
  return dims.length === 0 ? 'scalar' : dims.join('×')
}

/** A metric before and after with as many digits as tell the two apart, and the difference. */
export function metricTexts(metric: Pick<MetricReport, 'unit' | 'before' | 'after'>): {
  readonly before: string
  readonly after: string
  readonly change: string | null
} {
  const [before, after] = [numeric(metric.before), numeric(metric.after)]
  const show = metricFormat(metric.unit, [before, after])
  const delta = before === null || after === null ? null : Object.is(before, after) ? 0 : after - before
  return {
    before: before === null ? NONE : show.value(before),
    after: after === null ? NONE : show.value(after),
    change: delta === null || !Number.isFinite(delta) ? null : delta === 0 ? 'unchanged' : show.delta(delta),
  }
}

/** A number of any size with up to so many significant digits. */
export function number(value: MetricValue, digits = 4): string {
  return significant(Number(value), digits)
}

/** The number behind a value of the report. */
export function numeric(value: MetricValue | null): number | null {
  return value === null ? null : Number(value)
}

/** Control characters and those that turn the direction of text as escapes: a name from a file must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (c) => ESCAPES[c] ?? `\\u{${c.charCodeAt(0).toString(16)}}`,
  )
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

interface MetricFormat {
  readonly value: (n: number) => string
  readonly delta: (n: number) => string
}

function metricFormat(unit: MetricReport['unit'], values: readonly (number | null)[]): MetricFormat {
  const known = values.filter((v) => v !== null && Number.isFinite(v)) as number[] // the filter leaves only numbers
  if (unit === 'fraction') {
    const digits = percentDigits(...known)
    return { value: (n) => percent(n, digits), delta: (n) => points(n, digits) }
  }
  if (unit === 'dB') {
    const digits = tellingDigits(known, 1, 3, decibels)
    return { value: (n) => decibels(n, digits), delta: (n) => signed(n, (size) => decibels(size, digits)) }
  }
  const digits = tellingDigits(known, 4, 9, significant)
  return { value: (n) => significant(n, digits), delta: (n) => signed(n, (size) => significant(size, 3)) }
}

/** Significant digits; powers of ten where zeros would hide the number. */
function significant(n: number, digits: number): string {
  if (!Number.isFinite(n)) return special(n)
  if (n === 0) return '0'
  const size = Math.abs(n)
  if (size < 1e-4 || size >= 1e7) return n.toExponential(digits - 2)
  return Number.isInteger(n) ? grouped(n) : String(Number(n.toPrecision(digits)))
}

/** The fewest digits, from `least` to `most`, with which different numbers are different texts. */
function tellingDigits(
  numbers: readonly number[],
  least: number,
  most: number,
  format: (n: number, digits: number) => string,
): number {
  const distinct = [...new Set(numbers)]
  for (let digits = least; digits < most; digits++) {
    if (new Set(distinct.map((n) => format(n, digits))).size === distinct.length) return digits
  }
  return most
}

/** The sign always stands there, and no other: `+0.3`, `-0.3`. */
function signed(n: number, format: (size: number) => string): string {
  return `${n < 0 ? '-' : '+'}${format(Math.abs(n))}`
}

function special(n: number): string {
  return Number.isNaN(n) ? 'NaN' : n < 0 ? '-∞' : '∞'
}

function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, GROUP)
}

/** `0.114`, `1.14`, `11.4`, `114`. */
function threeDigits(n: number): string {
  const digits = n < 0.9995 ? 3 : n < 9.995 ? 2 : n < 99.95 ? 1 : 0
  return digits === 0 ? grouped(Math.round(n)) : n.toFixed(digits)
}
