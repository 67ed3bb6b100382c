import type { Model } from '../ir/graph.js'
import { verify } from '../ir/verify.js'
import { readModel } from '../onnx/read.js'
import { type ModelReport, type Report, SCHEMA_VERSION, type StepReport } from '../report/report.js'
import { headlines } from './headlines.js'
import { type Engine, type Evaluation, measure } from './measure.js'
import { filesReport, modelReport } from './model-report.js'
import { checkTarget, publish } from './publish.js'
import type { Step } from './recipe.js'
import { type LocalRequest, withLocalFiles } from './streams.js'
import { tool } from './tool.js'

export interface RunRequest extends Engine {
  /** What the report calls it: `prune`. */
  readonly command: string
  /** A path; `-` is stdin. */
  readonly input: string
  /** A path; `-` is stdout; null the default beside the input. */
  readonly output: string | null
  readonly inPlace: boolean
  /** False: everything is done, and the result thrown away. */
  readonly keep: boolean
  readonly steps: readonly Step[]
  /** Null when there is no data to judge on. */
  readonly evaluation: Evaluation | null
  /** Null: by the size of the model. */
  readonly gzip: boolean | null
}

export interface RunHooks {
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 of the phase; null when its end is not known */
  readonly onProgress?: (phase: string, done: number | null) => void
}

/**
 * Runs the steps of a recipe over one model and publishes the result: read, change, write, verify, measure, rename.
 *
 * @throws UserError of every kind; nothing is left half-written
 */
export function runRecipe(request: RunRequest, hooks: RunHooks): Promise<Report> {
  return withLocalFiles(request, (local) => runOnFiles(local, hooks))
}

async function runOnFiles(request: LocalRequest, hooks: RunHooks): Promise<Report> {
  const startedAt = new Date()
  const { dims, input: path } = request
  hooks.onProgress?.('Reading', null)
  const input = readModel(path)
  await checkTarget(request.target, path, request.inPlace)
  const { model, steps } = await runSteps(input.model, request, hooks)
  let described: (Pick<Report, 'before' | 'data' | 'metrics'> & { after: ModelReport }) | undefined
  const verification = await publish(model, request.target, {
    input,
    signal: hooks.signal,
    keep: request.keep,
    onProgress: (done) => hooks.onProgress?.('Writing', done),
    whileStaged: async (staged) => {
      const original = { path, shown: request.shownInput ?? 'stdin' }
      const result = { path: staged[0], shown: request.shownOutput ?? 'the result' }
      const measured = await measure(request.evaluation, [original, result], original, request, hooks)
      hooks.onProgress?.('Describing', null)
      const shownOutput = request.keep ? request.shownOutput : null
      const [before, after] = await Promise.all([
        filesReport(
          request.shownInput,
          [input.source, ...input.external].map((file) => file.path),
          request,
          hooks,
        ),
        filesReport(shownOutput, staged, request, hooks),
      ])
      described = {
        before: await modelReport(input.model, before, dims),
        after: await modelReport(model, after, dims),
        ...measured,
      }
    },
  })
  if (described === undefined) throw new Error('The result was not described.')
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: tool(),
    command: request.command,
    headlines: headlines(described.before, described.after, described.metrics, request.steps),
    steps,
    seed: request.seed,
    ...described,
    verification,
    times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
  }
}

/** Each pass gets a copy; it takes the model's place when the pass has succeeded and every invariant holds. */
async function runSteps(
  original: Model,
  request: RunRequest,
  hooks: RunHooks,
): Promise<{ model: Model; steps: StepReport[] }> {
  let model = original
  const steps: StepReport[] = []
  for (const { pass, values, given } of request.steps) {
    hooks.signal?.throwIfAborted()
    const copy = model.clone().model
    const { run } = await pass.load()
    const { changed, skipped } = await run(copy, values, {
      seed: request.seed,
      ...(hooks.signal ? { signal: hooks.signal } : {}),
      onProgress: (done) => hooks.onProgress?.(pass.summary, done),
    })
    verify(copy, pass.name)
    model = copy
    steps.push({ pass: pass.name, options: given, changed, skipped })
  }
  return { model, steps }
}
