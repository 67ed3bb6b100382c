import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `500ms`, `3s`, `1.5min`; 0 needs no unit. @throws UsageError, without the name of what it is for */
export function milliseconds(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?|\.\d+) ?([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = UNITS_MS[unit.toLowerCase()]
  if (number !== '' && factor !== undefined) return Number(number) * factor
  if (number !== '' && Number(number) === 0 && unit === '') return 0
  throw new UsageError(`is "${text}"; it must be a duration: 500ms, 3s or 1min.`)
}

/** A flag whose value is a duration; its value is milliseconds. */
export const durationFlag = Flags.custom<number>({
  parse: async (text) => milliseconds(text),
})
