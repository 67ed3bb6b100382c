import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { json } from '../../src/report/json.js'
import { type Keys, REPORT_KEYS } from '../../src/report/keys.js'
import { pruneWithMetrics } from './lenet.js'
import { SAMPLES } from './samples.js'

interface Schema {
  readonly description?: string
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly $defs?: Readonly<Record<string, Schema>>
}

const schema: Schema = JSON.parse(readFileSync('schemas/report.schema.json', 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

/** The schema behind references, lists and "or null". */
function resolved(given: Schema): Schema {
  if (given.$ref !== undefined) return resolved(schema.$defs?.[given.$ref.replace('#/$defs/', '')] ?? {})
  if (given.items !== undefined) return resolved(given.items)
  const [first, second] = given.anyOf ?? []
  return first !== undefined && second?.type === 'null' ? resolved(first) : given
}

/** Calls `visit` for every object that has known keys, with the schema of the same place. */
function walk(keys: Keys, at: Schema, path: string, visit: (keys: object, at: Schema, path: string) => void): void {
  if (typeof keys === 'string' || path.endsWith('.children')) return // a part of parts: again the same
  const object = resolved(at)
  visit(keys, object, path)
  for (const [key, inner] of Object.entries(keys)) walk(inner, object.properties?.[key] ?? {}, `${path}.${key}`, visit)
}

describe('report schema: the contract for programs', () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    it(`accepts ${name}`, () => {
      assert.ok(validate(JSON.parse(json.render(sample()))), JSON.stringify(validate.errors, null, 2))
    })
  }

  it('has the keys of the interface in the same order, requires all and describes each', () => {
    let objects = 0
    walk(REPORT_KEYS, schema, 'report', (keys, at, path) => {
      objects++
      assert.deepEqual(Object.keys(at.properties ?? {}), Object.keys(keys), path)
      assert.deepEqual(at.required, Object.keys(keys), path)
      assert.ok(at.description, path)
      for (const [key, property] of Object.entries(at.properties ?? {})) {
        const text = property.description ?? resolved(property).description
        assert.ok(text, `${path}.${key} has no description`)
      }
    })
    assert.equal(objects, 58)
  })

  it('is refused where a key is missing, a number negative or a word unknown', () => {
    const report = JSON.parse(json.render(pruneWithMetrics()))
    const refused = (change: (r: typeof report) => void) => {
      const copy = structuredClone(report)
      change(copy)
      return !validate(copy)
    }
    assert.ok(refused((r) => delete r.after))
    assert.ok(refused((r) => delete r.before.layers[0].macs))
    assert.ok(refused((r) => (r.before.bytes = -1)))
    assert.ok(refused((r) => (r.metrics[0].before = 'infinite')))
    assert.ok(refused((r) => (r.verification.level = 'none')))
    assert.ok(refused((r) => (r.schemaVersion = 2)))
  })

  it('lets later versions add keys anywhere', () => {
    const report = JSON.parse(json.render(pruneWithMetrics()))
    report.later = 1
    report.before.layers[0].later = { a: 1 }
    assert.ok(validate(report))
  })
})
