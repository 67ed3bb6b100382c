import assert from 'node:assert/strict'
import type { ArrayData, NdArray, Port } from '../../src/runtime/array.js'
import { type ModelSource, openSession } from '../../src/runtime/session.js'

export type Arrays = Readonly<Record<string, NdArray>>

/** Opens a model in ONNX Runtime as it is written, without optimizations, and runs it once. */
export async function runModel(
  model: ModelSource,
  feeds: Arrays | ((inputs: readonly Port[]) => Arrays),
): Promise<Arrays> {
  const session = await openSession(model, { level: 'disabled', threads: 1 })
  try {
    return await session.run(typeof feeds === 'function' ? feeds(session.inputs) : feeds)
  } finally {
    await session.release()
  }
}

/** Equal names, types, shapes and bits: NaN equals only itself, 0 is not -0. */
export function assertSameBits(actual: Arrays, expected: Arrays): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected))
  for (const [name, array] of Object.entries(expected)) {
    const { dtype, shape, data } = actual[name] as NdArray // the names are equal
    assert.deepEqual({ dtype, shape }, { dtype: array.dtype, shape: array.shape }, name)
    if (!ArrayBuffer.isView(data) || !ArrayBuffer.isView(array.data)) assert.deepEqual(data, array.data, name)
    else assert.ok(bitsOf(data).equals(bitsOf(array.data)), `output "${name}" has other values`)
  }
}

/** Equal names, types and shapes; numbers differ by at most `tolerance` of the largest of their output. */
export function assertClose(actual: Arrays, expected: Arrays, tolerance: number, label = ''): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected), label)
  for (const [name, array] of Object.entries(expected)) {
    const { dtype, shape, data } = actual[name] as NdArray // the names are equal
    assert.deepEqual({ dtype, shape }, { dtype: array.dtype, shape: array.shape }, `${label} ${name}`)
    if (!(array.data instanceof Float32Array || array.data instanceof Float64Array)) {
      assert.deepEqual(data, array.data, `${label} ${name}`)
      continue
    }
    const wanted = Array.from(array.data)
    const scale = wanted.reduce((most, x) => Math.max(most, Number.isFinite(x) ? Math.abs(x) : 0), 0)
    for (const [i, x] of wanted.entries()) {
      const y = Number(data[i])
      const isClose = Object.is(x, y) || x === y || Math.abs(x - y) <= tolerance * scale
      assert.ok(isClose, `${label} output "${name}", element ${i}: ${y}, expected ${x} of at most ${scale}`)
    }
  }
}

function bitsOf(array: Exclude<ArrayData, readonly string[]>): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

/** Uniform in [-1, 1), or for integers in [0, 4): the same for the same seed. */
export function randomArray(dtype: 'float32' | 'int64' | 'bool', shape: readonly number[], seed: number): NdArray {
  const size = shape.reduce((n, d) => n * d, 1)
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  if (dtype === 'float32') return { dtype, shape, data: Float32Array.from({ length: size }, () => next() * 2 - 1) }
  if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from({ length: size }, () => (next() < 0.5 ? 0 : 1)) }
  return { dtype, shape, data: BigInt64Array.from({ length: size }, () => BigInt(Math.floor(next() * 4))) }
}
