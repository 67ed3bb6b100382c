import { UndecodableError } from './kernel.js'

/**
 * 64-bit integers as pairs of 32-bit words, low ones first: a loop over a BigInt64Array makes an object of every
 * element, and takes ten times as long.
 */

/** Places and lengths, which are small: the low words. @throws UndecodableError for one that is not */
export function smallIntegers(words: Int32Array): Int32Array {
  const small = new Int32Array(words.length / 2)
  for (let i = 0; i < small.length; i++) {
    const low = words[2 * i] as number
    if (words[2 * i + 1] !== low >> 31) throw new UndecodableError('a place is beyond all that a tensor can hold')
    small[i] = low
  }
  return small
}

/** Numbers that fit 32 bits, in 64. @param signed  whether the highest bit is a sign */
export function widerIntegers(words: Int32Array, signed: boolean): Int32Array {
  const wide = new Int32Array(2 * words.length)
  for (let i = 0; i < words.length; i++) {
    const low = words[i] as number
    wide[2 * i] = low
    if (signed && low < 0) wide[2 * i + 1] = -1
  }
  return wide
}

/** The low half of each, which is the whole modulo 2^32. */
export function lowWords(words: Int32Array): Int32Array {
  const low = new Int32Array(words.length / 2)
  for (let i = 0; i < low.length; i++) low[i] = words[2 * i] as number
  return low
}

const EXACT = 2 ** 53

/** Their values, rounded once to float32 when that is where they go. */
export function floatsOfWide<F extends Float32Array | Float64Array>(words: Int32Array, signed: boolean, floats: F): F {
  for (let i = 0; i < floats.length; i++) {
    const low = (words[2 * i] as number) >>> 0
    const high = words[2 * i + 1] as number
    const value = (signed ? high : high >>> 0) * 2 ** 32 + low
    floats[i] = Math.abs(value) < EXACT ? value : roundedOnce(BigInt(signed ? high : high >>> 0), low, floats)
  }
  return floats
}

/** A value that float64 does not hold: its lowest bits become one that says whether there were any, so that no tie is made up. */
function roundedOnce(high: bigint, low: number, floats: Float32Array | Float64Array): number {
  const value = (high << 32n) | BigInt(low)
  if (floats instanceof Float64Array) return Number(value)
  const kept = (value >> 12n) | (value & 0xfffn ? 1n : 0n)
  return Number(kept) * 4096
}

/** Toward zero; what does not fit, NaN too, is the least number, as processors have it. */
export function wideOfFloats(floats: Float32Array | Float64Array): BigInt64Array {
  const wide = new BigInt64Array(floats.length)
  const words = new Int32Array(wide.buffer)
  for (let i = 0; i < floats.length; i++) {
    const value = Math.trunc(floats[i] as number)
    if (Math.abs(value) < EXACT) {
      words[2 * i] = value
      words[2 * i + 1] = Math.floor(value / 2 ** 32)
    } else wide[i] = Math.abs(value) < 2 ** 63 ? BigInt(value) : -(2n ** 63n)
  }
  return wide
}
