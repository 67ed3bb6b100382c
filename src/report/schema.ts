import { readFileSync } from 'node:fs'

/** What our schema uses of JSON Schema 2020-12. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
}

/** What is wrong, and where: `before.layers[3].bytes`. */
export interface Problem {
  readonly at: string
  readonly what: string
}

/** The schema that the package ships: the contract for programs, and for reading a report again. */
export function reportSchema(): Schema {
  const text = readFileSync(new URL('../../../schemas/report.schema.json', import.meta.url), 'utf8')
  return JSON.parse(text) as Schema // our own file; the tests hold it against the interface
}

/**
 * A value with what an older version of this schema did not have: where a key is missing that may be null or a list,
 * null or an empty list. Keys that the schema does not know stay.
 *
 * @returns the value, or the first thing that is wrong with it
 */
export function completed(value: unknown, schema: Schema): { readonly value: unknown } | Problem {
  try {
    return { value: checked(value, schema, { root: schema, at: '' }) }
  } catch (error) {
    if (error instanceof Mismatch) return error.problem
    throw error
  }
}

interface Place {
  readonly root: Schema
  readonly at: string
}

class Mismatch extends Error {
  readonly problem: Problem

  constructor(at: string, what: string) {
    super(what)
    this.problem = { at, what }
  }
}

function checked(value: unknown, given: Schema, place: Place): unknown {
  const schema = resolved(given, place.root)
  if (schema.anyOf !== undefined) return checkedAny(value, schema.anyOf, place)
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length > 0 && !types.some((type) => isOf(value, type))) {
    throw new Mismatch(place.at, `is ${shown(value)}; it must be ${types.join(' or ')}`)
  }
  const allowed = schema.const === undefined ? schema.enum : [schema.const]
  if (allowed !== undefined && !allowed.includes(value)) {
    throw new Mismatch(place.at, `is ${shown(value)}; it must be ${allowed.map(shown).join(', ')}`)
  }
  if (typeof value === 'number' && (value < (schema.minimum ?? value) || value > (schema.maximum ?? value))) {
    throw new Mismatch(place.at, `is ${value}; it must be from ${schema.minimum ?? '-∞'} to ${schema.maximum ?? '∞'}`)
  }
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined
      ? value
      : value.map((item, i) => checked(item, items, { ...place, at: `${place.at}[${i}]` }))
  }
  return isRecord(value) ? checkedRecord(value, schema, place) : value
}

function checkedRecord(value: Readonly<Record<string, unknown>>, schema: Schema, place: Place): unknown {
  const { properties = {}, additionalProperties: others, required = [] } = schema
  const at = (key: string) => ({ ...place, at: place.at === '' ? key : `${place.at}.${key}` })
  const missing = required
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => [key, absent(properties[key] ?? {}, at(key))])
  const there = Object.entries(value).map(([key, inner]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : typeof others === 'object' ? others : undefined
    return [key, known === undefined ? inner : checked(inner, known, at(key))]
  })
  return Object.fromEntries([...there, ...missing])
}

/** The first alternative that fits; else what is wrong with the one that is not null. */
function checkedAny(value: unknown, alternatives: readonly Schema[], place: Place): unknown {
  const problems: Mismatch[] = []
  for (const alternative of alternatives) {
    try {
      return checked(value, alternative, place)
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      problems.push(error)
    }
  }
  // The one that got furthest into the value tells most.
  throw problems.reduce((best, problem) => (problem.problem.at.length > best.problem.at.length ? problem : best))
}

function absent(given: Schema, { root, at }: Place): unknown {
  const schema = resolved(given, root)
  const types = [schema, ...(schema.anyOf ?? [])].flatMap((each) => [resolved(each, root).type ?? []].flat())
  if (types.includes('null')) return null
  if (types.includes('array')) return []
  throw new Mismatch(at, 'is missing')
}

function resolved(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.replace('#/$defs/', '')
  return name === undefined ? schema : resolved(root.$defs?.[name] ?? {}, root)
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return isRecord(value)
  return typeof value === type
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
