import { UnsupportedModelError } from '../../errors.js'
import { bfloat16ToNumber, float16ToNumber } from '../../ir/float16.js'
import { CHUNK_BYTES, type Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'

export type Floats = Float32Array | Float64Array

/** Reads chunks of a tensor of any float type as numbers. What it gives is only valid until the next chunk. */
export function floatReader({ dtype }: Pick<Tensor, 'dtype'>): (chunk: Uint8Array) => Floats {
  if (dtype === 'float32') return (chunk) => new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
  if (dtype === 'float64') return (chunk) => new Float64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8)
  const table = halfTable(dtype === 'bfloat16' ? bfloat16ToNumber : float16ToNumber)
  let room = new Float32Array(CHUNK_BYTES / 2)
  return (chunk) => {
    const halves = new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2)
    if (room.length < halves.length) room = new Float32Array(halves.length)
    const values = room.subarray(0, halves.length)
    for (let i = 0; i < halves.length; i++) values[i] = table[halves[i] as number] as number // it has all 16-bit codes
    return values
  }
}

/**
 * All numbers of a tensor of a float type.
 *
 * @param name  for messages
 * @throws      UnsupportedModelError for NaN and Inf
 */
export function floatsOf(tensor: Tensor, name: string): Float64Array {
  const all = new Float64Array(elementCount(tensor.shape))
  const read = floatReader(tensor)
  let at = 0
  for (const chunk of tensor.chunks()) {
    const values = read(chunk)
    all.set(values, at)
    at += values.length
  }
  if (!all.every(Number.isFinite)) throw notFinite(name)
  return all
}

export function notFinite(name: string): UnsupportedModelError {
  return new UnsupportedModelError(`Weight "${name}" holds NaN or Inf: what its channels are worth cannot be told.`, {
    suggestions: ['Repair the model: such a weight spoils its outputs.', 'Or choose by lot: --importance random.'],
  })
}

const halfTables = new Map<(bits: number) => number, Float32Array>()

/** The number of every 16-bit code. */
function halfTable(numberOf: (bits: number) => number): Float32Array {
  const known = halfTables.get(numberOf)
  if (known !== undefined) return known
  const table = Float32Array.from({ length: 1 << 16 }, (_, bits) => numberOf(bits))
  halfTables.set(numberOf, table)
  return table
}
