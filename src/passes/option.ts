import { UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'

/** One option of a pass: the flag, the recipe key, its check and its place in the docs all come from here. */
export interface Option<T> {
  readonly kind: 'value' | 'flag' | 'list'
  /** What stands for the value in help: `FRACTION`, `2:4`. */
  readonly value: string
  readonly summary: string
  readonly choices?: readonly string[]
  readonly default: T
  /** How the default is shown, where the value does not say it. */
  readonly shownDefault?: string
  /**
   * @param raw   from the command line a string (list: strings; flag: boolean), from a recipe any YAML value
   * @param name  for messages
   * @throws UsageError
   */
  parse(raw: unknown, name: string): T
}

export type Options = Readonly<Record<string, Option<unknown>>>
export type ValuesOf<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never }

interface Init<T> {
  readonly summary: string
  readonly default: T
  readonly shownDefault?: string
}

/** `0.8` or `80%`; 0 to 1. */
export function fraction<T extends number | null>(init: Init<T>): Option<T | number> {
  return { kind: 'value', value: 'FRACTION', ...init, parse: (raw, name) => parseFraction(raw, name) }
}

export function parseFraction(raw: unknown, name: string): number {
  const text = String(raw).trim()
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?%?$/i.test(text)
    ? text.endsWith('%')
      ? Number(text.slice(0, -1)) / 100
      : Number(text)
    : Number.NaN
  if (value >= 0 && value <= 1) return value
  throw new UsageError(`${name} is "${text}"; it must be a fraction from 0 to 1.`, {
    suggestions: [
      value >= 2 && value <= 100 && !text.endsWith('%')
        ? `Did you mean ${value / 100} (or ${value}%)?`
        : 'For example 0.8, or 80%.',
    ],
  })
}

/** A whole number from 1 on. */
export function count<T extends number | null>(init: Init<T> & { readonly value: string }): Option<T | number> {
  return {
    kind: 'value',
    ...init,
    parse: (raw, name) => {
      const text = String(raw).trim()
      const value = Number(text)
      if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value
      throw new UsageError(`${name} is "${text}"; it must be a whole number, 1 or more.`, {
        suggestions: ['For example 128.'],
      })
    },
  }
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

/** Bytes: `4MB`, `512KiB`, `800000`. */
export function size<T extends number | null>(init: Init<T>): Option<T | number> {
  return {
    kind: 'value',
    value: 'SIZE',
    ...init,
    parse: (raw, name) => {
      const written = String(raw).trim()
      const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+) ?([a-z]*)$/i.exec(written) ?? []
      const bytes = Math.floor(Number(number) * (UNITS[unit.toLowerCase() || 'b'] ?? Number.NaN))
      if (number !== '' && bytes >= 1) return bytes
      throw new UsageError(`${name} is "${written}"; it must be a size.`, {
        suggestions: ['For example 4MB, or 512KiB.'],
      })
    },
  }
}

/** A number that is not below `least`. */
export function atLeast<T extends number | null>(
  least: number,
  init: Init<T> & { readonly value: string },
): Option<T | number> {
  return {
    kind: 'value',
    ...init,
    parse: (raw, name) => {
      const value = Number(String(raw).trim() || Number.NaN)
      if (Number.isFinite(value) && value >= least) return value
      throw new UsageError(`${name} is "${String(raw)}"; it must be a number, ${least} or more.`, {
        suggestions: [`For example ${least + 1.5}.`],
      })
    },
  }
}

/** @param init.value  what stands for the value in help where the choices are many; then the summary names them */
export function choice<const C extends string, T extends C | null>(
  choices: readonly C[],
  init: Init<T> & { readonly value?: string },
): Option<T | C> {
  return {
    kind: 'value',
    value: choices.join('|'),
    choices,
    ...init,
    parse: (raw, name) => {
      const found = choices.find((c) => c === raw)
      if (found !== undefined) return found
      throw new UsageError(`${name} is "${String(raw)}"; it must be one of ${choices.join(', ')}.`, {
        suggestions: didYouMean(String(raw), choices, 'choices'),
      })
    },
  }
}

export function text<T>(
  init: Init<T> & { readonly value: string; readonly parse: (raw: string, name: string) => T },
): Option<T> {
  const { parse, ...rest } = init
  return { kind: 'value', ...rest, parse: (raw, name) => parse(String(raw), name) }
}

export function flag(init: Omit<Init<boolean>, 'default'>): Option<boolean> {
  return {
    kind: 'flag',
    value: '',
    default: false,
    ...init,
    parse: (raw, name) => {
      if (typeof raw === 'boolean') return raw
      throw new UsageError(`${name} is "${String(raw)}"; it must be true or false.`)
    },
  }
}

export function list<T>(init: {
  readonly summary: string
  readonly value: string
  readonly item: (raw: string, name: string) => T
}): Option<readonly T[]> {
  return {
    kind: 'list',
    value: init.value,
    summary: init.summary,
    default: [],
    parse: (raw, name) => (Array.isArray(raw) ? raw : [raw]).map((item) => init.item(String(item), name)),
  }
}
