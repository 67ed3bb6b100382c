import { type CollectOptions, collect } from '../../analysis/collect.js'
import { FileTensor } from '../../ir/tensor.js'
import { openSource } from '../../onnx/file-source.js'
import { defineJob } from '../../runtime/job.js'
import { openMatrixProduct } from '../../runtime/matrix-product.js'
import type { Hessians } from '../hessian/factor.js'
import { openResults } from '../hessian/results.js'
import { turn } from '../unhurried.js'
import { type Roundable, type RoundedLayer, type RoundingOptions, roundedByHessian } from './round-layer.js'

/** A float32 weight for the process that rounds it. */
export interface RoundTask extends Roundable {
  readonly shape: readonly number[]
  /** Where its bytes lie. */
  readonly range: { readonly path: string; readonly offset: number; readonly length: number }
}

export interface RoundInput extends CollectOptions, Omit<RoundingOptions, 'onProgress'> {
  readonly layers: readonly RoundTask[]
  /** The file that gets the new tensors, one behind the other. */
  readonly results: string
}

export interface RoundOutput {
  readonly samples: number
  /** In the order of `layers`. */
  readonly layers: readonly Omit<RoundedLayer, 'values'>[]
}

/** Reading the data takes about so much of it. */
const COLLECTING = 0.7
const PROGRESS_MS = 100

/** Gathers the Hessians of some weights over the data, and rounds the weights by them. */
export default defineJob<RoundInput, { readonly done: number }, RoundOutput>(async (input, emit, signal) => {
  let saidAt = 0
  const say = (done: number) => {
    if (Date.now() - saidAt < PROGRESS_MS) return
    saidAt = Date.now()
    emit({ done })
  }
  const { sums, samples } = await collect(
    input,
    (seen, total) => say(total === null ? 0 : (COLLECTING * seen) / total),
    signal,
  )
  const product = await openMatrixProduct(input.threads ? { threads: input.threads } : {})
  const results = openResults(input.results)
  try {
    const layers: Omit<RoundedLayer, 'values'>[] = []
    const hessians: Hessians = { sums, product, last: null }
    const { damping, blockSize } = input
    for (const task of input.layers) {
      await turn()
      signal.throwIfAborted()
      const onProgress = (done: number) =>
        say(COLLECTING + ((1 - COLLECTING) * (layers.length + done)) / input.layers.length)
      const { values, ...layer } = await roundedByHessian(
        weightsOf(task),
        task,
        { damping, blockSize, onProgress },
        hessians,
      )
      results.append(new Uint8Array(values.buffer))
      layers.push(layer)
    }
    return { samples, layers }
  } finally {
    results.close()
    await product.release()
  }
})

function weightsOf({ range: { path, offset, length }, shape }: RoundTask): Float32Array {
  const source = openSource(path)
  try {
    return new Float32Array(new FileTensor('float32', shape, { source, offset, length }).read().buffer)
  } finally {
    source.close()
  }
}
