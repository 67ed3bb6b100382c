import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { describeModel } from '../analysis/layers.js'
import { readConstants } from '../analysis/read-constants.js'
import { inferShapes } from '../analysis/shapes.js'
import { unpacked } from '../analysis/unpacked.js'
import { ioError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import type { FileReport, ModelReport } from '../report/report.js'
import { gzipBytes } from './gzip.js'
import { zstdBytes } from './zstd.js'

/** Larger models are gzipped, and compressed with zstd, on request only, and hashed only for a report that is kept: it takes time. */
const SMALL_BYTES = 32e6

export interface FilesOptions {
  /** Whether the files are compressed to tell their sizes then, with gzip and zstd; null: small models only. */
  readonly gzip: boolean | null
  /** Whether large files are hashed, too; not unless told. */
  readonly hash?: boolean
}

/** How work is followed: the same hooks as those of a whole recipe. */
export interface DescribeHooks {
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 of the phase */
  readonly onProgress?: ((phase: string, done: number | null) => void) | undefined
}

type FilesReport = Pick<ModelReport, 'path' | 'bytes' | 'files' | 'gzipBytes' | 'zstdBytes'>

/**
 * @param shown  the path to show; null for a stream or a dry run
 * @param paths  all files of the model
 */
export async function filesReport(
  shown: string | null,
  paths: readonly string[],
  { gzip, hash = false }: FilesOptions,
  { signal, onProgress }: DescribeHooks = {},
): Promise<FilesReport> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).catch((error: unknown) => {
        throw ioError(error, `Cannot read "${path}"`)
      }),
    ),
  )
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0)
  const isSmall = bytes <= SMALL_BYTES
  const named = shown === null ? '' : ` ${basename(shown)}`
  /** Counts the bytes of all files through one phase. */
  const counted = (phase: string) => {
    let read = 0
    return (more: number) => {
      read += more
      onProgress?.(phase + named, Math.min(1, read / Math.max(1, bytes)))
    }
  }
  const onHashed = counted('Hashing')
  const files: FileReport[] = []
  for (const [i, path] of paths.entries()) {
    const name = i > 0 ? basename(path) : shown === null ? null : basename(shown) // which is still a temporary file
    const sha256 = isSmall || hash ? await sha256Of(path, signal, onHashed) : null
    files.push({ name, bytes: sizes[i]?.size ?? 0, sha256 })
  }
  // Side by side: gzip works on a thread of its own.
  const [gzipped, zstd] =
    (gzip ?? isSmall)
      ? await Promise.all([gzipBytes(paths, signal), zstdBytes(paths, signal, counted('Compressing'))])
      : [null, null]
  return { path: shown, bytes, files, gzipBytes: gzipped, zstdBytes: zstd }
}

export interface DescribeOptions extends DescribeHooks {
  /** Whether the values of weights are told of, too: layers have distributions then. Not unless told. */
  readonly distributions?: boolean
}

/** Everything that a report says of one model: of packed weights what they are, and the bytes that they take. */
export async function modelReport(
  asStored: Model,
  files: FilesReport,
  dims: Readonly<Record<string, number>>,
  { distributions = false, signal, onProgress }: DescribeOptions = {},
): Promise<ModelReport> {
  const { model } = await unpacked(asStored)
  const shapes = await inferShapes(model, { dims })
  await readConstants(model, { distributions, signal, onRead: (done) => onProgress?.('Describing', done) })
  return { ...files, ...describeModel(model, shapes, { distributions }) }
}

async function sha256Of(
  path: string,
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256')
  const file = createReadStream(path, { highWaterMark: 1 << 20 }).on('data', ({ length }) => onRead(length))
  await pipeline(file, hash, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted() // with its reason, which the pipeline hides
    throw ioError(error, `Cannot read "${path}"`)
  })
  return hash.digest('hex')
}
