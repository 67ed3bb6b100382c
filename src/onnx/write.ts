import { createHash } from 'node:crypto'
import { closeSync, fdatasync, openSync, unlinkSync, writeSync } from 'node:fs'
import { ioError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { graphs } from '../ir/walk.js'
import { type Encoded, encode, type Part } from './encode.js'
import { type ExternalPlace, type KeptOfModel, modelMessage } from './message-of.js'
import { SparseTensor } from './sparse-tensor.js'

/** ONNX Runtime refuses a model of 2 GiB in one file; from here on tensors go into a file of their own. */
export const MAX_SINGLE_FILE_BYTES = 1.5e9
const EXTERNAL_FROM_BYTES = 1024
/** Pages can be mapped where tensors begin at multiples of this. */
const PAGE_BYTES = 4096

/** The layout of a data file beside the model. */
export interface ExternalPlan extends Encoded {
  readonly offsets: ReadonlyMap<Tensor, number>
}

/** Every tensor of a model, wherever it stands, in graph order, each once. */
export function tensorsOf(model: Model): Set<Tensor> {
  const tensors = new Set<Tensor>()
  for (const graph of graphs(model)) {
    for (const value of graph.initializers) if (value.constant !== null) tensors.add(value.constant)
    for (const node of graph.nodes) {
      for (const a of node.attrs.values()) {
        if (a.kind === 'tensor') tensors.add(a.value)
        else if (a.kind === 'tensors') for (const tensor of a.value) tensors.add(tensor)
      }
    }
  }
  return tensors
}

export function planExternal(model: Model): ExternalPlan {
  const offsets = new Map<Tensor, number>()
  const parts: Part[] = []
  let length = 0
  const add = (part: Part) => {
    parts.push(part)
    length += part.byteLength
  }
  for (const tensor of tensorsOf(model)) {
    if (tensor.byteLength < EXTERNAL_FROM_BYTES || tensor.dtype === 'string' || tensor instanceof SparseTensor) continue
    if (length % PAGE_BYTES !== 0) add(new Uint8Array(PAGE_BYTES - (length % PAGE_BYTES)))
    offsets.set(tensor, length)
    add(tensor)
  }
  return { offsets, parts, length }
}

/** @param external  the data file's name, and which tensors lie where in it */
export function encodeModel(model: Model, external?: { location: string; plan: ExternalPlan }): Encoded {
  const place = (tensor: Tensor): ExternalPlace | null => {
    const offset = external?.plan.offsets.get(tensor)
    if (external === undefined || offset === undefined) return null
    return { location: external.location, offset, length: tensor.byteLength }
  }
  const { packedNumbers } = model.extra as KeptOfModel // set by the reader
  return encode('ModelProto', modelMessage(model, { external: place }), packedNumbers)
}

/** The whole file in memory: for small models, tests and fixtures. */
export function encodeToBytes(model: Model): Uint8Array {
  return toBytes(encodeModel(model))
}

export function toBytes({ parts, length }: Encoded): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    for (const chunk of part instanceof Uint8Array ? [part] : part.chunks()) {
      bytes.set(chunk, at)
      at += chunk.byteLength
    }
  }
  return bytes
}

export interface WriteOptions {
  /** Computes the SHA-256 while writing. */
  readonly hash?: boolean
  readonly signal?: AbortSignal
  /** Called with the bytes written so far; those of the whole file when only the device is waited for. */
  readonly onProgress?: (bytes: number) => void
}

/** Between these the event loop gets a turn: signals, progress, and the device's own writing in the background. */
const BYTES_A_TURN = 32 << 20

/**
 * Writes a new file and makes the device keep it. Nothing is left behind when it fails or is aborted.
 *
 * @returns     the SHA-256 in hex, when it was asked for
 * @throws      IoError: the folder is missing, the device is full, ...
 */
export async function writeFile(path: string, encoded: Encoded, options: WriteOptions = {}): Promise<string | null> {
  const doing = `Cannot write "${path}"`
  let fd: number
  try {
    fd = openSync(path, 'wx')
  } catch (error) {
    throw ioError(error, doing, ['Check that the folder exists and may be written to.'])
  }
  let flushing = Promise.resolve()
  try {
    const hash = options.hash ? createHash('sha256') : null
    let written = 0
    for (const part of encoded.parts) {
      for (const chunk of part instanceof Uint8Array ? [part] : part.chunks()) {
        hash?.update(chunk)
        writeAll(fd, chunk)
        const before = written
        written += chunk.byteLength
        if (Math.floor(written / BYTES_A_TURN) === Math.floor(before / BYTES_A_TURN)) continue
        flushing = Promise.all([flushing, datasync(fd)]).then(() => {})
        flushing.catch(() => {}) // awaited at the end; until then it is nobody's unhandled rejection
        await new Promise((resolve) => setImmediate(resolve))
        options.signal?.throwIfAborted()
        options.onProgress?.(written)
      }
    }
    if (written !== encoded.length) throw new Error(`Wrote ${written} bytes of "${path}", expected ${encoded.length}.`)
    options.onProgress?.(written)
    await flushing
    await datasync(fd)
    closeSync(fd)
    return hash?.digest('hex') ?? null
  } catch (error) {
    await flushing.catch(() => {}) // the first error is the one to report, here and below
    for (const clean of [() => closeSync(fd), () => unlinkSync(path)]) {
      try {
        clean()
      } catch {}
    }
    throw ioError(error, doing, ['Free some space, or choose another folder with -o.'])
  }
}

function datasync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())))
}

function writeAll(fd: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.byteLength; ) done += writeSync(fd, chunk, done, chunk.byteLength - done)
}
