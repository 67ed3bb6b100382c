import { CHUNK_BYTES, DenseTensor, MemoryTensor, type Tensor } from '../../ir/tensor.js'
import { dtypeBits, elementCount } from '../../ir/type.js'

/**
 * The elements of a tensor that stay: lazy, so that a model of any size is cut while it is written.
 *
 * @param kept  for each axis the indices that stay, rising; null for all
 */
export function cutTensor(tensor: Tensor, kept: readonly (Int32Array | null)[]): Tensor {
  const shape = tensor.shape.map((size, axis) => kept[axis]?.length ?? size)
  const bits = dtypeBits(tensor.dtype)
  if (bits % 8 === 0 && bits > 0) return new CutTensor(tensor, shape, kept, bits / 8)
  return new MemoryTensor(tensor.dtype, shape, packedCut(tensor, shape, kept, bits))
}

/** Rows are slices along the first axis; all of them lose the same elements. */
class CutTensor extends DenseTensor {
  readonly #base: Tensor
  readonly #rows: Int32Array | null
  readonly #rowBytes: number
  readonly #baseRowBytes: number
  /** Bytes that are copied at once. */
  readonly #lane: 1 | 2 | 4
  /** Runs within a row of the base: offset and length in turns, in lanes; null for the whole row. */
  readonly #runs: Int32Array | null

  constructor(base: Tensor, shape: readonly number[], kept: readonly (Int32Array | null)[], width: number) {
    super(base.dtype, shape)
    this.#base = base
    this.#rows = kept[0] ?? null
    this.#lane = width % 4 === 0 ? 4 : width === 2 ? 2 : 1
    this.#rowBytes = elementCount(shape.slice(1)) * width
    this.#baseRowBytes = elementCount(base.shape.slice(1)) * width
    this.#runs = kept.slice(1).some((k) => k !== null)
      ? runsOf(base.shape.slice(1), kept.slice(1), width / this.#lane)
      : null
  }

  read(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength)
    let at = 0
    for (const chunk of this.chunks()) {
      bytes.set(chunk, at)
      at += chunk.byteLength
    }
    return bytes
  }

  readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    if (length === 0) return bytes
    const first = Math.trunc(offset / this.#rowBytes)
    let at = first * this.#rowBytes - offset
    for (const rows of this.#rowChunks(first, Math.ceil((offset + length) / this.#rowBytes), CHUNK_BYTES)) {
      const from = Math.max(0, -at)
      bytes.set(rows.subarray(from, Math.min(rows.byteLength, length - at)), at + from)
      at += rows.byteLength
    }
    return bytes
  }

  *chunks(bytes = CHUNK_BYTES): Iterable<Uint8Array> {
    const chunk = new Uint8Array(Math.min(bytes, this.byteLength))
    let filled = 0
    for (const rows of this.#rowChunks(0, this.shape[0] ?? 1, bytes)) {
      for (let at = 0; at < rows.byteLength; ) {
        const piece = rows.subarray(at, at + chunk.byteLength - filled)
        chunk.set(piece, filled)
        at += piece.byteLength
        filled += piece.byteLength
        if (filled < chunk.byteLength) continue
        yield chunk
        filled = 0
      }
    }
    if (filled > 0) yield chunk.subarray(0, filled)
  }

  /** Rows `from` to `to` (of those that stay), as many at a time as lie next to one another in about `bytes`. */
  *#rowChunks(from: number, to: number, bytes: number): Iterable<Uint8Array> {
    const most = Math.max(1, Math.trunc(bytes / Math.max(1, this.#baseRowBytes)))
    for (let row = from; row < to; ) {
      const first = this.#rows?.[row] ?? row
      let count = 1
      while (row + count < to && count < most && (this.#rows?.[row + count] ?? row + count) === first + count) count++
      const base = this.#base.readAt(first * this.#baseRowBytes, count * this.#baseRowBytes)
      yield this.#runs === null ? base : this.#cutRows(base, count, this.#runs)
      row += count
    }
  }

  #cutRows(base: Uint8Array, count: number, runs: Int32Array): Uint8Array {
    const cut = new Uint8Array(count * this.#rowBytes)
    const lane = this.#lane
    const [from, to] = [lanes(base, lane), lanes(cut, lane)]
    let at = 0
    for (let row = 0; row < count; row++) {
      const start = (row * this.#baseRowBytes) / lane
      for (let i = 0; i < runs.length; i += 2) {
        const first = start + (runs[i] as number) // pairs
        const length = runs[i + 1] as number
        if (length > 32) to.set(from.subarray(first, first + length), at)
        else for (let j = 0; j < length; j++) to[at + j] = from[first + j] as number
        at += length
      }
    }
    return cut
  }
}

/** Bytes as numbers of one width, which copy faster; tensors give bytes that are aligned. */
function lanes(bytes: Uint8Array, lane: 1 | 2 | 4): Uint8Array | Uint16Array | Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes
  if (lane === 4) return new Uint32Array(buffer, byteOffset, byteLength / 4)
  return lane === 2 ? new Uint16Array(buffer, byteOffset, byteLength / 2) : bytes
}

/** The pieces of a row that stay, as offsets and lengths; neighbours are one piece. */
function runsOf(shape: readonly number[], kept: readonly (Int32Array | null)[], width: number): Int32Array {
  let runs: number[] = [0, width]
  let bytes = width
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1
    const indices = kept[axis] ?? null
    if (indices === null && runs.length === 2 && runs[1] === bytes) runs = [0, bytes * size]
    else {
      const outer: number[] = []
      for (let i = 0; i < (indices?.length ?? size); i++) {
        const start = (indices?.[i] ?? i) * bytes
        for (let r = 0; r < runs.length; r += 2) {
          const [offset, length] = [start + (runs[r] ?? 0), runs[r + 1] ?? 0]
          const last = outer.length - 2
          if (last >= 0 && (outer[last] ?? 0) + (outer[last + 1] ?? 0) === offset) {
            outer[last + 1] = (outer[last + 1] ?? 0) + length
          } else outer.push(offset, length)
        }
      }
      runs = outer
    }
    bytes *= size
  }
  return Int32Array.from(runs)
}

/** Types narrower than a byte: element by element, the first in the lowest bits. */
function packedCut(
  tensor: Tensor,
  shape: readonly number[],
  kept: readonly (Int32Array | null)[],
  bits: number,
): Uint8Array {
  const base = tensor.read()
  const perByte = 8 / bits
  const mask = (1 << bits) - 1
  const elements = elementCount(shape)
  const cut = new Uint8Array(Math.ceil(elements / perByte))
  for (let i = 0; i < elements; i++) {
    let rest = i
    let from = 0
    let stride = 1
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1
      const index = rest % size
      rest = Math.trunc(rest / size)
      from += (kept[axis]?.[index] ?? index) * stride
      stride *= tensor.shape[axis] ?? 1
    }
    const code = ((base[Math.trunc(from / perByte)] ?? 0) >> ((from % perByte) * bits)) & mask
    const at = Math.trunc(i / perByte)
    cut[at] = (cut[at] ?? 0) | (code << ((i % perByte) * bits))
  }
  return cut
}
