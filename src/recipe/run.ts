import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { checkDimensions, inferShapes } from '../analysis/shapes.js'
import { unpacked } from '../analysis/unpacked.js'
import { NothingToDoError, UsageError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import { type ModelFile, readModel } from '../onnx/read.js'
import { type ModelReport, NOTHING_MORE, type Report, SCHEMA_VERSION } from '../report/report.js'
import { requireProvider } from '../runtime/session.js'
import { type Assessment, assess } from './assess.js'
import { consumerTargets } from './consumers.js'
import { headlines } from './headlines.js'
import { type Learning, requireLearning } from './learning.js'
import { isMadeUp, madeUpDims } from './made-up.js'
import { ENGINE_DEFAULTS, type Engine, type Evaluation } from './measure.js'
import { filesReport, modelReport } from './model-report.js'
import { readNamedModel } from './named-model.js'
import { publish } from './publish.js'
import type { Step } from './recipe.js'
import { runSteps } from './steps.js'
import { refuseExternal, STREAM, withInputFile, withOutputToStdout } from './streams.js'
import { resolveTarget, type Target } from './target.js'
import { Temporary } from './temporary.js'
import { tool } from './tool.js'

export interface RunRequest extends Partial<Engine> {
  /** A path; `-` is stdin. */
  readonly input: string
  readonly steps: readonly Step[]
  /** What the report calls it; unless told the commands of the steps. */
  readonly command?: string
  /** A path; `-` is stdout; null, and unless told, the default beside the input: `model.pruned.onnx`. */
  readonly output?: string | null
  /** Replaces the input; `output` is ignored. */
  readonly inPlace?: boolean
  /** False: everything is done, and the result thrown away. True unless told. */
  readonly keep?: boolean
  /** Nothing to change is no error: the report then has no model `after`, and no file is written. */
  readonly allowUnchanged?: boolean
  /** Null, and unless told, when no step learns from data. */
  readonly learning?: Learning | null
  /** Null, and unless told, when there is no data to judge on. */
  readonly evaluation?: Evaluation | null
  /** Whether sizes are measured gzipped, too; null, and unless told, for small models. */
  readonly gzip?: boolean | null
  /** Whether the result is compared with the input layer by layer; not unless told. */
  readonly compare?: boolean
  /** Whether the latency of both is measured; not unless told. */
  readonly bench?: boolean
  /** Where a packed result is loaded: `node`, `web:basic`, or `none`; null, and unless told, `node`. */
  readonly targets?: readonly string[] | null
  /** For a report that is kept: hashes of large files, and how weights are distributed. Not unless told. */
  readonly detail?: boolean
}

/** A request that asks for nothing but the result. */
export type ApplyRequest = Omit<
  RunRequest,
  'command' | 'evaluation' | 'gzip' | 'compare' | 'bench' | 'targets' | 'detail'
>

export interface RunHooks {
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 of the phase; null when its end is not known */
  readonly onProgress?: (phase: string, done: number | null) => void
}

/** A request with its defaults, whose input and target are files. */
interface Work extends Required<RunRequest> {
  /** Null for stdin. */
  readonly shownInput: string | null
  readonly toStdout: boolean
  /** As it was written, or a temporary file for stdout. */
  readonly target: string
}

/**
 * Runs the steps of a recipe over one model and publishes the result: read, change, write, verify, measure, rename.
 *
 * @throws UserError of every kind; nothing is left half-written
 */
export function runRecipe(request: RunRequest, hooks: RunHooks = {}): Promise<Report> {
  return onFiles(request, hooks, runOnFiles)
}

/**
 * As `runRecipe`, where nobody reads the report: read, change, write, verify, rename. Nothing is measured, and the
 * models are not described.
 *
 * @throws UserError of every kind; nothing is left half-written
 */
export function applyRecipe(request: ApplyRequest, hooks: RunHooks = {}): Promise<void> {
  return onFiles(request, hooks, applyOnFiles)
}

async function onFiles<T>(
  request: RunRequest,
  hooks: RunHooks,
  run: (work: Work, hooks: RunHooks) => Promise<T>,
): Promise<T> {
  const settled: Required<RunRequest> = {
    command: request.steps.map(({ pass }) => pass.command).join(', '),
    output: null,
    inPlace: false,
    keep: true,
    allowUnchanged: false,
    learning: null,
    evaluation: null,
    gzip: null,
    compare: false,
    bench: false,
    targets: null,
    detail: false,
    ...ENGINE_DEFAULTS,
    ...request,
  }
  requireLearning(settled.steps, settled.learning)
  const toStdout = settled.output === STREAM && !settled.inPlace
  const { input, keep } = settled
  if (input === STREAM && (settled.inPlace || settled.output === null) && keep) {
    throw new UsageError('A model from stdin needs a name for the result.', {
      suggestions: ['Add -o FILE, or -o - for stdout.'],
    })
  }
  return withInputFile(input, hooks.signal, (path, shownInput) => {
    const work = { ...settled, input: path, shownInput, toStdout }
    return toStdout
      ? withOutputToStdout(keep, hooks.signal, (target) => run({ ...work, target }, hooks))
      : run({ ...work, target: targetOf(work) }, hooks)
  })
}

function targetOf({ input, output, inPlace, steps }: Required<RunRequest>): string {
  if (inPlace) return input
  if (output !== null) return output
  const suffix = steps.map((step) => step.pass.suffix).join('.')
  return join(dirname(input), `${basename(input, extname(input))}.${suffix}.onnx`)
}

async function runOnFiles(given: Work, hooks: RunHooks): Promise<Report> {
  const startedAt = new Date()
  consumerTargets(given.targets) // what there is not shows before any work
  const { input, target } = await begin(given, hooks)
  // Needed for the report anyway. A wrong --dim shows here, and so does a model that ONNX Runtime itself dies of.
  await inferShapes((await unpacked(input.model)).model, { dims: given.dims })
  const work = await withMadeUpDims(given, input.model)
  const temporary = new Temporary()
  const outcome = await changed(work, input, target, temporary, hooks)
    .catch((error: unknown) => {
      if (error instanceof NothingToDoError && work.allowUnchanged) return unchanged(work, input, error.message, hooks)
      throw error
    })
    .finally(() => temporary.clear())
  return {
    ...NOTHING_MORE,
    schemaVersion: SCHEMA_VERSION,
    tool: tool(),
    command: work.command,
    seed: work.seed,
    ...outcome,
    times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
  }
}

async function applyOnFiles(given: Work, hooks: RunHooks): Promise<void> {
  const { input, target } = await begin(given, hooks)
  checkDimensions(input.model, given.dims)
  const work = await withMadeUpDims(given, input.model)
  // A model that ONNX Runtime itself dies of shows here, before anything is written; passes ask the same.
  await inferShapes((await unpacked(input.model)).model, { open: true })
  const temporary = new Temporary()
  try {
    const { model } = await runSteps(input.model, work, temporary, hooks)
    const { signal, onProgress } = hooks
    await publish(model, target, { input, signal, keep: work.keep, onProgress })
  } catch (error) {
    if (!(error instanceof NothingToDoError && work.allowUnchanged)) throw error
    await passOn(work)
  } finally {
    await temporary.clear()
  }
}

async function begin(work: Work, hooks: RunHooks): Promise<{ input: ModelFile; target: Target }> {
  hooks.onProgress?.('Reading', null)
  if (work.provider !== null) await requireProvider(work.provider)
  const input = readNamedModel(work.input)
  const target = await resolveTarget(work.target, work.input, work.inPlace)
  if (work.toStdout && work.keep) refuseExternal(input)
  return { input, target }
}

/** Data that are made up know nothing of the dimensions that the model leaves open. */
async function withMadeUpDims(work: Work, model: Model): Promise<Work> {
  const specs = [work.evaluation?.data, work.learning?.data]
  const anyMadeUp = specs.some((spec) => spec !== undefined && isMadeUp(spec))
  return anyMadeUp ? { ...work, dims: await madeUpDims(model, work.dims) } : work
}

/** What a report says of the work itself. */
type Outcome = Assessment & Pick<Report, 'headlines' | 'steps' | 'before' | 'after' | 'structured' | 'verification'>

async function changed(
  work: Work,
  input: ModelFile,
  target: Target,
  temporary: Temporary,
  hooks: RunHooks,
): Promise<Outcome> {
  const { model, steps, notes, learned, packing, structured } = await runSteps(input.model, work, temporary, hooks)
  let described: (Assessment & { before: ModelReport; after: ModelReport }) | undefined
  const verification = await publish(model, target, {
    input,
    signal: hooks.signal,
    keep: work.keep,
    onProgress: hooks.onProgress,
    whileStaged: async (staged) => {
      const original = { path: work.input, shown: work.shownInput ?? 'stdin' }
      const result = { path: staged[0], shown: work.toStdout ? 'the result' : target.shown }
      // What is only packed again was loaded when it was packed.
      const isPackedAnew = work.steps.some(({ pass }) => pass.traits.packed === 'decides')
      const targets = consumerTargets(work.targets ?? (isPackedAnew ? null : []))
      const assessed = await assess(original, result, { ...work, targets, packing }, hooks)
      hooks.onProgress?.('Describing', null)
      const after = await filesReport(
        work.keep && !work.toStdout ? target.shown : null,
        staged,
        { ...work, hash: work.detail },
        hooks,
      )
      // The same open dimensions as before, so that the MACs can be compared.
      const { assumed } = await inferShapes((await unpacked(input.model)).model, { dims: work.dims })
      described = {
        before: await describeInput(work, input, hooks),
        after: await modelReport(model, after, assumed, { distributions: work.detail, ...hooks }),
        ...assessed,
        data: [...learned, ...assessed.data],
      }
    },
  })
  if (described === undefined) throw new Error('The result was not described.')
  return {
    headlines: [...headlines({ ...described, structured }, work.steps, notes), ...leftBehind(work, input, target)],
    steps,
    ...described,
    structured,
    verification,
  }
}

/** A model that was replaced in place may leave a data file that somebody else made: ours to mention, not to delete. */
function leftBehind({ inPlace, keep }: Work, { external }: ModelFile, { path, shown }: Target): string[] {
  if (!inPlace || !keep || external.length === 0) return []
  const used = new Set(readModel(path).external.map((file) => file.path))
  const unused = external.filter((file) => existsSync(file.path) && !used.has(file.path))
  return unused.map(
    (file) => `"${shown}" does not use "${basename(file.path)}" any more: delete it unless another model needs it.`,
  )
}

async function unchanged(work: Work, input: ModelFile, why: string, hooks: RunHooks): Promise<Outcome> {
  const before = await describeInput(work, input, hooks)
  await passOn(work)
  return { ...NOTHING_MORE, headlines: [why], before, after: null }
}

/** For a stream to be of use to the next in the pipe, the model goes through as it came. */
async function passOn(work: Work): Promise<void> {
  if (work.toStdout) await copyFile(work.input, work.target)
}

async function describeInput(work: Work, input: ModelFile, hooks: RunHooks): Promise<ModelReport> {
  const paths = [input.source, ...input.external].map((file) => file.path)
  const files = await filesReport(work.shownInput, paths, { ...work, hash: work.detail }, hooks)
  return modelReport(input.model, files, work.dims, { distributions: work.detail, ...hooks })
}
