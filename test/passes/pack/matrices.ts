import { Rng } from '../../../src/data/rng.js'
import { MemoryTensor, type Tensor } from '../../../src/ir/tensor.js'
import { elementCount } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'

/** A product of normal factors, and noise of a relative size. */
export function product(
  { rows, columns, rank, noise }: { rows: number; columns: number; rank: number; noise: number },
  seed = 1,
): NumbersTensor {
  const rng = new Rng(seed)
  const left = Float64Array.from({ length: rows * rank }, () => rng.normal())
  const right = Float64Array.from({ length: rank * columns }, () => rng.normal())
  const numbers = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    let sum = noise * Math.sqrt(rank) * rng.normal()
    for (let k = 0; k < rank; k++) sum += at(left, row * rank + k) * at(right, k * columns + column)
    return sum
  })
  return tensorOf([rows, columns], numbers)
}

/** U diag(values) U^T, for the U of the cosine transform. */
export function diagonal(n: number, value: (k: number) => number): NumbersTensor {
  const wave = (i: number, k: number) => Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * (i + 0.5) * k) / n)
  const numbers = Float32Array.from({ length: n * n }, (_, place) => {
    const [i, j] = [Math.floor(place / n), place % n]
    let sum = 0
    for (let k = 0; k < n; k++) sum += wave(i, k) * value(k) * wave(j, k)
    return sum
  })
  return tensorOf([n, n], numbers)
}

export function normal(shape: readonly number[], seed: number): NumbersTensor {
  const rng = new Rng(seed)
  return tensorOf(
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => rng.normal()),
  )
}

export class NumbersTensor extends MemoryTensor {
  readonly numbers: Float32Array

  constructor(shape: readonly number[], numbers: Float32Array) {
    super('float32', shape, bytesOf(numbers))
    this.numbers = numbers
  }
}

export function tensorOf(shape: readonly number[], numbers: Float32Array): NumbersTensor {
  return new NumbersTensor(shape, numbers)
}

/** Counts what is read of a tensor, which may claim another shape as long as nobody reads it. */
export class ObservedTensor implements Tensor {
  readonly dtype = 'float32' as const
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly #tensor: Tensor
  bytesRead = 0
  wholes = 0

  constructor(tensor: Tensor, shape = tensor.shape) {
    this.#tensor = tensor
    this.shape = shape
    this.byteLength = 4 * elementCount(shape)
  }

  read(): Uint8Array {
    this.wholes++
    this.bytesRead += this.byteLength
    return this.#tensor.read()
  }

  readAt(offset: number, length: number): Uint8Array {
    this.bytesRead += length
    return this.#tensor.readAt(offset, length)
  }

  chunks(bytes?: number): Iterable<Uint8Array> {
    this.bytesRead += this.byteLength
    return this.#tensor.chunks(bytes)
  }

  map(f: (chunk: Uint8Array, at: number) => void): Tensor {
    return this.#tensor.map(f)
  }
}

export function at(array: Float32Array | Float64Array, i: number): number {
  return array[i] as number // inside the array
}
