import { createReadStream } from 'node:fs'
import * as zlib from 'node:zlib'
import { ioError } from '../errors.js'

/** Frames of that much each: memory stays flat, and hardly a byte more than one frame takes. */
const FRAME_BYTES = 4 << 20
/** Its own default, which servers leave it at. */
const LEVEL = 3

/** @returns how many bytes a frame of these takes */
export type ZstdFrame = (bytes: Uint8Array) => Promise<number>

/**
 * Bytes that files take on the wire when a server compresses them with zstd, or in a store that does.
 *
 * @param onRead  called with the bytes of each piece that was read
 * @throws IoError; signal.reason when it was aborted
 * @see RFC 8878
 */
export async function zstdBytes(
  paths: readonly string[],
  signal?: AbortSignal,
  onRead?: (bytes: number) => void,
): Promise<number> {
  const frame = nativeFrame() ?? (await wasmFrame())
  let total = 0
  for (const path of paths) {
    for await (const piece of pieces(path)) {
      signal?.throwIfAborted()
      total += await frame(piece)
      onRead?.(piece.byteLength)
    }
  }
  return total
}

/** Of Node.js itself, which has it from 22.15 on; null in earlier ones. */
export function nativeFrame(): ZstdFrame | null {
  // The types are those of the oldest Node.js that this runs on.
  const { zstdCompress, constants } = zlib as Partial<ZstdOfZlib>
  if (zstdCompress === undefined || constants?.ZSTD_c_compressionLevel === undefined) return null
  const options = { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }
  return (bytes) =>
    new Promise((resolve, reject) => {
      zstdCompress(bytes, options, (error, result) => (error ? reject(error) : resolve(result.byteLength)))
    })
}

interface ZstdOfZlib {
  readonly zstdCompress: (
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
    done: (error: Error | null, result: Uint8Array) => void,
  ) => void
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}

/** The same library as WebAssembly. */
export async function wasmFrame(): Promise<ZstdFrame> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd')
  const zstd = await Zstd.load()
  return async (bytes) => zstd.compress(bytes, LEVEL).byteLength
}

/** The bytes of a file, all but the last of the size of a frame. */
async function* pieces(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: FRAME_BYTES })
  } catch (error) {
    throw ioError(error, `Cannot read "${path}"`)
  }
}
