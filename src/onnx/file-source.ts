import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { IoError, ioError } from '../errors.js'
import type { FileSource } from '../ir/tensor.js'

/** A file that can be given back before the garbage collector finds it. */
export interface OpenSource extends FileSource {
  /** Ranges of it cannot be read afterwards. A second call does nothing. */
  close(): void
}

/** The system counts bytes of one read in 32 bits. */
const MAX_READ_BYTES = 1 << 30

const closing = new FinalizationRegistry<number>((fd) => closeSync(fd))

/**
 * Opens a file for reading ranges of it. It stays open as long as it is referenced, so that a model can be
 * replaced on disk while its old bytes are still read.
 *
 * @throws IoError when it cannot be opened, or is no regular file
 */
export function openSource(path: string): OpenSource {
  let fd: number
  try {
    // A pipe would block until somebody writes to it. Windows has no such flag.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw ioError(error, `Cannot read "${path}"`, ['Check the path.'])
  }
  const stat = fstatSync(fd)
  if (!stat.isFile()) {
    closeSync(fd)
    throw new IoError(`Cannot read "${path}": ${stat.isDirectory() ? 'it is a folder' : 'it is no regular file'}.`, {
      suggestions: ['Name an .onnx file.'],
    })
  }
  const source = new OpenFile(path, stat.size, fd)
  closing.register(source, fd, source)
  return source
}

class OpenFile implements OpenSource {
  readonly path: string
  readonly size: number
  #fd: number | null

  constructor(path: string, size: number, fd: number) {
    this.path = path
    this.size = size
    this.#fd = fd
  }

  readSync(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.byteLength; ) {
      const wanted = Math.min(target.byteLength - done, MAX_READ_BYTES)
      let n: number
      try {
        n = readSync(this.#open(), target, done, wanted, offset + done)
      } catch (error) {
        throw ioError(error, `Cannot read "${this.path}"`)
      }
      if (n === 0) throw this.#tooShort(offset + done)
      done += n
    }
  }

  close(): void {
    if (this.#fd === null) return
    closing.unregister(this)
    closeSync(this.#fd)
    this.#fd = null
  }

  #open(): number {
    if (this.#fd === null) throw new Error(`"${this.path}" is read after it was closed.`)
    return this.#fd
  }

  #tooShort(at: number): IoError {
    return new IoError(
      `Cannot read "${this.path}": it ends at byte ${at}, it had ${this.size} bytes when it was opened.`,
      {
        suggestions: ['Another program changed the file. Run the command again.'],
      },
    )
  }
}
