import { NOTHING_MORE, type Report, SCHEMA_VERSION } from '../report/report.js'
import { filesReport, modelReport } from './model-report.js'
import { readNamedModel } from './named-model.js'
import type { RunHooks } from './run.js'
import { withInputFile } from './streams.js'
import { tool } from './tool.js'

export interface InspectRequest {
  /** A path; `-` is stdin. */
  readonly input: string
  /** Whether the size is measured gzipped, too; null, and unless told, for small models. */
  readonly gzip?: boolean | null
  /** Whether the files of a large model are hashed, too; not unless told. */
  readonly hash?: boolean
  /** Numbers for dimensions that the model leaves open. */
  readonly dims?: Readonly<Record<string, number>>
}

/** Describes one model; nothing is changed or written. */
export function inspect(
  { input, gzip = null, hash = false, dims = {} }: InspectRequest,
  hooks: RunHooks = {},
): Promise<Report> {
  return withInputFile(input, hooks.signal, async (path, shown) => {
    const startedAt = new Date()
    hooks.onProgress?.('Reading', null)
    const { model, source, external } = readNamedModel(path)
    hooks.onProgress?.('Describing', null)
    const paths = [source, ...external].map((file) => file.path)
    const before = await modelReport(model, await filesReport(shown, paths, { gzip, hash }, hooks), dims)
    hooks.signal?.throwIfAborted()
    return {
      ...NOTHING_MORE,
      schemaVersion: SCHEMA_VERSION,
      tool: tool(),
      command: 'inspect',
      seed: 0,
      before,
      after: null,
      times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
    }
  })
}
