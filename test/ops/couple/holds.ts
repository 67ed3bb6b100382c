import assert from 'node:assert/strict'
import {
  type Dependencies,
  dependenciesOf,
  isGone,
  type Removal,
} from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import type { Model } from '../../../src/ir/graph.js'
import { verify } from '../../../src/ir/verify.js'
import { encodeToBytes } from '../../../src/onnx/write.js'
import { cut } from '../../../src/rewrites/cut/cut.js'
import { maskedReference } from '../../../src/rewrites/cut/reference.js'
import type { Port } from '../../../src/runtime/array.js'
import { type Arrays, assertClose, randomArray, runModel } from '../../support/ort.js'

/** Of rounding, in another order of summing up. */
const TOLERANCE = 1e-4

/**
 * Takes random units out of a model, several times, and holds it to the masked model in ONNX Runtime: same outputs, of
 * the same shapes. Part of what can go has to be a proper part of it.
 *
 * @returns how many units there are
 */
export async function assertCutHolds(model: Model, runs = 4): Promise<number> {
  const shapes = await inferShapes(model)
  const open = await inferShapes(model, { open: true })
  const { unitCount } = dependenciesOf(model, shapes, open)
  let cuts = 0
  for (let seed = 1; seed <= runs; seed++) {
    const { model: smaller } = model.clone()
    const found = dependenciesOf(smaller, await inferShapes(smaller), await inferShapes(smaller, { open: true }))
    const removal = randomRemoval(found, seed)
    if (!removal.includes(1)) continue
    cuts++
    const reference = maskedReference(found, removal, shapes)
    const changed = cut(found, removal)
    verify(smaller, 'cut')
    assert.ok(changed.length > 0, 'no constant is smaller')
    const feeds = (inputs: readonly Port[]) => fed(inputs, seed)
    assertClose(await run(smaller, feeds), await run(reference, feeds), TOLERANCE, `seed ${seed}`)
  }
  assert.ok(cuts > 0, 'nothing was taken out')
  return unitCount
}

/** Half of all units, but of every axis something stays. */
function randomRemoval({ unitCount, floors }: Dependencies, seed: number): Removal {
  const removal = Uint8Array.from(randomArray('bool', [unitCount], seed * 7919).data as Uint8Array) // what it makes for bool
  for (const floor of floors) {
    if (floor.every((unit) => isGone(unit, removal))) removal[floor[seed % floor.length] ?? 0] = 0
  }
  return removal
}

function fed(inputs: readonly Port[], seed: number): Arrays {
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape }, i) => {
      const extents = (shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 2))
      assert.ok(dtype === 'float32' || dtype === 'int64' || dtype === 'bool', `no data for ${name}`)
      return [name, randomArray(dtype, extents, seed * 100 + i)]
    }),
  )
}

function run(model: Model, feeds: (inputs: readonly Port[]) => Arrays): Promise<Arrays> {
  return runModel({ bytes: encodeToBytes(model), folder: '.' }, feeds)
}
