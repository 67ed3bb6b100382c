import type { Form } from './form.js'
import { type Keys, REPORT_KEYS } from './keys.js'
import { metricValue, type Report } from './report.js'

/** Everything there is, for programs: equal reports give equal bytes, however their objects were put together. */
export const json = {
  name: 'json',
  ending: '.json',
  summary: 'everything, for programs',
  render(report: Report): string {
    const text = JSON.stringify(inOrder(report, REPORT_KEYS), (_, x) => (typeof x === 'number' ? metricValue(x) : x), 2)
    return `${text.replace(STEERING, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
  },
} satisfies Form

/** What JSON may hold as it is, and a terminal that shows the file would obey; it only occurs within strings. */
const STEERING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** The same value with its keys in order: the known ones as documented, after them the others by name. */
export function inOrder(value: unknown, keys: Keys): unknown {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, keys))
  if (typeof value !== 'object' || value === null) return value
  const known = typeof keys === 'string' ? {} : keys
  const given = value as Readonly<Record<string, unknown>> // any object that is no array is a record to JSON
  const others = Object.keys(given).filter((key) => !Object.hasOwn(known, key))
  const order = [...Object.keys(known).filter((key) => Object.hasOwn(given, key)), ...others.sort()]
  return Object.fromEntries(order.map((key) => [key, inOrder(given[key], known[key] ?? 'map')]))
}
