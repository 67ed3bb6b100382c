import type { Model } from '../ir/graph.js'
import { weightsOf } from '../ops/weights.js'
import { statisticsOf } from './distribution.js'
import { constantsOf, nonZeroOf } from './statistics.js'

export interface ReadOptions {
  /** Whether the weights are looked at closely: how their values are distributed. Else only zeros are counted. */
  readonly distributions: boolean
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 of the bytes */
  readonly onRead?: ((done: number) => void) | undefined
}

const BYTES_A_TURN = 32 << 20

/**
 * Looks at the values of all constants, in turns with the event loop: what is asked of them afterwards is known and
 * takes no time.
 *
 * @throws the reason of the signal
 */
export async function readConstants(model: Model, { distributions, signal, onRead }: ReadOptions): Promise<void> {
  const close = new Set(distributions ? weightsOf(model).weights.map(({ tensor }) => tensor) : [])
  const tensors = [...constantsOf(model)].map(({ tensor }) => tensor)
  const total = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0)
  let [read, since] = [0, 0]
  for (const tensor of tensors) {
    if (close.has(tensor)) statisticsOf(tensor)
    else if (tensor.dtype !== 'bool' && tensor.dtype !== 'string') nonZeroOf(tensor)
    read += tensor.byteLength
    since += tensor.byteLength
    if (since < BYTES_A_TURN) continue
    since = 0
    onRead?.(read / total)
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
  }
}
