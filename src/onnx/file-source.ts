import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { IoError, ioError } from '../errors.js'
import type { FileSource } from '../ir/tensor.js'

const closing = new FinalizationRegistry<number>((fd) => closeSync(fd))

/**
 * Opens a file for reading ranges of it. It stays open as long as it is referenced, so that a model can be
 * replaced on disk while its old bytes are still read.
 *
 * @throws IoError when it cannot be opened, or is no regular file
 */
export function openSource(path: string): FileSource {
  let fd: number
  try {
    fd = openSync(path, 'r')
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
  closing.register(source, fd)
  return source
}

class OpenFile implements FileSource {
  readonly path: string
  readonly size: number
  readonly #fd: number

  constructor(path: string, size: number, fd: number) {
    this.path = path
    this.size = size
    this.#fd = fd
  }

  readSync(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.byteLength; ) {
      const n = readSync(this.#fd, target, done, target.byteLength - done, offset + done)
      if (n === 0) throw this.#tooShort(offset + done)
      done += n
    }
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
