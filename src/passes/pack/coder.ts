import { BIN_SHIFT, BINS } from './histogram.js'
import type { Word, Words } from './words.js'

/** Finds the place of elements in a palette. */
export interface Coder {
  readonly size: number
  codes(words: Words, count: number, into: Uint8Array): void
  /** @throws RangeError for what has none, where every value has to be exact */
  codeOf(word: Word): number
}

/** The nearest value of a palette, by a table of all signs, exponents and first 11 bits of a fraction. @param values  ascending */
export function nearestCoder(values: Float32Array): Coder {
  const table = nearestTable(values)
  const codeOf = (word: Word) => table[Number(word) >>> BIN_SHIFT] as number // as large as there are bins
  return {
    size: values.length,
    codeOf,
    codes: (words, count, into) => {
      const bits = words as Int32Array // of float32
      for (let i = 0; i < count; i++) into[i] = table[(bits[i] as number) >>> BIN_SHIFT] as number
    },
  }
}

function nearestTable(values: Float32Array): Uint8Array {
  const table = new Uint8Array(BINS)
  const half = BINS / 2
  const zero = nearest(values, 0)
  // Bins of positive numbers ascend with them, those of negative ones descend. A bin goes where its middle goes.
  let from = 0
  for (let k = zero; k < values.length; k++) {
    const to = k + 1 < values.length ? binAfter(middle(values, k)) : half
    table.fill(k, from, to)
    from = to
  }
  from = half
  for (let k = zero; k >= 0; k--) {
    const to = k > 0 ? half + binAfter(-middle(values, k - 1)) : BINS
    table.fill(k, from, to)
    from = to
  }
  return table
}

function middle(values: Float32Array, k: number): number {
  return ((values[k] as number) + (values[k + 1] as number)) / 2 // in range
}

/** The first bin most of which is above a magnitude. */
function binAfter(magnitude: number): number {
  const bits = new Int32Array(Float32Array.of(magnitude).buffer)[0] as number // has one
  return (bits + (1 << (BIN_SHIFT - 1))) >>> BIN_SHIFT
}

function nearest(values: Float32Array, x: number): number {
  let found = 0
  for (const [k, value] of values.entries()) {
    if (Math.abs(value - x) < Math.abs((values[found] as number) - x)) found = k
  }
  return found
}

/** Elements that are one of a few words, bit for bit. */
export function exactCoder(values: readonly Word[]): Coder {
  const places = new Map(values.map((word, k) => [word, k]))
  const codeOf = (word: Word): number => {
    const code = places.get(word)
    if (code === undefined) throw new RangeError(`An element is none of ${values.length} values.`)
    return code
  }
  const hash = typeof values[0] === 'bigint' ? null : perfectHash(values as readonly number[]) // all are of one kind
  return {
    size: values.length,
    codeOf,
    codes: (words, count, into) => {
      if (hash === null) for (let i = 0; i < count; i++) into[i] = codeOf(words[i] as Word)
      else hash(words as Exclude<Words, BigInt64Array>, count, into)
    },
  }
}

/**
 * A multiplier under which no two words share the upper 16 bits of the product: one look into a table for each element.
 * Of 256 words, every second multiplier is one.
 */
function perfectHash(values: readonly number[]) {
  const table = new Uint8Array(1 << 16)
  for (let factor = 0x9e3779b1; ; factor = (Math.imul(factor, 0x2c1b3c6d) + 0x297a2d39) | 1) {
    const places = values.map((word) => Math.imul(word, factor) >>> 16)
    if (new Set(places).size < values.length) continue
    for (const [k, place] of places.entries()) table[place] = k
    return (words: ArrayLike<number>, count: number, into: Uint8Array) => {
      for (let i = 0; i < count; i++) into[i] = table[Math.imul(words[i] as number, factor) >>> 16] as number
    }
  }
}
