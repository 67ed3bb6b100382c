import assert from 'node:assert/strict'
import { sketch } from '../../fixtures/sketch.js'
import type { Model } from '../../src/ir/graph.js'
import { verify } from '../../src/ir/verify.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { type UpgradeResult, upgradeOpset } from '../../src/rewrites/upgrade-opset.js'
import type { NdArray, Port } from '../../src/runtime/array.js'
import { type Arrays, randomArray, runModel } from '../support/ort.js'
import type { UpgradeCase } from './upgrade-cases.js'

export interface Upgraded extends UpgradeResult {
  readonly model: Model
}

/** An upgraded copy whose invariants hold. */
export async function upgraded(model: Model, to: number): Promise<Upgraded> {
  const { model: copy } = model.clone()
  const result = await upgradeOpset(copy, to)
  verify(copy, 'upgrade')
  assert.equal(copy.opset, to)
  return { model: copy, ...result }
}

export function modelOf({ draw, opset }: UpgradeCase): Model {
  const s = sketch('case', opset)
  draw(s)
  return s.model
}

/** The outputs for made-up inputs, the same ones in every run; open dimensions are 4. */
export function outputsOf(model: Model): Promise<Arrays> {
  return runModel(skeleton(model), (inputs) =>
    Object.fromEntries(inputs.map((port, i) => [port.name, madeUp(port, i + 1)])),
  )
}

/** What a Resize takes for scales, by the name of the input. */
const SCALES: Readonly<Record<string, readonly number[]>> = { scales: [1, 1, 2, 0.6], enlarging: [1, 1, 2, 1.7] }

function madeUp({ name, dtype, shape }: Port, seed: number): NdArray {
  const extents = (shape ?? []).map((d) => (typeof d === 'number' ? d : 4))
  const scales = SCALES[name]
  if (scales) return { dtype: 'float32', shape: extents, data: Float32Array.from(scales) }
  assert.ok(dtype === 'float32' || dtype === 'int64' || dtype === 'bool', `no values of type ${dtype}`)
  return randomArray(dtype, extents, seed)
}

/** Equal but for what the order of a sum changes: 1e-6, relative above 1. */
export function assertEqualOutputs(actual: Arrays, expected: Arrays, what: string): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected), what)
  for (const [name, { dtype, shape, data }] of Object.entries(expected)) {
    const other = actual[name]
    assert.ok(other, what)
    const values: readonly unknown[] = Array.from<unknown>(other.data)
    assert.deepEqual([other.dtype, other.shape], [dtype, shape], `${what}: ${name}`)
    for (const [i, value] of Array.from<unknown>(data).entries()) {
      const found = values[i]
      if (typeof value !== 'number' || typeof found !== 'number') assert.equal(found, value, `${what}: ${name}[${i}]`)
      else if (!Object.is(found, value)) {
        const allowed = 1e-6 * Math.max(1, Math.abs(value))
        assert.ok(Math.abs(found - value) <= allowed, `${what}: ${name}[${i}] is ${found} and was ${value}`)
      }
    }
  }
}
