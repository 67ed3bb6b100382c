import { UnsupportedModelError } from '../../errors.js'
import { bfloat16ToNumber, float16ToNumber } from '../../ir/float16.js'
import { CHUNK_BYTES, type Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'

/**
 * For each element of an axis the sum over all that is stored of it: of magnitudes (power 1), or of squares (power 2).
 * One pass over the bytes, whichever axis it is.
 *
 * @param tensor  of a float type, any number of axes
 * @param name    for messages
 * @returns       sums, [shape[axis]]
 * @throws        UnsupportedModelError for NaN and Inf, which have no order
 */
export function axisSums(tensor: Tensor, axis: number, power: 1 | 2, name: string): Float64Array {
  const length = tensor.shape[axis] ?? 1
  const inner = elementCount(tensor.shape.slice(axis + 1))
  const sums = new Float64Array(length)
  const read = floatReader(tensor)
  const add = inner === 1 ? addAlong : addRuns
  let at = 0
  for (const chunk of tensor.chunks()) {
    const values = read(chunk)
    add(sums, values, at, inner, power === 2)
    at += values.length
  }
  if (!sums.every(Number.isFinite)) throw notFinite(name)
  return sums
}

/** Neighbours belong to neighbouring elements. @param at  the position of the first value */
function addAlong(sums: Float64Array, values: Floats, at: number, _inner: number, squared: boolean): void {
  const { length } = sums
  for (let i = 0, element = at % length; i < values.length; ) {
    const end = Math.min(values.length, i + length - element)
    for (; i < end; i++, element++) {
      const value = values[i] as number // inside the arrays, as is the next
      sums[element] = (sums[element] as number) + (squared ? value * value : Math.abs(value))
    }
    element = 0
  }
}

/** `inner` neighbours belong to one element. */
function addRuns(sums: Float64Array, values: Floats, at: number, inner: number, squared: boolean): void {
  const { length } = sums
  let element = Math.floor(at / inner) % length
  let left = inner - (at % inner)
  for (let i = 0; i < values.length; ) {
    const end = Math.min(values.length, i + left)
    let sum = 0
    if (squared) for (; i < end; i++) sum += (values[i] as number) ** 2
    else for (; i < end; i++) sum += Math.abs(values[i] as number)
    sums[element] = (sums[element] as number) + sum
    if (++element === length) element = 0
    left = inner
  }
}

export type Floats = Float32Array | Float64Array

/** Reads chunks of a float tensor as numbers. What it gives is only valid until the next chunk. */
export function floatReader({ dtype }: Pick<Tensor, 'dtype'>): (chunk: Uint8Array) => Floats {
  if (dtype === 'float32') return ({ buffer, byteOffset, byteLength }) => float32Of(buffer, byteOffset, byteLength)
  if (dtype === 'float64') return (chunk) => new Float64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8)
  const table = halfTable(dtype === 'bfloat16' ? bfloat16ToNumber : float16ToNumber)
  let room = new Float32Array(CHUNK_BYTES / 2)
  return (chunk) => {
    const halves = new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2)
    if (room.length < halves.length) room = new Float32Array(halves.length)
    const values = room.subarray(0, halves.length)
    for (let i = 0; i < halves.length; i++) values[i] = table[halves[i] as number] as number // all 16-bit codes are there
    return values
  }
}

function float32Of(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / 4)
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

export function notFinite(name: string): UnsupportedModelError {
  return new UnsupportedModelError(`Weight "${name}" holds NaN or Inf: what it is worth cannot be told.`, {
    suggestions: [`Leave it out (--exclude "${name}"), or repair the model: such a weight spoils its outputs.`],
  })
}
