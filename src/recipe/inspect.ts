import { readModel } from '../onnx/read.js'
import { type Report, SCHEMA_VERSION } from '../report/report.js'
import { filesReport, modelReport } from './model-report.js'
import type { RunHooks } from './run.js'
import { withInputFile } from './streams.js'
import { tool } from './tool.js'

export interface InspectRequest {
  readonly input: string
  readonly gzip: boolean | null
  readonly dims: Readonly<Record<string, number>>
}

/** Describes one model; nothing is changed or written. */
export function inspect(request: InspectRequest, hooks: RunHooks): Promise<Report> {
  return withInputFile(request.input, async (path, shown) => {
    const startedAt = new Date()
    hooks.onProgress?.('Reading', null)
    const input = readModel(path)
    hooks.onProgress?.('Describing', null)
    const paths = [input.source, ...input.external].map((file) => file.path)
    const files = await filesReport(shown, paths, { gzip: request.gzip }, hooks)
    const before = await modelReport(input.model, files, request.dims)
    return {
      schemaVersion: SCHEMA_VERSION,
      tool: tool(),
      command: 'inspect',
      headlines: [],
      steps: [],
      seed: 0,
      before,
      after: null,
      data: [],
      metrics: [],
      verification: null,
      times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
    }
  })
}
