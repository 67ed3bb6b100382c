import { UnsupportedModelError } from '../../errors.js'
import { float16ToNumber } from '../../ir/float16.js'
import { CHUNK_BYTES, type Tensor } from '../../ir/tensor.js'
import { type DType, elementCount } from '../../ir/type.js'

/** Float formats that hold weights. */
export type WeightDType = Extract<DType, 'float32' | 'float16' | 'bfloat16' | 'float64'>

/**
 * How weights are ordered: the smallest keys go first. Zero has key 0; keys above `largest` are of Inf and NaN.
 *
 * Int32 keys are the bits of the magnitude as float32 (which order as magnitudes do, also between formats);
 * where a float64 tensor takes part, keys are the magnitudes themselves.
 */
export interface KeyOrder {
  readonly wide: boolean
  readonly largest: number
  /** Makes a reader for one tensor: keys of a chunk at a byte offset, [n]. The array is used again for the next. */
  reader(dtype: WeightDType, tensor: number): KeyReader
}
export type KeyReader = (chunk: Uint8Array, at: number) => Keys
export type Keys = Int32Array | Float64Array

export const LARGEST_FLOAT32_BITS = 0x7f7fffff

export const magnitudeOrder: KeyOrder = {
  wide: false,
  largest: LARGEST_FLOAT32_BITS,
  reader: (dtype) => narrowReader(dtype),
}

export const wideMagnitudeOrder: KeyOrder = {
  wide: true,
  largest: Number.MAX_VALUE,
  reader: (dtype) => wideReader(dtype),
}

/** A pseudo-random order of positions, the same in every run of a seed; weights that are zero come first. */
export function randomOrder(seed: number): KeyOrder {
  return {
    wide: false,
    largest: LARGEST_FLOAT32_BITS,
    reader: (dtype, tensor) => {
      const magnitudes = dtype === 'float64' ? wideReader(dtype) : narrowReader(dtype)
      const finite = dtype === 'float64' ? Number.MAX_VALUE : LARGEST_FLOAT32_BITS
      const width = bytesPerWeight(dtype)
      const room = scratch((n) => new Int32Array(n))
      return (chunk, at) => {
        const keys = magnitudes(chunk, at)
        const lots = room(keys.length)
        const first = at / width
        for (let i = 0; i < keys.length; i++) {
          const key = keys[i] as number // inside the array
          // Keys of Inf and NaN stay above all others, so that they are found.
          if (!(key <= finite)) lots[i] = LARGEST_FLOAT32_BITS + 1
          else lots[i] = key === 0 ? 0 : 1 + (positionHash(seed, tensor, first + i) >>> 2)
        }
        return lots
      }
    },
  }
}

function narrowReader(dtype: WeightDType): (chunk: Uint8Array, at: number) => Int32Array {
  const room = scratch((n) => new Int32Array(n))
  if (dtype === 'float32') {
    return (chunk) => {
      const words = int32Of(chunk)
      const keys = room(words.length)
      for (let i = 0; i < words.length; i++) keys[i] = (words[i] as number) & 0x7fffffff // inside the array
      return keys
    }
  }
  const bits = dtype === 'bfloat16' ? bfloat16Bits() : float16Bits()
  return (chunk) => {
    const halves = uint16Of(chunk)
    const keys = room(halves.length)
    for (let i = 0; i < halves.length; i++) keys[i] = bits[(halves[i] as number) & 0x7fff] as number // 15 bits
    return keys
  }
}

function wideReader(dtype: WeightDType): (chunk: Uint8Array, at: number) => Float64Array {
  const room = scratch((n) => new Float64Array(n))
  if (dtype === 'float64') {
    return (chunk) => {
      const values = float64Of(chunk)
      const keys = room(values.length)
      for (let i = 0; i < values.length; i++) keys[i] = Math.abs(values[i] as number) // inside the array
      return keys
    }
  }
  const narrow = narrowReader(dtype)
  return (chunk, at) => {
    const bits = narrow(chunk, at)
    const keys = room(bits.length)
    keys.set(new Float32Array(bits.buffer, bits.byteOffset, bits.length))
    return keys
  }
}

/** As many weights as a chunk of 16-bit ones has. */
const MOST_KEPT = CHUNK_BYTES / 2

/** Room for the keys of a chunk, used again for the next. What takes a whole tensor at once is not kept. */
function scratch<K extends Int32Array | Float64Array>(make: (n: number) => K): (n: number) => K {
  let kept = make(0)
  return (n) => {
    if (n > MOST_KEPT) return make(n)
    if (kept.length < n) kept = make(n)
    return kept.subarray(0, n) as K // the same kind of array
  }
}

/**
 * 32 bits for a position of a tensor, in no order that one could tell from chance.
 *
 * @see  Appleby, MurmurHash3: the 32-bit finaliser, over position, tensor and seed
 */
export function positionHash(seed: number, tensor: number, position: number): number {
  let h = Math.imul(position + 0x9e3779b9, 0x85ebca6b)
  h ^= Math.imul(tensor + 1, 0xc2b2ae35) ^ Math.imul(seed + 1, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export function bytesPerWeight(dtype: WeightDType): number {
  return dtype === 'float64' ? 8 : dtype === 'float32' ? 4 : 2
}

/** @throws UnsupportedModelError that names the tensor */
export function refuseNonFinite(name: string): never {
  throw new UnsupportedModelError(`Weight "${name}" holds NaN or Inf: its magnitudes have no order.`, {
    suggestions: [`Leave it out (--exclude "${name}"), or repair the model: such a weight spoils its outputs.`],
  })
}

export function int32Of(chunk: Uint8Array): Int32Array {
  return new Int32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
}

export function uint16Of(chunk: Uint8Array): Uint16Array {
  return new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2)
}

export function float64Of(chunk: Uint8Array): Float64Array {
  return new Float64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8)
}

let float16Table: Int32Array | undefined
let bfloat16Table: Int32Array | undefined

/** The bits as float32 of every float16 magnitude. */
function float16Bits(): Int32Array {
  float16Table ??= new Int32Array(Float32Array.from({ length: 1 << 15 }, (_, h) => float16ToNumber(h)).buffer)
  return float16Table
}

function bfloat16Bits(): Int32Array {
  bfloat16Table ??= Int32Array.from({ length: 1 << 15 }, (_, h) => h << 16)
  return bfloat16Table
}

/** Magnitudes as numbers [n], for patterns that need a whole tensor at once. @throws UnsupportedModelError */
export function magnitudesOf(tensor: Tensor, name: string): Float32Array | Float64Array {
  const dtype = tensor.dtype as WeightDType // what is pruned
  const n = elementCount(tensor.shape)
  const magnitudes = dtype === 'float64' ? new Float64Array(n) : new Float32Array(n)
  const keys = magnitudes instanceof Float64Array ? magnitudes : new Int32Array(magnitudes.buffer)
  const order = dtype === 'float64' ? wideMagnitudeOrder : magnitudeOrder
  const read = order.reader(dtype, 0)
  let at = 0
  for (const chunk of tensor.chunks()) {
    const part = read(chunk, at)
    for (let i = 0; i < part.length; i++) if (!((part[i] as number) <= order.largest)) refuseNonFinite(name) // inside the array
    keys.set(part, at / bytesPerWeight(dtype))
    at += chunk.byteLength
  }
  return magnitudes
}
