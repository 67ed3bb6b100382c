import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ioError, UnsupportedModelError, UsageError } from '../errors.js'
import { readModel } from '../onnx/read.js'
import type { RunRequest } from './run.js'

/** A request whose input and target are files, and how both are to be called. */
export interface LocalRequest extends RunRequest {
  readonly target: string
  /** Null for stdin and stdout. */
  readonly shownInput: string | null
  readonly shownOutput: string | null
}

/**
 * Lets a request that reads stdin (`-`) or writes stdout work with files: ranges of a stream cannot be read twice.
 *
 * @throws UsageError for stdin without a name for the output
 */
export async function withLocalFiles<T>(request: RunRequest, work: (local: LocalRequest) => Promise<T>): Promise<T> {
  const fromStdin = request.input === '-'
  const toStdout = request.output === '-'
  if (!fromStdin && !toStdout) {
    const target = targetOf(request)
    return work({ ...request, target, shownInput: request.input, shownOutput: target })
  }
  if (fromStdin && request.output === null && request.keep) {
    throw new UsageError('A model from stdin needs a name for the result.', {
      suggestions: ['Add -o FILE, or -o - for stdout.'],
    })
  }
  const folder = await mkdtemp(join(tmpdir(), 'mcompress-'))
  try {
    const input = fromStdin ? join(folder, 'stdin.onnx') : request.input
    const target = toStdout || request.output === null ? join(folder, 'stdout.onnx') : request.output
    if (fromStdin) await spool(input)
    const result = await work({
      ...request,
      input,
      target,
      shownInput: fromStdin ? null : request.input,
      shownOutput: toStdout ? null : target,
    })
    if (toStdout && request.keep) await print(target)
    return result
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** For work that only reads. */
export async function withInputFile<T>(
  input: string,
  work: (path: string, shown: string | null) => Promise<T>,
): Promise<T> {
  if (input !== '-') return work(input, input)
  const folder = await mkdtemp(join(tmpdir(), 'mcompress-'))
  try {
    const path = join(folder, 'stdin.onnx')
    await spool(path)
    return await work(path, null)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function targetOf(request: RunRequest): string {
  if (request.inPlace) return request.input
  if (request.output !== null) return request.output
  const ending = extname(request.input)
  const stem = basename(request.input, ending)
  const suffix = request.steps.map((step) => step.pass.suffix).join('.')
  return join(dirname(request.input), `${stem}.${suffix}.onnx`)
}

async function spool(path: string): Promise<void> {
  try {
    await pipeline(process.stdin, createWriteStream(path))
  } catch (error) {
    throw ioError(error, 'Cannot keep the model from stdin', ['Free some space for temporary files, or set TMPDIR.'])
  }
}

async function print(path: string): Promise<void> {
  const { external } = readModel(path)
  if (external.length > 0) {
    throw new UnsupportedModelError(
      'A model with external data is more than one file: it does not fit through stdout.',
      {
        suggestions: ['Name a file: -o FILE.'],
      },
    )
  }
  await pipeline(createReadStream(path), process.stdout, { end: false })
}
