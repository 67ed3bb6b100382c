import { type DType, dtypeBits } from '../../ir/type.js'

/** The bits of elements, one number for each. */
export type Words = Uint8Array | Uint16Array | Int32Array | BigInt64Array
export type Word = number | bigint

const BY_BITS = { 8: Uint8Array, 16: Uint16Array, 32: Int32Array, 64: BigInt64Array } as const

/** Whether elements of a type are read as words: those of 1, 2, 4 and 8 bytes. */
export function hasWords(dtype: DType): boolean {
  return dtypeBits(dtype) in BY_BITS
}

/** Lays words over the bytes of whole elements. */
export function wordsOf(bytes: Uint8Array, dtype: DType): Words {
  const Kind = kindOf(dtype)
  return new Kind(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / Kind.BYTES_PER_ELEMENT) // never shared
}

export function makeWords(count: number, dtype: DType): Words {
  return new (kindOf(dtype))(count)
}

export function bytesOfWords(words: Words, count: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, count * words.BYTES_PER_ELEMENT)
}

function kindOf(dtype: DType) {
  const Kind = BY_BITS[dtypeBits(dtype) as keyof typeof BY_BITS] // undefined for what has no words
  if (Kind === undefined) throw new RangeError(`Elements of ${dtype} are no words.`)
  return Kind
}
