import { readFileSync } from 'node:fs'
import type { NdArray } from '../../src/runtime/array.js'
import type { Arrays } from './runs.js'

/**
 * What a model computes in onnxruntime-web, whose WebAssembly runs in Node.js as in a browser.
 *
 * @param level  how far it optimizes the model itself
 */
export async function webOutputs(
  path: string,
  feeds: readonly Arrays[],
  level: 'disabled' | 'basic' | 'all',
): Promise<readonly Arrays[]> {
  const engine = await import('onnxruntime-web')
  engine.env.wasm.numThreads = 1
  engine.env.logLevel = 'fatal'
  const options = { executionProviders: ['wasm'], graphOptimizationLevel: level, logSeverityLevel: 4 } as const
  const session = await engine.InferenceSession.create(readFileSync(path), options)
  try {
    const runs: Arrays[] = []
    for (const arrays of feeds) {
      const tensors = Object.entries(arrays).map(([name, array]) => [name, tensorOf(engine, array)] as const)
      const outputs = await session.run(Object.fromEntries(tensors))
      runs.push(Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, arrayOf(tensor)])))
    }
    return runs
  } finally {
    await session.release()
  }
}

type Engine = typeof import('onnxruntime-web')
type Tensor = InstanceType<Engine['Tensor']>

function tensorOf(engine: Engine, { data, shape }: NdArray): Tensor {
  if (data instanceof Float32Array) return new engine.Tensor('float32', data, shape)
  if (data instanceof BigInt64Array) return new engine.Tensor('int64', data, shape)
  throw new TypeError('Only float32 and int64 are fed here.')
}

function arrayOf({ type, data, dims }: Tensor): NdArray {
  if (type === 'float32' && data instanceof Float32Array) return { dtype: type, shape: dims, data }
  if (type === 'int64' && data instanceof BigInt64Array) return { dtype: type, shape: dims, data }
  throw new TypeError(`Only float32 and int64 come out here, not ${type}.`)
}
