import type { NdArray } from '../data/dataset.js'
import { elementCount } from '../ir/type.js'

/**
 * Fills a batch up to the size that a model insists on, by repeating its last sample.
 *
 * @param feeds  arrays [from, ...], and scalars, which have no batch axis
 * @returns      arrays [to, ...]; the feeds themselves when they are full
 */
export function padded(
  feeds: Readonly<Record<string, NdArray>>,
  from: number,
  to: number,
): Readonly<Record<string, NdArray>> {
  if (from === to) return feeds
  return Object.fromEntries(Object.entries(feeds).map(([name, array]) => [name, padArray(array, from, to)]))
}

function padArray(array: NdArray, from: number, to: number): NdArray {
  const [size, ...sample] = array.shape
  if (size === undefined) return array
  const width = elementCount(sample)
  const shape = [to, ...sample]
  const { dtype, data } = array
  if (!ArrayBuffer.isView(data)) {
    const last = data.slice((from - 1) * width, from * width)
    return { dtype, shape, data: [...data, ...Array.from({ length: to - from }, () => last).flat()] }
  }
  const filled = new (data.constructor as Float32ArrayConstructor)(to * width) // or the class that it is
  const same = data as Float32Array // likewise
  filled.set(same)
  for (let i = from; i < to; i++) filled.copyWithin(i * width, (from - 1) * width, from * width)
  return { dtype, shape, data: filled }
}

/**
 * What an output says of the samples that were really there.
 *
 * @param output  of a run on `ran` samples
 * @param size    how many of them are real, the first ones
 * @returns       [size, ...]; null when the first axis is not the batch. Of a batch of one the whole output is that
 *                sample's, with a batch axis or without.
 */
export function ofSamples(output: NdArray, ran: number, size: number): NdArray | null {
  const [first, ...sample] = output.shape
  if (first === ran) {
    if (size === ran) return output
    const data = output.data.slice(0, size * elementCount(sample)) as NdArray['data'] // slice keeps the class
    return { dtype: output.dtype, shape: [size, ...sample], data }
  }
  return ran === 1 ? { ...output, shape: [1, ...output.shape] } : null
}
