import type { Tensor } from '../ir/tensor.js'
import { FLOAT32_BASE64 } from './float32-binary.js'

// The part of the global that is used here: @types/node has none, and lib.dom would bring a browser's names along.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}
interface Global {
  readonly value: number
}

/** The functions of float32.wat. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly bad: Global
  readonly min: Global
  readonly max: Global
  readonly sum: Global
  readonly squares: Global
  zeros(bytes: number): number
  scan(bytes: number): number
  count(bytes: number, min: number, scale: number, last: number, near: number, counters: number): number
}

/** What one look at float32 values tells. With an infinity or NaN among them only the counts hold. */
export interface Float32Scan {
  readonly zeros: number
  readonly notFinite: number
  readonly min: number
  readonly max: number
  readonly sum: number
  readonly squares: number
}

export interface Float32Count {
  /** For each bin the values in it. */
  readonly bins: Float64Array
  /** Values whose magnitude is at most the limit. */
  readonly near: number
}

/** Where the kernel's input ends and its counters begin, in its memory. */
const BLOCK_BYTES = 1 << 19
const LANES = 4
/** Counters of a lane. */
const MOST_BINS = 256

let exports: Exports | undefined

function kernel(): Exports {
  if (exports === undefined) {
    const module = new WebAssembly.Module(Buffer.from(FLOAT32_BASE64, 'base64'))
    exports = new WebAssembly.Instance(module).exports as Exports // float32.wat declares them
  }
  return exports
}

/** Zeros of either sign in a float32 tensor: as fast as it can be read. */
export function zerosOfFloat32(tensor: Tensor): number {
  let zeros = 0
  for (const { bytes, padding, first } of blocks(tensor)) zeros += kernel().zeros(bytes) - (first === 0 ? padding : 0)
  return zeros
}

/** Everything about a float32 tensor that needs no other knowledge of it, in one reading. */
export function scanFloat32(tensor: Tensor): Float32Scan {
  const { scan, bad, min, max, sum, squares } = kernel()
  const whole = { zeros: 0, notFinite: 0, min: Infinity, max: -Infinity, sum: 0, squares: 0 }
  for (const { bytes, padding, first } of blocks(tensor)) {
    whole.zeros += scan(bytes) - (first === 0 ? padding : 0)
    whole.notFinite += bad.value - (Number.isFinite(first) ? 0 : padding)
    whole.min = Math.min(whole.min, min.value)
    whole.max = Math.max(whole.max, max.value)
    whole.sum += sum.value - padding * first
    whole.squares += squares.value - padding * first * first
  }
  return whole
}

/**
 * A histogram of a float32 tensor whose values are all finite: bin floor((x - min) scale), held below `bins`.
 *
 * @param limit  magnitudes up to it count as near
 * @param bins   at most 256
 */
export function countFloat32(
  tensor: Tensor,
  {
    min,
    scale,
    limit,
    bins,
  }: { readonly min: number; readonly scale: number; readonly limit: number; readonly bins: number },
): Float32Count {
  const { memory, count } = kernel()
  const counters = new Uint32Array(memory.buffer, BLOCK_BYTES, LANES * MOST_BINS)
  const highest = bitsBelow(limit)
  counters.fill(0)
  const total = new Float64Array(bins)
  let near = 0
  for (const { bytes, padding, first } of blocks(tensor)) {
    near += count(bytes, min, scale, bins - 1, highest, BLOCK_BYTES)
    if (padding === 0) continue
    const bin = Math.min(bins - 1, Math.floor((first - min) * scale))
    total[bin] = (total[bin] ?? 0) - padding
    near -= Math.abs(first) <= limit ? padding : 0
  }
  // A counter holds 2^32: that many values a lane are a tensor of 64 GiB.
  for (let i = 0; i < counters.length; i++) total[i % MOST_BINS] = (total[i % MOST_BINS] ?? 0) + (counters[i] ?? 0)
  return { bins: total, near }
}

interface Block {
  /** In the kernel's memory, from its start; a multiple of 16. */
  readonly bytes: number
  /** Values at its end that are copies of its first, to fill it up. */
  readonly padding: number
  readonly first: number
}

/** Brings a tensor into the kernel's memory piece by piece; one that lies in a file without a detour. */
function* blocks(tensor: Tensor): Iterable<Block> {
  const { memory } = kernel()
  const room = new Uint8Array(memory.buffer, 0, BLOCK_BYTES)
  const { range } = tensor
  if (range === undefined) {
    for (const chunk of tensor.chunks(BLOCK_BYTES)) {
      for (let at = 0; at < chunk.byteLength; at += BLOCK_BYTES) {
        const part = chunk.subarray(at, at + BLOCK_BYTES)
        room.set(part)
        yield filledUp(room, part.byteLength)
      }
    }
    return
  }
  for (let at = 0; at < range.length; at += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, range.length - at)
    range.source.readSync(room.subarray(0, length), range.offset + at)
    yield filledUp(room, length)
  }
}

function filledUp(room: Uint8Array, length: number): Block {
  const floats = new Float32Array(room.buffer, 0, BLOCK_BYTES / 4)
  const padding = -(length / 4) & 3
  const first = floats[0] ?? 0
  // The word and not the number: whatever NaN it is, it stays.
  if (padding > 0)
    new Uint32Array(room.buffer).fill(new Uint32Array(room.buffer)[0] ?? 0, length / 4, length / 4 + padding)
  return { bytes: length + padding * 4, padding, first }
}

/** The bits of the largest float32 that is at most `limit`, which is not negative: they order as the numbers do. */
function bitsBelow(limit: number): number {
  const float = Float32Array.of(limit)
  const bits = new Int32Array(float.buffer)[0] ?? 0
  return (float[0] ?? 0) > limit ? bits - 1 : bits
}
