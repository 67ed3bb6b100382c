import { stat } from 'node:fs/promises'
import { describeModel } from '../analysis/layers.js'
import { inferShapes } from '../analysis/shapes.js'
import { ioError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import type { ModelReport } from '../report/report.js'
import { gzipBytes } from './gzip.js'

/** Larger models are gzipped on request only: it takes seconds per 100 MB. */
const GZIP_BY_DEFAULT_BYTES = 32e6

type FilesReport = Pick<ModelReport, 'path' | 'bytes' | 'gzipBytes'>

/**
 * @param shown  the path to show; null for a stream or a dry run
 * @param paths  all files of the model
 */
export async function filesReport(
  shown: string | null,
  paths: readonly string[],
  { gzip }: { readonly gzip: boolean | null },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FilesReport> {
  let bytes = 0
  for (const path of paths) {
    const { size } = await stat(path).catch((error: unknown) => {
      throw ioError(error, `Cannot read "${path}"`)
    })
    bytes += size
  }
  return {
    path: shown,
    bytes,
    gzipBytes: (gzip ?? bytes <= GZIP_BY_DEFAULT_BYTES) ? await gzipBytes(paths, signal) : null,
  }
}

/** Everything that a report says of one model. */
export async function modelReport(
  model: Model,
  files: FilesReport,
  dims: Readonly<Record<string, number>>,
): Promise<ModelReport> {
  return { ...files, ...(await describeModel(model, await inferShapes(model, { dims }))) }
}
