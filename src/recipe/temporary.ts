import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ioError } from '../errors.js'

/** Of all work in this process: `process.exit` runs no `finally`. */
const alive = new Set<string>()

/** Files and folders that go when the work is done, however it ends; also when the process does. */
export class Temporary {
  readonly #paths = new Set<string>()

  /** @returns the path */
  add(path: string): string {
    if (alive.size === 0) process.once('exit', removeAll)
    alive.add(path)
    this.#paths.add(path)
    return path
  }

  /** @throws IoError when the system's folder for temporary files cannot be used */
  async folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'mcompress-')).catch((error: unknown) => {
      throw ioError(error, `Cannot make a temporary folder in "${tmpdir()}"`, [
        'Name a folder that there is, with room for the model: TMPDIR=/path mcompress ...',
      ])
    })
    return this.add(made)
  }

  /** It has become a result, or is gone. */
  release(path: string): void {
    alive.delete(path)
    this.#paths.delete(path)
    if (alive.size === 0) process.off('exit', removeAll)
  }

  async clear(): Promise<void> {
    for (const path of this.#paths) {
      await rm(path, { recursive: true, force: true }).catch(() => {}) // must not hide the failure before it
      this.release(path)
    }
  }
}

function removeAll(): void {
  for (const path of alive) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {
      // The process ends; there is nobody to tell, and the next path is still to be tried.
    }
  }
}
