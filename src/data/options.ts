import { UsageError } from '../errors.js'
import { nearest } from '../nearest.js'
import type { DataSource } from './dataset.js'

/** What a number must be, for {@link numberOption}. */
export interface NumberLimits {
  readonly min?: number
  readonly max?: number
  readonly whole?: boolean
}

/** @throws UsageError that quotes the option, says what it must be, and how to mend it */
export function badOption(source: DataSource, key: string, problem: string, remedy: string): UsageError {
  return new UsageError(`Option ${key}=${source.options[key] ?? ''} of "${source.spec}" ${problem}.`, {
    suggestions: [remedy],
  })
}

/** A number, or a fraction such as `1/255`. */
export function numberOption(source: DataSource, key: string, limits: NumberLimits = {}): number | undefined {
  const text = source.options[key]
  if (text === undefined) return undefined
  const value = parseNumber(text)
  if (value === null) throw badOption(source, key, 'is no number', `Write for example ${key}=1 or ${key}=1/255.`)
  checkLimits(source, key, value, limits)
  return value
}

/** Numbers separated by commas; undefined when the option is not given. */
export function numbersOption(source: DataSource, key: string, limits: NumberLimits = {}): number[] | undefined {
  const text = source.options[key]
  if (text === undefined) return undefined
  return text.split(',').map((part) => {
    const value = parseNumber(part)
    if (value === null) throw badOption(source, key, `has "${part}", which is no number`, `Write ${key}=0.5,0.5,0.5.`)
    checkLimits(source, key, value, limits)
    return value
  })
}

/** One of a few words. */
export function choiceOption<T extends string>(source: DataSource, key: string, choices: readonly T[]): T | undefined {
  const text = source.options[key]
  if (text === undefined) return undefined
  const choice = choices.find((c) => c.toLowerCase() === text.toLowerCase())
  if (choice !== undefined) return choice
  const near = nearest(text, choices)
  throw badOption(
    source,
    key,
    `is none of ${choices.join(', ')}`,
    near === undefined ? `Write ${key}=${choices[0] ?? ''}.` : `Did you mean ${key}=${near}?`,
  )
}

/** A list of words separated by commas; none of them empty. */
export function listOption(source: DataSource, key: string): string[] | undefined {
  const text = source.options[key]
  if (text === undefined) return undefined
  const items = text.split(',').map((item) => item.trim())
  if (items.some((item) => item === '')) {
    throw badOption(source, key, 'has an empty entry', 'Separate the entries by one comma each.')
  }
  return items
}

/** A field that the user asks for, and where it is taken from: `label:y_test`, or `x` for both. */
export interface FieldChoice {
  readonly name: string
  readonly from: string
}

/** `fields=x,label:y`: the fields by name, each with the place it comes from. */
export function fieldsOption(source: DataSource): FieldChoice[] | undefined {
  const choices = listOption(source, 'fields')?.map((item) => {
    const colon = item.indexOf(':')
    return colon < 0 ? { name: item, from: item } : { name: item.slice(0, colon), from: item.slice(colon + 1) }
  })
  const seen = new Set<string>()
  for (const { name, from } of choices ?? []) {
    if (name === '' || from === '') {
      throw badOption(source, 'fields', 'has an entry without a name', 'Write fields=NAME:SOURCE,NAME:SOURCE.')
    }
    if (seen.has(name)) throw badOption(source, 'fields', `names "${name}" twice`, 'Give every field its own name.')
    seen.add(name)
  }
  return choices
}

function parseNumber(text: string): number | null {
  const parts = text.split('/')
  if (parts.length > 2 || parts.some((part) => part.trim() === '')) return null
  const [numerator, denominator] = parts.map(Number)
  const value = (numerator ?? Number.NaN) / (denominator ?? 1)
  return Number.isFinite(value) ? value : null
}

function checkLimits(source: DataSource, key: string, value: number, { min, max, whole }: NumberLimits): void {
  if (whole === true && !Number.isInteger(value)) {
    throw badOption(source, key, 'is not a whole number', `Write for example ${key}=${min ?? 1}.`)
  }
  if (min !== undefined && value < min) throw badOption(source, key, `is below ${min}`, `Write ${key}=${min} or more.`)
  if (max !== undefined && value > max) throw badOption(source, key, `is above ${max}`, `Write ${key}=${max} or less.`)
}
