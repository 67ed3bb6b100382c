/** The largest magnitude of each channel of a weight. */
export interface ChannelMaxima {
  readonly axis: number
  /** What a tensor of one number for each channel must have to broadcast to the weight. */
  readonly shape: readonly number[]
  readonly largest: Float32Array
}

/** Finds the maxima along the first and the last axis, where convolutions and products with a matrix have their channels. */
export class ChannelScan {
  readonly #axes: readonly Axis[]
  #at = 0

  constructor(shape: readonly number[]) {
    const isMatrix = shape.filter((size) => size > 1).length >= 2
    const last = shape.length - 1
    this.#axes = isMatrix
      ? [0, last].filter((axis) => (shape[axis] as number) > 1).map((axis) => new Axis(shape, axis))
      : []
  }

  get maxima(): readonly ChannelMaxima[] {
    return this.#axes
  }

  /** @param words  bits of float32, in the order of the tensor */
  add(words: Int32Array): void {
    for (const axis of this.#axes) axis.add(words, this.#at)
    this.#at += words.length
  }
}

class Axis implements ChannelMaxima {
  readonly axis: number
  readonly shape: readonly number[]
  readonly largest: Float32Array
  /** The same, as bits: they order as magnitudes do. */
  readonly #bits: Int32Array
  readonly #inner: number

  constructor(shape: readonly number[], axis: number) {
    this.axis = axis
    const channels = shape[axis] as number // an axis of it
    this.shape = axis === 0 ? [channels, ...shape.slice(1).map(() => 1)] : [channels]
    this.#inner = shape.slice(axis + 1).reduce((n, size) => n * size, 1)
    this.#bits = new Int32Array(channels)
    this.largest = new Float32Array(this.#bits.buffer)
  }

  add(words: Int32Array, at: number): void {
    if (this.#inner === 1) this.#addInTurn(words, at)
    else this.#addRuns(words, at)
  }

  #addInTurn(words: Int32Array, at: number): void {
    const bits = this.#bits
    const channels = bits.length
    let c = at % channels
    for (let i = 0; i < words.length; i++) {
      const magnitude = (words[i] as number) & 0x7fffffff // in range, here and below
      if (magnitude > (bits[c] as number)) bits[c] = magnitude
      if (++c === channels) c = 0
    }
  }

  #addRuns(words: Int32Array, at: number): void {
    const inner = this.#inner
    for (let i = 0; i < words.length; ) {
      const c = Math.floor((at + i) / inner) % this.#bits.length
      const end = Math.min(words.length, i + inner - ((at + i) % inner))
      let most = this.#bits[c] as number
      for (; i < end; i++) {
        const magnitude = (words[i] as number) & 0x7fffffff
        if (magnitude > most) most = magnitude
      }
      this.#bits[c] = most
    }
  }
}
