import type { Word, Words } from './words.js'

/** As many as a palette holds. */
export const MOST_DISTINCT = 256

/** The different bits that elements have, as long as they are few. */
export class Distinct {
  readonly #seen = new Set<Word>()

  /** Null when there are more than 256. */
  get words(): readonly Word[] | null {
    return this.areFew ? [...this.#seen] : null
  }

  get areFew(): boolean {
    return this.#seen.size <= MOST_DISTINCT
  }

  /** Does nothing any more once they are too many. */
  add(words: Words): void {
    if (!this.areFew) return
    if (words instanceof Int32Array) this.#addFast(words)
    else {
      for (const word of words) {
        if (word !== this.#last) this.#addOne(word)
        if (!this.areFew) return
      }
    }
  }

  #last: Word | null = null

  #addOne(word: Word): void {
    this.#last = word
    this.#seen.add(word)
  }

  readonly #keys = new Int32Array(1024)
  readonly #taken = new Uint8Array(1024)

  /** A table of our own in front of the set: it is looked into for every weight. */
  #addFast(words: Int32Array): void {
    const keys = this.#keys
    const taken = this.#taken
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as number // in range
      let at = Math.imul(word, 0x9e3779b1) >>> 22
      while (taken[at] === 1 && keys[at] !== word) at = (at + 1) & 1023
      if (taken[at] === 1) continue
      taken[at] = 1
      keys[at] = word
      this.#seen.add(word)
      if (!this.areFew) return
    }
  }
}
