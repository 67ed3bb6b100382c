import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { ops, tableOf } from '../../src/ops/index.js'
import { defineOp, type OpDefinition } from '../../src/ops/op.js'

const FOLDER = new URL('../../src/ops/', import.meta.url)

/** What the files of the folder define, by where it is defined. */
async function definitions(): Promise<Map<string, OpDefinition>> {
  const found = new Map<string, OpDefinition>()
  for (const file of (await readdir(FOLDER)).filter((name) => name.endsWith('.js') && name !== 'index.js')) {
    const exports: Record<string, unknown> = await import(new URL(file, FOLDER).href)
    for (const [name, value] of Object.entries(exports)) {
      if (isDefinition(value)) found.set(`${file}: ${name}`, value)
    }
  }
  return found
}

function isDefinition(value: unknown): value is OpDefinition {
  return typeof value === 'object' && value !== null && 'types' in value
}

describe('the table of ops', () => {
  it('holds every definition of the folder, and nothing else', async () => {
    const defined = await definitions()

    for (const [where, definition] of defined) assert.ok(ops.includes(definition), `${where} is not in the table`)
    assert.equal(defined.size, ops.length)
  })

  it('finds no definition that says nothing', () => {
    for (const { types, weights, macs, upgrade, couple } of ops) {
      assert.ok(types.length > 0)
      assert.ok(weights ?? macs ?? upgrade ?? couple, `${types[0]} has neither weights nor MACs nor rules`)
    }
  })

  it('refuses a type that is defined twice', () => {
    const twice = [defineOp({ types: ['Conv', 'FusedConv'] }), defineOp({ types: ['Conv'] })]

    assert.throws(() => tableOf(twice), /Op Conv is defined twice/)
  })
})
