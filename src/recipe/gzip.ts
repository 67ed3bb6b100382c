import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ioError } from '../errors.js'

/**
 * Bytes that files take on the wire when a server compresses them (gzip, its usual level 6).
 *
 * @param onRead  called with the bytes of each piece that was read
 * @throws IoError; signal.reason when it was aborted
 */
export async function gzipBytes(
  paths: readonly string[],
  signal?: AbortSignal,
  onRead?: (bytes: number) => void,
): Promise<number> {
  let total = 0
  for (const path of paths) {
    const count = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) total += chunk.byteLength
    }
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }).on('data', ({ length }) => onRead?.(length)),
      createGzip({ level: 6 }),
      count,
      ...(signal ? [{ signal }] : []),
    ).catch((error: unknown) => {
      signal?.throwIfAborted() // with its reason, which the pipeline hides
      throw ioError(error, `Cannot read "${path}"`)
    })
  }
  return total
}
