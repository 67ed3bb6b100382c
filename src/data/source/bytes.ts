import { close, fstat, open, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { DataError, ioError } from '../../errors.js'

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Bytes that can be read at any place: a file, a member of an archive, or memory. */
export interface ByteSource {
  /** For messages: `"x.npz"`, or `"y.npy" in "x.npz"`. */
  readonly name: string
  readonly size: number
  /**
   * Fills `target` with the ranges, one after the other.
   *
   * @throws DataError when a range goes beyond the end, or the file was changed; IoError
   */
  read(target: Uint8Array, ranges: readonly ByteRange[]): Promise<void>
}

/** How much is read at once where a whole source is gone through. */
const CHUNK_BYTES = 4 << 20

/**
 * A file. It is opened for every read and not in between, so that a dataset holds nothing that must be closed.
 *
 * @throws IoError when it is missing or is a folder
 */
export async function fileBytes(path: string): Promise<ByteSource> {
  const source = await withFile(path, async (fd) => {
    const stats = await fstatAsync(fd)
    if (stats.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    return new FileBytes(path, stats.size, stats.mtimeMs)
  })
  return source
}

/** A file, unpacked into memory when it is gzip-compressed (by its content: names are not always right). */
export async function openBytes(path: string): Promise<ByteSource> {
  const file = await fileBytes(path)
  if (file.size < 2) return file
  const [first, second] = await readBytes(file, 0, 2)
  return first === 0x1f && second === 0x8b ? gunzipped(file) : file
}

export function memoryBytes(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(target, ranges) {
      let at = 0
      for (const { offset, length } of ranges) {
        if (offset + length > bytes.byteLength) throw truncated(name, offset + length, bytes.byteLength)
        target.set(bytes.subarray(offset, offset + length), at)
        at += length
      }
    },
  }
}

/** A part of a source under a name of its own. */
export function sliceBytes(source: ByteSource, name: string, start: number, size: number): ByteSource {
  if (start + size > source.size) throw truncated(source.name, start + size, source.size)
  return {
    name,
    size,
    async read(target, ranges) {
      const beyond = ranges.find(({ offset, length }) => offset + length > size)
      if (beyond !== undefined) throw truncated(name, beyond.offset + beyond.length, size)
      await source.read(
        target,
        ranges.map(({ offset, length }) => ({ offset: start + offset, length })),
      )
    },
  }
}

export async function readBytes(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  if (offset + length > source.size) throw truncated(source.name, offset + length, source.size)
  const bytes = new Uint8Array(length)
  await source.read(bytes, [{ offset, length }])
  return bytes
}

/** Everything in order. A chunk is only valid until the next one is asked for. */
export async function* chunksOf(source: ByteSource): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, source.size))
  for (let offset = 0; offset < source.size; offset += CHUNK_BYTES) {
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, source.size - offset))
    await source.read(chunk, [{ offset, length: chunk.byteLength }])
    yield chunk
  }
}

export function truncated(name: string, needed: number, size: number): DataError {
  return new DataError(`${name} is truncated: ${needed} bytes are needed, it has ${size}.`, {
    suggestions: ['Download or write the file again.'],
  })
}

async function gunzipped(file: ByteSource): Promise<ByteSource> {
  const packed = await readBytes(file, 0, file.size)
  try {
    return memoryBytes(file.name, await gunzipAsync(packed))
  } catch (cause) {
    const tooLarge = codeOf(cause) === 'ERR_BUFFER_TOO_LARGE'
    throw new DataError(
      tooLarge
        ? `${file.name} does not fit into memory when it is unpacked.`
        : `${file.name} cannot be unpacked: its gzip data is ${codeOf(cause) === 'Z_BUF_ERROR' ? 'truncated' : 'corrupt'}.`,
      { suggestions: [tooLarge ? 'Unpack it with gunzip and name the file.' : 'Download the file again.'], cause },
    )
  }
}

/** Reads of up to this size wait in place: a system call takes 2 us, handing it to a thread and back 12 us. */
const SYNC_BYTES = 256 << 10
/** The system refuses to read 2 GiB at once. */
const MOST_BYTES = 1 << 30

class FileBytes implements ByteSource {
  readonly name: string
  readonly size: number
  readonly #path: string
  readonly #modifiedMs: number

  constructor(path: string, size: number, modifiedMs: number) {
    this.name = `"${path}"`
    this.size = size
    this.#path = path
    this.#modifiedMs = modifiedMs
  }

  async read(target: Uint8Array, ranges: readonly ByteRange[]): Promise<void> {
    await withFile(this.#path, async (fd) => {
      const { size, mtimeMs } = await fstatAsync(fd)
      if (size !== this.size || mtimeMs !== this.#modifiedMs) {
        throw new DataError(`${this.name} was changed while it was in use.`, {
          suggestions: ['Start again when nothing writes to it any more.'],
        })
      }
      let at = 0
      for (const { offset, length } of ranges) {
        await this.#fill(fd, target.subarray(at, at + length), offset)
        at += length
      }
    })
  }

  async #fill(fd: number, target: Uint8Array, offset: number): Promise<void> {
    for (let at = 0; at < target.byteLength; ) {
      const length = Math.min(target.byteLength - at, MOST_BYTES)
      const got =
        length <= SYNC_BYTES
          ? readSync(fd, target, at, length, offset + at)
          : (await readAsync(fd, target, at, length, offset + at)).bytesRead
      if (got === 0) throw truncated(this.name, offset + target.byteLength, offset + at)
      at += got
    }
  }
}

const openAsync = promisify(open)
const closeAsync = promisify(close)
const fstatAsync = promisify(fstat)
const readAsync = promisify(read)
const gunzipAsync = promisify(gunzip)

async function withFile<T>(path: string, use: (fd: number) => Promise<T>): Promise<T> {
  try {
    const fd = await openAsync(path, 'r')
    try {
      return await use(fd)
    } finally {
      await closeAsync(fd)
    }
  } catch (error) {
    throw ioError(error, `Cannot read "${path}"`, ['Check the path in --data or --eval-data.'])
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
