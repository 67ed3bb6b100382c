import type { FileTensor, Tensor } from '../../ir/tensor.js'
import { unhurried } from '../unhurried.js'
import { importanceReader } from './broadcast.js'
import { relativeError } from './palettes.js'
import type { Survey } from './survey.js'

/**
 * What a float32 tensor loses when others stand for its elements.
 *
 * @param survey  of the tensor
 * @returns       `error` as in `Plan.error`, `sparsity` the share of zeros among the others
 */
export async function lossOf(
  tensor: Tensor,
  after: FileTensor,
  { weights, shape, elements }: Survey,
): Promise<{ readonly error: number; readonly sparsity: number }> {
  if (weights === null) throw new Error('What has no numbers loses nothing.')
  const readImportance = weights.importance && importanceReader(weights.importance, shape)
  let h = new Float64Array(0)
  let [at, squares, zeros] = [0, 0, 0]
  for await (const chunk of unhurried(tensor)) {
    const before = floatsOf(chunk)
    const values = floatsOf(after.readAt(at * 4, chunk.byteLength))
    if (readImportance) {
      if (h.length < before.length) h = new Float64Array(before.length)
      readImportance(at, before.length, h)
    }
    for (let i = 0; i < before.length; i++) {
      const v = values[i] as number // in range, here and below
      const d = (before[i] as number) - v
      squares += readImportance ? d * d * (h[i] as number) : d * d
      if (v === 0) zeros++
    }
    at += before.length
  }
  return { error: relativeError(squares, weights.density), sparsity: elements === 0 ? 0 : zeros / elements }
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}
