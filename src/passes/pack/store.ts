import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ioError } from '../../errors.js'
import { type FileSource, FileTensor, type Tensor } from '../../ir/tensor.js'
import type { DType } from '../../ir/type.js'
import { type OpenSource, openSource } from '../../onnx/file-source.js'

/** Small pieces are written together. */
const BUFFER_BYTES = 1 << 20

/** A temporary file for the bytes of new tensors, one after the other. */
export interface Store {
  /** Begins a tensor; it is to be finished before the next is begun. */
  begin(): TensorWriter
  /** From now on the file has all that was finished, also for those who open it by its path, as ONNX Runtime does. */
  flush(): void
  /** What is written can still be read afterwards. A second call does nothing. */
  close(): void
}

export interface TensorWriter {
  write(bytes: Uint8Array): void
  /** The tensor of all bytes since it was begun, readable at once. */
  finish(dtype: DType, shape: readonly number[]): Tensor
}

/** @param folder  stays as long as its tensors are read; the file in it is made now @throws IoError */
export function openStore(folder: string): Store {
  return new StoreFile(join(folder, `packed-${process.pid}-${made++}.bin`))
}

let made = 0

class StoreFile implements Store, FileSource {
  readonly path: string
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  #buffered = 0
  #written = 0
  #fd: number | null
  #reading: OpenSource | null = null
  #isBusy = false

  constructor(path: string) {
    this.path = path
    this.#fd = this.#trying(() => openSync(path, 'wx'))
  }

  get size(): number {
    return this.#written + this.#buffered
  }

  begin(): TensorWriter {
    if (this.#isBusy) throw new Error('The tensor before is not finished.')
    this.#isBusy = true
    const offset = this.size
    return {
      write: (bytes) => this.#append(bytes),
      finish: (dtype, shape) => {
        this.#isBusy = false
        return new FileTensor(dtype, shape, { source: this, offset, length: this.size - offset })
      },
    }
  }

  readSync(target: Uint8Array, offset: number): void {
    this.#flush()
    this.#reading ??= openSource(this.path)
    this.#reading.readSync(target, offset)
  }

  close(): void {
    if (this.#fd === null) return
    this.#flush()
    this.#reading ??= openSource(this.path) // before somebody else may move the file away
    closeSync(this.#fd)
    this.#fd = null
  }

  flush(): void {
    this.#flush()
  }

  #append(bytes: Uint8Array): void {
    if (this.#buffered + bytes.byteLength > BUFFER_BYTES) this.#flush()
    if (bytes.byteLength > BUFFER_BYTES) this.#writeOut(bytes)
    else {
      this.#buffer.set(bytes, this.#buffered)
      this.#buffered += bytes.byteLength
    }
  }

  #flush(): void {
    if (this.#buffered === 0) return
    this.#writeOut(this.#buffer.subarray(0, this.#buffered))
    this.#buffered = 0
  }

  #writeOut(bytes: Uint8Array): void {
    const fd = this.#fd
    if (fd === null) throw new Error('The store is closed.')
    for (let done = 0; done < bytes.byteLength; ) {
      done += this.#trying(() => writeSync(fd, bytes, done, bytes.byteLength - done))
    }
    this.#written += bytes.byteLength
  }

  #trying<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw ioError(error, `Cannot write "${this.path}"`, [
        'Packed weights go to the folder for temporary files first; TMPDIR names another one.',
      ])
    }
  }
}
