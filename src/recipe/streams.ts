import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { IoError, ioError, UnsupportedModelError, UsageError, UserError } from '../errors.js'
import type { ModelFile } from '../onnx/read.js'
import { Temporary } from './temporary.js'

/** What stands for stdin or stdout where a path is expected. */
export const STREAM = '-'

/**
 * Gives work that reads a model its file. A stream is kept in a temporary one: ranges of it are read more than once.
 *
 * @param work  gets the path, and what reports call it: null for a stream
 */
export async function withInputFile<T>(
  input: string,
  signal: AbortSignal | undefined,
  work: (path: string, shown: string | null) => Promise<T>,
): Promise<T> {
  if (input !== STREAM) return work(input, input)
  if (process.stdin.isTTY) {
    throw new UsageError('The model is to come from stdin, but that is a terminal.', {
      suggestions: ['Pipe it in: cat model.onnx | mcompress ...', 'Or name a file.'],
    })
  }
  const temporary = new Temporary()
  try {
    const path = join(await temporary.folder(), 'stdin.onnx')
    await spool(path, signal)
    return await work(path, null).catch((error: unknown) => {
      throw saidOf('stdin', path, error)
    })
  } finally {
    await temporary.clear()
  }
}

/**
 * Gives work that makes a model a file for it, whose content then goes to stdout.
 *
 * @param keep  false: nothing goes to stdout
 */
export async function withOutputToStdout<T>(
  keep: boolean,
  signal: AbortSignal | undefined,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (keep && process.stdout.isTTY) {
    throw new UsageError('The model is to go to stdout, but that is a terminal.', {
      suggestions: ['Pipe it on, or name a file: -o FILE.'],
    })
  }
  const temporary = new Temporary()
  try {
    const path = join(await temporary.folder(), 'stdout.onnx')
    const result = await work(path)
    if (keep) await print(path, signal)
    return result
  } finally {
    await temporary.clear()
  }
}

/** @throws UnsupportedModelError for a model of several files, which does not fit through a stream */
export function refuseExternal({ external }: ModelFile): void {
  if (external.length === 0) return
  throw new UnsupportedModelError('A model with external data is more than one file: it does not fit through stdout.', {
    suggestions: ['Name a file: -o FILE.'],
  })
}

/** @throws IoError when nobody reads the model to its end */
async function print(path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pipeline(createReadStream(path), process.stdout, { end: false, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') {
      throw new IoError('The model did not get through stdout: what reads it has closed it.', { cause: error })
    }
    throw ioError(error, 'Cannot write the model to stdout')
  }
}

async function spool(path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pipeline(process.stdin, createWriteStream(path), { ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    throw ioError(error, 'Cannot keep the model from stdin', ['Free some space for temporary files, or set TMPDIR.'])
  }
}

/** The user knows the stream, not the temporary file that the error is about. */
function saidOf(stream: string, path: string, error: unknown): unknown {
  if (error instanceof UserError) error.message = error.message.replaceAll(`"${path}"`, stream)
  return error
}
