import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { findPass, passes } from '../../src/passes/index.js'

/** The interface, the table, what passes are declared with, and what several share. */
const MACHINERY = new Set(['glob.ts', 'hessian', 'index.ts', 'option.ts', 'pass.ts', 'unhurried.ts'])

describe('The table of passes', () => {
  it('has a pass for each file and folder', () => {
    const members = readdirSync('src/passes').filter((name) => !MACHINERY.has(name))
    for (const name of members) assert.ok(findPass(name.replace(/\.ts$/, '')), `src/passes/${name} is in no table`)
    assert.equal(passes.length, members.length)
  })

  it('names each pass and each command once', () => {
    assert.equal(new Set(passes.map((p) => p.name)).size, passes.length)
    assert.equal(new Set(passes.map((p) => p.command)).size, passes.length)
  })

  it('finds by name', () => {
    assert.equal(findPass('prune')?.command, 'prune')
    assert.equal(findPass('toString'), undefined)
  })

  it('keeps the work of a pass out of the table, so that help is fast', () => {
    for (const { name } of passes)
      assert.ok(existsSync(`src/passes/${name}/run.ts`) || existsSync(`src/passes/${name}.ts`))
  })
})
