import { KERNEL_BASE64 } from './kernel-binary.js'

// The part of the global that is used here: @types/node has none, and lib.dom would bring a browser's names along.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}
interface Memory {
  readonly buffer: ArrayBuffer
}
interface Global {
  readonly value: number
}

/** The functions of kernel.wat. */
interface Exports {
  readonly memory: Memory
  readonly below: Global
  readonly zeros: Global
  readonly bad: Global
  scan(bytes: number, low: number, span: number, out: number): number
  zero(bytes: number, from: number): void
}

export interface Scanned {
  readonly below: number
  readonly zeros: number
  /** Whether a weight is Inf or NaN. */
  readonly bad: boolean
  /** The keys from `low` up to and without `high`, in order; valid until the next call. */
  readonly inside: Int32Array
}

/** Where the kernel's input ends and its output begins, in its memory. */
const BLOCK_BYTES = 1 << 19

/** The key of the largest finite number. */
const LARGEST = 0x7f7fffff

let exports: Exports | undefined

function kernel(): Exports {
  if (exports === undefined) {
    const module = new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'))
    exports = new WebAssembly.Instance(module).exports as Exports // kernel.wat declares them
  }
  return exports
}

/**
 * Compares the keys of float32 weights with a bracket: several times as fast as a loop in JavaScript.
 *
 * @param words  bits of float32 [n]
 * @param visit  called for each block of at most 131,072 words
 */
export function scanFloat32(words: Int32Array, low: number, high: number, visit: (found: Scanned) => void): void {
  const { memory, scan, below, zeros, bad } = kernel()
  for (const block of blocks(words)) {
    const padding = enter(memory, block)
    const n = scan((block.length + padding) * 4, low, high - low, BLOCK_BYTES)
    const surplus = low <= LARGEST && high > LARGEST ? padding : 0 // the padding stands last
    visit({
      below: below.value - (low > LARGEST ? padding : 0),
      zeros: zeros.value,
      bad: bad.value !== 0,
      inside: new Int32Array(memory.buffer, BLOCK_BYTES, n - surplus),
    })
  }
}

/** Sets every word whose key is below `from` to +0, in place. */
export function zeroFloat32(words: Int32Array, from: number): void {
  const { memory, zero } = kernel()
  for (const block of blocks(words)) {
    zero((block.length + enter(memory, block)) * 4, from)
    block.set(new Int32Array(memory.buffer, 0, block.length))
  }
}

function* blocks(words: Int32Array): Iterable<Int32Array> {
  for (let at = 0; at < words.length; at += BLOCK_BYTES / 4) yield words.subarray(at, at + BLOCK_BYTES / 4)
}

/** Copies a block to the kernel and fills it up to a multiple of four. @returns with how many words */
function enter(memory: Memory, block: Int32Array): number {
  const input = new Int32Array(memory.buffer, 0, BLOCK_BYTES / 4)
  const padding = -block.length & 3
  input.set(block)
  input.fill(LARGEST, block.length, block.length + padding)
  return padding
}
