import { UserError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import type { ConsumerOptions, ModelFiles } from '../../runtime/consumers/consumer.js'
import type { Target } from '../../runtime/consumers/index.js'
import { EngineError } from '../../runtime/engine-error.js'
import { runJob } from '../../runtime/host.js'
import { type FeedOptions, type FeedPlan, feedPlans, type LatencyHooks } from '../latency/latency.js'
import type { RunOutput } from './run-job.js'

/** What a job is told of the engine that it works with. */
export interface ConsumerRunning extends Pick<ConsumerOptions, 'level' | 'threads'> {
  /** Its name in the table. */
  readonly consumer: string
}

/** A model on disk, as it would be handed to anybody. */
export interface DeliveredModel extends ModelFiles {
  readonly model: Model
  /** For messages. */
  readonly shown: string
  /** Of all files. */
  readonly bytes: number
}

export interface ConsumersOptions extends Omit<FeedOptions, 'models'> {
  readonly targets: readonly Target[]
  /** With dense weights. */
  readonly before: DeliveredModel
  /** The same with packed ones. */
  readonly after: DeliveredModel
  /** null, and unless told, leaves it to the engine. */
  readonly threads?: number | null
  /** Makes an empty folder for files, which somebody else takes away. */
  readonly folder: () => Promise<string>
}

/** The same of both models. */
export interface Beside {
  readonly before: number
  readonly after: number
}

/** What became of a model in one engine; null is what could not be found out. */
export interface ConsumerMeasure {
  readonly name: string
  readonly version: string
  readonly level: string
  /** Why something is not known, a sentence; null when all is. */
  readonly problem: string | null
  /** Whether weights are decoded once, at load. */
  readonly folds: boolean | null
  /** Whether outputs are those of the model before, bit for bit. */
  readonly equalOutputs: boolean | null
  /** Milliseconds to create a session, the best of fresh processes. */
  readonly createMs: Beside | null
  /** Milliseconds of a run, the best of many. */
  readonly runMs: Beside | null
  /** Largest resident set of fresh processes, beyond one without a model. */
  readonly peakBytes: Beside | null
}

const PROCESSES = 3
/** A run that takes at most that many times as long decodes nothing; more may also be chance. */
const SURELY_FOLDED = 1.05

/**
 * Loads a model and its packed result in each of the engines, in processes of their own: what loading takes, what a
 * run takes, and whether weights are decoded at load or in every run. What goes wrong in an engine is told, not thrown.
 *
 * @throws UsageError for a dimension or an input that the model does not have; signal.reason when it was aborted
 */
export async function measureConsumers(
  options: ConsumersOptions,
  hooks: LatencyHooks = {},
): Promise<readonly ConsumerMeasure[]> {
  const { before, targets } = options
  const [plan] = feedPlans({
    ...options,
    models: [{ model: before.model, source: { path: before.path, name: before.shown } }],
  })
  if (plan === undefined) throw new Error('A model has a plan.')
  const measured: ConsumerMeasure[] = []
  for (const [i, target] of targets.entries()) {
    const phase = `Loading in ${target.consumer.package}`
    const onProgress = (done: number) => hooks.onProgress?.(phase, done)
    hooks.onProgress?.(phase, i === 0 ? null : 0)
    measured.push(await measureConsumer(target, { ...options, plan }, { ...hooks, onProgress }))
  }
  return measured
}

type Planned = ConsumersOptions & { readonly plan: FeedPlan }
type Follow = Pick<LatencyHooks, 'signal'> & { readonly onProgress: (done: number) => void }

const UNKNOWN = {
  problem: null,
  folds: null,
  equalOutputs: null,
  createMs: null,
  runMs: null,
  peakBytes: null,
} as const

async function measureConsumer(target: Target, options: Planned, hooks: Follow): Promise<ConsumerMeasure> {
  const { consumer, level } = target
  const measure: ConsumerMeasure = { ...UNKNOWN, name: consumer.package, version: consumer.version(), level }
  const { bytes } = options.before
  if (consumer.mostBytes !== null && bytes > consumer.mostBytes) {
    const [size, most] = [bytes, consumer.mostBytes].map((n) => `${(n / 1e9).toFixed(1)} GB`)
    const problem = `Not loaded: the weights take ${size}, and what WebAssembly can address is too small for more than ${most}.`
    return { ...measure, problem }
  }
  let loads: Pick<ConsumerMeasure, 'createMs' | 'peakBytes'> | undefined
  try {
    loads = await measureLoads(target, options, hooks)
    return { ...measure, ...loads, ...(await measureRuns(target, options, hooks)) }
  } catch (error) {
    return { ...measure, ...loads, problem: problemOf(error, hooks.signal) }
  }
}

/** What a user would be told of it; a mistake of ours, and an end that was asked for, go on being thrown. */
function problemOf(error: unknown, signal: AbortSignal | undefined): string {
  signal?.throwIfAborted()
  if (error instanceof UserError || error instanceof EngineError) return error.message
  throw error
}

async function measureLoads(
  { consumer, level }: Target,
  { before, after, threads = null }: Planned,
  { signal, onProgress }: Follow,
): Promise<Pick<ConsumerMeasure, 'createMs' | 'peakBytes'>> {
  const total = 2 * (1 + 2 * PROCESSES) // the other half is that of the runs
  let done = 0
  const load = async (model: DeliveredModel | null, what: string) => {
    onProgress(done++ / total)
    const files = model && { path: model.path, external: model.external }
    const { output, peakBytes } = await runJob<typeof import('./load-job.js').default>(
      new URL('./load-job.js', import.meta.url),
      { consumer: consumer.name, level, threads, model: files },
      { doing: `loading ${what} in ${consumer.package}`, signal, threads: threads ?? undefined, plain: true },
    ).catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error
      throw new EngineError('load', `It does not load ${what}: ${error.message}`, { cause: error })
    })
    return { ...output, peakBytes }
  }
  const empty = await load(null, 'no model')
  const loads = { before: [] as Load[], after: [] as Load[] }
  for (let i = 0; i < PROCESSES; i++) {
    loads.before.push(await load(before, `"${before.shown}"`))
    loads.after.push(await load(after, 'the result'))
  }
  return {
    createMs: beside(loads, (all) => Math.min(...all.map(({ createMs }) => createMs))),
    peakBytes: beside(loads, (all) =>
      Math.max(0, Math.max(...all.map(({ peakBytes }) => peakBytes)) - empty.peakBytes),
    ),
  }
}

interface Load {
  readonly createMs: number
  readonly peakBytes: number
}

function beside<T>(of: { readonly before: T; readonly after: T }, f: (of: T) => number): Beside {
  return { before: f(of.before), after: f(of.after) }
}

async function measureRuns(
  target: Target,
  options: Planned,
  hooks: Follow,
): Promise<Pick<ConsumerMeasure, 'folds' | 'equalOutputs' | 'runMs'>> {
  const { consumer, level } = target
  const folder = consumer.profiles ? await options.folder() : null
  const output = await runBoth(target, options, folder, hooks)
  const { beforeMs, afterMs, equal, computed } = output
  const isLonger = afterMs > SURELY_FOLDED * beforeMs
  const optimizes = level !== 'disabled'
  const folds =
    computed !== null
      ? !computesMore(computed) || (optimizes && !isLonger) // a higher opset may have brought nodes of its own
      : !isLonger || (optimizes && (await foldsByTime(output, target, options, hooks)))
  return { folds, equalOutputs: equal, runMs: { before: beforeMs, after: afterMs } }
}

async function runBoth(
  { consumer, level }: Target,
  { before, after, plan, threads = null, seed = 0 }: Planned,
  folder: string | null,
  { signal, onProgress }: Follow,
): Promise<RunOutput> {
  const files = ({ path, external }: DeliveredModel): ModelFiles => ({ path, external })
  const { output } = await runJob<typeof import('./run-job.js').default>(
    new URL('./run-job.js', import.meta.url),
    { consumer: consumer.name, level, threads, before: files(before), after: files(after), plan, seed, folder },
    {
      doing: `running "${before.shown}" and its result in ${consumer.package}`,
      onEvent: ({ done }) => onProgress((1 + done) / 2),
      signal,
      threads: threads ?? undefined,
      plain: true,
    },
  )
  return output
}

/** What decodes is left in a run then; nodes that a pass has put in the place of others are not more. */
function computesMore({ before, after }: NonNullable<RunOutput['computed']>): boolean {
  const total = (ops: ReadonlyMap<string, number>) => [...ops.values()].reduce((sum, n) => sum + n, 0)
  return total(after) > total(before)
}

/** A longer run decodes if it is longer by about as much as without any optimization, where it surely decodes. */
async function foldsByTime(
  { beforeMs, afterMs }: RunOutput,
  { consumer }: Target,
  options: Planned,
  hooks: Follow,
): Promise<boolean> {
  const plain = await runBoth({ consumer, level: 'disabled' }, options, null, hooks)
  return afterMs - beforeMs < (plain.afterMs - plain.beforeMs) / 2
}
