import type { ModelFile } from '../onnx/read.js'
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
  /** For a report that is kept: hashes of large files, and how weights are distributed. Not unless told. */
  readonly detail?: boolean
  /** Numbers for dimensions that the model leaves open. */
  readonly dims?: Readonly<Record<string, number>>
  /** Whether it is told where bytes, parameters and MACs are, and what could go; not unless told. */
  readonly why?: boolean
  /** Whether it is told what structured pruning could remove, and what has to stay; not unless told. */
  readonly groups?: boolean
}

/** Describes one model; nothing is changed or written. */
export function inspect(
  { input, gzip = null, detail = false, dims = {}, why = false, groups = false }: InspectRequest,
  hooks: RunHooks = {},
): Promise<Report> {
  return withInputFile(input, hooks.signal, async (path, shown) => {
    const startedAt = new Date()
    hooks.onProgress?.('Reading', null)
    const file = readNamedModel(path)
    hooks.onProgress?.('Describing', null)
    const paths = [file.source, ...file.external].map(({ path }) => path)
    const files = await filesReport(shown, paths, { gzip, hash: detail }, hooks)
    const before = await modelReport(file.model, files, dims, { distributions: why || detail, ...hooks })
    const explained = why ? await explanation(file, dims, before.macs.total) : NOTHING_MORE
    const grouped = groups ? await groupsOf(file, dims, hooks) : NOTHING_MORE
    hooks.signal?.throwIfAborted()
    return {
      ...NOTHING_MORE,
      schemaVersion: SCHEMA_VERSION,
      tool: tool(),
      command: 'inspect',
      headlines: [...grouped.headlines, ...explained.headlines],
      why: explained.why,
      groups: grouped.groups,
      seed: 0,
      before,
      after: null,
      times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
    }
  })
}

/** Loaded when it is wanted: most who inspect a model want it at once. */
async function explanation(
  file: ModelFile,
  dims: Readonly<Record<string, number>>,
  macs: number | null,
): Promise<Pick<Report, 'headlines' | 'why'>> {
  const { whyHeadlines, whyReport } = await import('./why.js')
  const why = await whyReport(file, dims)
  return { headlines: whyHeadlines(why, macs), why }
}

/** The same, of what structured pruning looks at. */
async function groupsOf(
  { model }: ModelFile,
  dims: Readonly<Record<string, number>>,
  { signal, onProgress }: RunHooks,
): Promise<Pick<Report, 'headlines' | 'groups'>> {
  onProgress?.('Finding groups', null)
  const [{ groupsReport }, { foundText }] = await Promise.all([
    import('./groups.js'),
    import('../report/content/structured.js'),
  ])
  const groups = await groupsReport(model, dims, signal)
  return { headlines: [foundText(groups)], groups }
}
