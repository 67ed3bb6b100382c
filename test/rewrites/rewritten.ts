import assert from 'node:assert/strict'
import { type Sketch, sketch } from '../../fixtures/sketch.js'
import type { Model } from '../../src/ir/graph.js'
import { verify } from '../../src/ir/verify.js'
import { graphs } from '../../src/ir/walk.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { rules } from '../../src/rewrites/rules/index.js'
import type { RuleName } from '../../src/rewrites/rules/rule.js'
import { type Simplified, simplify } from '../../src/rewrites/simplify.js'
import { type Arrays, assertClose, randomArray, runModel } from '../support/ort.js'

export interface Rewritten extends Simplified {
  readonly before: Model
  readonly model: Model
  /** Ops of all graphs, in order. */
  readonly ops: readonly string[]
}

export interface Options {
  /** All unless told. */
  readonly only?: readonly RuleName[]
  /** One set of inputs for each run; without any the model is not run. */
  readonly feeds?: readonly Arrays[]
  readonly tolerance?: number
}

/** Simplifies a model and checks what holds for every rule: invariants, equal outputs, no growth, nothing left to find. */
export async function rewrite(before: Model, { only, feeds = [], tolerance = 1e-5 }: Options = {}): Promise<Rewritten> {
  const { model } = before.clone()
  const chosen = only === undefined ? rules : rules.filter((rule) => only.includes(rule.name))
  const result = await simplify(model, { rules: chosen })
  verify(model, 'simplify')
  for (const arrays of feeds) {
    const was = await runModel(inMemory(before), arrays)
    assertClose(await runModel(inMemory(model), arrays), was, tolerance)
  }
  assert.ok(encodeToBytes(model).byteLength <= encodeToBytes(before).byteLength, 'it has grown')
  const again = await simplify(model.clone().model, { rules: chosen })
  assert.deepEqual(again.changed, [], 'a second run finds something')
  return { ...result, before, model, ops: [...graphs(model)].flatMap((graph) => [...graph.nodes].map((n) => n.op)) }
}

export function inMemory(model: Model): { bytes: Uint8Array; folder: string } {
  return { bytes: encodeToBytes(model), folder: '.' }
}

/** Draws a model with a float32 input `x` and one output `y`. */
export function drawn(
  shape: readonly (number | string)[],
  draw: (s: Sketch, x: ReturnType<Sketch['input']>) => ReturnType<Sketch['input']>,
  opset = 17,
): Model {
  const s = sketch('drawn', opset)
  s.output('y', draw(s, s.input('x', shape)), null)
  return s.model
}

export function fed(shape: readonly number[], seed = 1): Arrays {
  return { x: randomArray('float32', shape, seed) }
}
