import { Rng } from '../../../src/data/rng.js'
import type { Model } from '../../../src/ir/graph.js'
import { elementCount } from '../../../src/ir/type.js'
import { encodeToBytes } from '../../../src/onnx/write.js'
import type { NdArray } from '../../../src/runtime/array.js'
import { type Arrays, runModel } from '../../support/ort.js'

/** What an open batch is at run time: no number that a model says anywhere. */
const OPEN_BATCH = 3

/** Tables that inputs look things up in are that long. */
const MOST_INDEX = 7

/** Random numbers for all inputs without a default: normal ones, indices, and truths. */
export function feedsOf(model: Model, seed: number): Arrays {
  const rng = new Rng(seed, 1)
  const asked = model.main.inputs.filter(({ constant }) => constant === null)
  return Object.fromEntries(asked.map(({ name, declared }) => [name, fed(name, declared, rng)]))
}

function fed(name: string, declared: Model['main']['inputs'][number]['declared'], rng: Rng): NdArray {
  if (declared?.kind !== 'tensor' || declared.shape === null) throw new Error(`Input "${name}" has no shape.`)
  const shape = declared.shape.map((dim) => (typeof dim === 'number' ? dim : OPEN_BATCH))
  const count = elementCount(shape)
  if (declared.dtype === 'bool')
    return { dtype: 'bool', shape, data: Uint8Array.from({ length: count }, () => rng.below(2)) }
  if (declared.dtype === 'int64') {
    return { dtype: 'int64', shape, data: BigInt64Array.from({ length: count }, () => BigInt(rng.below(MOST_INDEX))) }
  }
  return { dtype: 'float32', shape, data: Float32Array.from({ length: count }, () => rng.normal()) }
}

/** The outputs, computed without graph optimizations: what a model says, and not what is made of it. */
export function outputsOf(model: Model, feeds: Arrays): Promise<Arrays> {
  return runModel({ bytes: encodeToBytes(model), folder: '.' }, feeds)
}
