import { bfloat16OfBits, float16OfBits } from '../../ir/float16.js'
import type { DType } from '../../ir/type.js'
import { bytesOf } from '../../ir/walk.js'
import { isFloat16 } from './half.js'

/** What is stored in place of a wider type, and which of it the narrower type holds. */
interface Narrower {
  readonly to: DType
  readonly holds: (chunk: Uint8Array) => boolean
}

const INTEGERS = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
} as const satisfies Partial<Record<DType, readonly [number, number]>>
type Integer = keyof typeof INTEGERS

/** By the type of what comes out; narrowest first. NaN is held by none: a cast may give another NaN. */
const NARROWER: Partial<Record<DType, readonly Narrower[]>> = {
  float32: [
    { to: 'float16', holds: (chunk) => int32Of(chunk).every(isFloat16) },
    { to: 'bfloat16', holds: (chunk) => int32Of(chunk).every(isBfloat16) },
  ],
  float64: [{ to: 'float32', holds: (chunk) => float64Of(chunk).every((x) => Math.fround(x) === x) }],
  int64: integers(['uint8', 'int8', 'uint16', 'int16', 'int32'], bigIntsOf),
  uint64: integers(['uint8', 'uint16'], bigUintsOf),
  int32: integers(['uint8', 'int8', 'uint16', 'int16'], int32Of),
  uint32: integers(['uint8', 'uint16'], (c) => new Uint32Array(c.buffer, c.byteOffset, c.byteLength / 4)),
}

/** Narrower types that hold every element seen so far. */
export class Casts {
  #left: readonly Narrower[]

  constructor(dtype: DType) {
    this.#left = NARROWER[dtype] ?? []
  }

  get exact(): readonly DType[] {
    return this.#left.map(({ to }) => to)
  }

  add(chunk: Uint8Array): void {
    this.#left = this.#left.filter(({ holds }) => holds(chunk))
  }
}

/**
 * Elements in a narrower type: exact for one that holds them, otherwise the nearest.
 *
 * @param chunk  whole elements of `from`
 */
export function narrowed(chunk: Uint8Array, from: DType, to: DType): Uint8Array {
  if (from === 'float32') return to === 'float16' ? halves(chunk, float16OfBits) : halves(chunk, bfloat16OfBits)
  if (from === 'float64' && to === 'float32') return bytesOf(Float32Array.from(float64Of(chunk)))
  const numbers = integersOf(chunk, from)
  switch (to) {
    case 'uint8':
      return Uint8Array.from(numbers)
    case 'int8':
      return bytesOf(Int8Array.from(numbers))
    case 'uint16':
      return bytesOf(Uint16Array.from(numbers))
    case 'int16':
      return bytesOf(Int16Array.from(numbers))
    case 'int32':
      return bytesOf(Int32Array.from(numbers))
    default:
      throw new RangeError(`${from} is not stored as ${to}.`)
  }
}

function halves(chunk: Uint8Array, halfOf: (bits: number) => number): Uint8Array {
  const bits = int32Of(chunk)
  const made = new Uint16Array(bits.length)
  for (let i = 0; i < bits.length; i++) made[i] = halfOf(bits[i] as number) // in range
  return bytesOf(made)
}

function isBfloat16(bits: number): boolean {
  return (bits & 0xffff) === 0 && (bits & 0x7fffffff) <= 0x7f800000
}

function integers(types: readonly Integer[], numbersOf: (chunk: Uint8Array) => ArrayLike<number | bigint>): Narrower[] {
  return types.map((to) => {
    const [least, most] = INTEGERS[to]
    const holds = (chunk: Uint8Array): boolean => {
      const numbers = numbersOf(chunk)
      for (let i = 0; i < numbers.length; i++) {
        const x = numbers[i] as number | bigint // in range
        if (x < least || x > most) return false
      }
      return true
    }
    return { to, holds }
  })
}

function integersOf(chunk: Uint8Array, dtype: DType): ArrayLike<number> {
  if (dtype === 'int32') return int32Of(chunk)
  if (dtype === 'uint32') return new Uint32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
  return Float64Array.from(dtype === 'int64' ? bigIntsOf(chunk) : bigUintsOf(chunk), Number)
}

function int32Of(chunk: Uint8Array): Int32Array {
  return new Int32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
}

function float64Of(chunk: Uint8Array): Float64Array {
  return new Float64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8)
}

function bigIntsOf(chunk: Uint8Array): BigInt64Array {
  return new BigInt64Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength / 8) // never shared
}

function bigUintsOf(chunk: Uint8Array): BigUint64Array {
  return new BigUint64Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength / 8) // never shared
}
