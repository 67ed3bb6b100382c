import { closeSync, openSync, writeSync } from 'node:fs'
import { ioError } from '../../errors.js'

/** A new file for the bytes of tensors, one behind the other. @throws IoError */
export function openResults(path: string): { append(bytes: Uint8Array): void; close(): void } {
  const fd = openSync(path, 'wx')
  return {
    append: (bytes) => {
      try {
        for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done, bytes.byteLength - done)
      } catch (error) {
        throw ioError(error, 'Cannot keep the new weights in a temporary file', [
          'Free some space in the folder for temporary files, or set TMPDIR to another one.',
        ])
      }
    },
    close: () => closeSync(fd),
  }
}
