import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sketch } from '../../fixtures/sketch.js'
import type { Model } from '../../src/ir/graph.js'
import { passes } from '../../src/passes/index.js'
import type { Pass } from '../../src/passes/pass.js'

/** x[N,4] through two layers with ops that may be unknown. */
export function layers(op = 'Relu'): Model {
  const s = sketch('layers')
  const hidden = s.node('MatMul', 'fc1', [s.input('x', ['N', 4]), s.weight('fc1.weight', [4, 4])])
  const active = s.node(op, 'act', [hidden])
  s.output('y', s.node('MatMul', 'fc2', [active, s.weight('fc2.weight', [4, 3])]), null)
  return s.model
}

export function passOf(name: string): Pass {
  const pass = passes.find((p) => p.name === name)
  if (pass === undefined) throw new Error(`There is no pass "${name}".`)
  return pass
}

/** A folder for the tests of a `describe`, emptied before each and removed after all. @returns gives paths inside it */
export function emptyFolder(): (name?: string) => string {
  let folder = ''
  const remove = () => rm(folder, { recursive: true, force: true })
  beforeEach(async () => {
    if (folder !== '') await remove()
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mcompress-recipe-')))
  })
  after(remove)
  return (name = '') => join(folder, name)
}
