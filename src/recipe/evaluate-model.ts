import { readModel } from '../onnx/read.js'
import { type Report, SCHEMA_VERSION } from '../report/report.js'
import { type Engine, type Evaluation, measure } from './measure.js'
import { filesReport, modelReport } from './model-report.js'
import type { RunHooks } from './run.js'
import { withInputFile } from './streams.js'
import { tool } from './tool.js'

export interface EvaluateModelRequest extends Engine {
  readonly input: string
  /** Null: only the labels count. */
  readonly baseline: string | null
  readonly evaluation: Evaluation
  readonly gzip: boolean | null
}

/** Measures one model on data; nothing is changed or written. */
export function evaluateModel(request: EvaluateModelRequest, hooks: RunHooks): Promise<Report> {
  return withInputFile(request.input, async (path, shown) => {
    const startedAt = new Date()
    const input = readModel(path)
    const { baseline } = request
    const reference = baseline === null ? null : { path: baseline, shown: baseline }
    const measured = await measure(request.evaluation, [{ path, shown: shown ?? 'stdin' }], reference, request, hooks)
    hooks.onProgress?.('Describing', null)
    const paths = [input.source, ...input.external].map((file) => file.path)
    const files = await filesReport(shown, paths, { gzip: request.gzip ?? false }, hooks)
    const before = await modelReport(input.model, files, request.dims)
    return {
      schemaVersion: SCHEMA_VERSION,
      tool: tool(),
      command: 'evaluate',
      headlines: [],
      steps: [],
      seed: request.seed,
      before,
      after: null,
      ...measured,
      verification: null,
      times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
    }
  })
}
