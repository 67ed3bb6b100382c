import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { denseBytes, elementCount } from '../../src/ir/type.js'

/**
 * A float32 tensor of normal weights, mean 0, that takes no memory: each element follows from its index and
 * the seed, whenever a chunk is asked for.
 *
 * @param std    the standard deviation
 * @see          Box and Muller 1958
 */
export function normalTensor(shape: readonly number[], std: number, seed: number): Tensor {
  const fill = (chunk: Uint8Array, at: number) => {
    const w = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
    // Chunks begin at multiples of 16 bytes, so a pair never straddles two of them.
    for (let i = 0, pair = at / 8; i < w.length; i += 2, pair++) {
      const radius = std * Math.sqrt(-2 * Math.log(uniform(2 * pair, seed)))
      const angle = 2 * Math.PI * uniform(2 * pair + 1, seed)
      w[i] = radius * Math.cos(angle)
      w[i + 1] = radius * Math.sin(angle) // past the end of an odd tensor: ignored
    }
  }
  return zeros(shape).map(fill)
}

/** One block of zeros lies behind all tensors of a size: only its chunks are copied. */
const blocks = new Map<number, Uint8Array>()

function zeros(shape: readonly number[]): Tensor {
  const bytes = denseBytes('float32', elementCount(shape))
  const block = blocks.get(bytes) ?? new Uint8Array(bytes)
  blocks.set(bytes, block)
  return new MemoryTensor('float32', shape, block)
}

/**
 * A number in (0, 1] from a counter: a finaliser of two rounds over counter and seed.
 *
 * @see C. Wellons, "Prospecting for Hash Functions", 2018 (lowbias32)
 */
function uniform(counter: number, seed: number): number {
  let x = (counter ^ Math.imul(seed + 1, 0x9e3779b9)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  x = (x ^ (x >>> 16)) >>> 0
  return (x + 1) / 0x100000000
}
