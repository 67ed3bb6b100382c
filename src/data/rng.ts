/** The four 32-bit words of a generator, for checkpoints. */
export type RngState = readonly [number, number, number, number]

/**
 * A small fast generator of pseudo-random numbers (sfc32), the same on every machine.
 *
 * @see  Chris Doty-Humphrey, PractRand, sfc32: passes BigCrush, period at least 2^32
 */
export class Rng {
  #a: number
  #b: number
  #c: number
  #d: number

  /** @param keys  a seed, and what else makes this stream another one (a sample's index, a field's number) */
  constructor(...keys: readonly number[]) {
    // Keys are mixed one after the other, so that (1, 2) and (2, 1) differ and near seeds are unrelated.
    let hash = 0x9e3779b9
    for (const key of keys) {
      hash = mix(hash ^ (key >>> 0))
      hash = mix(hash ^ Math.floor(key / 2 ** 32))
    }
    this.#a = mix(hash + 0x9e3779b9)
    this.#b = mix(hash + 0x3c6ef372)
    this.#c = mix(hash + 0xdaa66d2b)
    this.#d = 1
    for (let i = 0; i < 12; i++) this.uint32() // as its author advises: the seed's bits reach every word
  }

  static from(state: RngState): Rng {
    const rng = new Rng()
    ;[rng.#a, rng.#b, rng.#c, rng.#d] = state
    return rng
  }

  /** Where the stream stands. */
  get state(): RngState {
    return [this.#a, this.#b, this.#c, this.#d]
  }

  /** 0 <= n < 2^32 */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0
    return t >>> 0
  }

  /** Uniform in [0, 1), all 53 bits random. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53
  }

  /** A whole number, uniform in 0 .. limit - 1, for limits up to 2^32. */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit)
  }

  /** Normal with mean 0 and standard deviation 1. @see Box and Muller 1958 */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform())) // 1 - u is never 0
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** Puts the elements into a random order, in place. @see Fisher and Yates; Durstenfeld 1964 */
  shuffle(array: Uint32Array): Uint32Array {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const kept = array[i] ?? 0
      array[i] = array[j] ?? 0
      array[j] = kept
    }
    return array
  }
}

/** 0 .. n - 1 in file order. */
export function range(n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => i)
}

/** 0 .. n - 1 in an order that the seed decides. */
export function permutation(n: number, seed: number): Uint32Array {
  return new Rng(seed).shuffle(range(n))
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
