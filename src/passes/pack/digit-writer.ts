import type { Digits } from '../../encodings/digits.js'
import type { Spec } from '../../encodings/encoding.js'
import { elementCount } from '../../ir/type.js'

/** Puts digits into words as they come. What is not filled stays 0. */
export class DigitWriter {
  readonly #words: Uint8Array | Uint16Array | Int32Array
  readonly #base: number
  readonly #perWord: number
  readonly #order: 'planes' | 'rows'
  #at = 0

  constructor({ form, order, words }: Digits<Spec>) {
    const count = elementCount(words.shape)
    const Kind = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array }[form.dtype]
    this.#words = new Kind(count)
    this.#base = form.base
    this.#perWord = form.perWord
    this.#order = order
  }

  /** Digits so far. */
  get count(): number {
    return this.#at
  }

  get bytes(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.#words
    return new Uint8Array(buffer, byteOffset, byteLength)
  }

  /** @throws RangeError when there is no more room */
  write(digits: Uint8Array, count = digits.length): void {
    if (this.#at + count > this.#words.length * this.#perWord) throw new RangeError('More digits than were planned.')
    if (this.#order === 'rows') this.#writeRows(digits, count)
    else this.#writePlanes(digits, count)
    this.#at += count
  }

  #writePlanes(digits: Uint8Array, count: number): void {
    const words = this.#words
    for (let done = 0; done < count; ) {
      const at = this.#at + done
      const place = Math.floor(at / words.length)
      const first = at - place * words.length
      const n = Math.min(count - done, words.length - first)
      const factor = this.#base ** place
      for (let i = 0; i < n; i++) {
        words[first + i] = (words[first + i] as number) + (digits[done + i] as number) * factor // in range
      }
      done += n
    }
  }

  #writeRows(digits: Uint8Array, count: number): void {
    const words = this.#words
    const perWord = this.#perWord
    let word = Math.floor(this.#at / perWord)
    let place = this.#at % perWord
    let factor = this.#base ** place
    for (let i = 0; i < count; i++) {
      words[word] = (words[word] as number) + (digits[i] as number) * factor // in range
      factor *= this.#base
      if (++place < perWord) continue
      place = 0
      factor = 1
      word++
    }
  }
}
