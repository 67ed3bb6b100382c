import { UsageError } from '../../errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { runJob } from '../../runtime/host.js'
import type { ModelSource } from '../../runtime/session.js'
import { openDimensions, trials } from '../open-dimensions.js'
import { modelName, type Running } from '../opened.js'
import { median } from './statistics.js'

export interface LatencyOptions extends Running {
  /** All are run interleaved, each on inputs of its own. */
  readonly models: readonly { readonly model: Model; readonly source: ModelSource }[]
  /** Rounds at least, in each of which every model has its turn. */
  readonly runs: number
  /** Milliseconds at least that the counted runs of each model take together. */
  readonly minMs: number
  /** Runs of each new session that do not count. */
  readonly warmup: number
  /** Samples per run, 1 unless told, for models that leave that open. */
  readonly batchSize?: number | null
  /** `PATH[,PATH...][?key=value&...]`; null, and unless told, values are made up. */
  readonly data?: string | null
  /** Input name to field name. */
  readonly binds?: Readonly<Record<string, string>>
  /** Input name to the number that it is filled with. */
  readonly fills?: Readonly<Record<string, number>>
  readonly dims?: Readonly<Record<string, number>>
  readonly seed?: number
  /** Fresh processes for each model, of whose memory and time to load the median is told; 3 unless told. */
  readonly processes?: number
}

/** What decides over the inputs of models. */
export type FeedOptions = Pick<LatencyOptions, 'models' | 'data' | 'binds' | 'fills' | 'batchSize' | 'dims' | 'seed'>

export interface LatencyHooks {
  /** @param done  a fraction 0..1 of the phase; null when its end is not known */
  readonly onProgress?: (phase: string, done: number | null) => void
  readonly signal?: AbortSignal | undefined
}

export interface ModelLatency {
  /** Of every counted run, in their order. */
  readonly timesMs: readonly number[]
  /** The median time of a run in each round. */
  readonly roundsMs: readonly number[]
  /** What it was fed: `float32[1,3,224,224]` by name. */
  readonly inputs: readonly { readonly name: string; readonly type: string }[]
  readonly batch: number
  /** Whether the model leaves the number of samples open. */
  readonly openBatch: boolean
  /** Numbers taken for open dimensions, by name or `input.axis`. */
  readonly dims: Readonly<Record<string, number>>
  /** Median over fresh processes of the time that creating the session took. */
  readonly createMs: number
  /** Median over fresh processes of their largest resident set. */
  readonly peakBytes: number
}

/** What running models in turns tells, without their memory and the time that loading takes. */
export interface Timed {
  readonly models: readonly Omit<ModelLatency, 'createMs' | 'peakBytes'>[]
  /** Cores' worth of time that other programs took while the models ran; null where the system does not tell. */
  readonly othersCores: number | null
}

export interface Latency extends Timed {
  readonly models: readonly ModelLatency[]
  /** Largest resident set of a process that has loaded ONNX Runtime and no model. */
  readonly emptyBytes: number
}

/** How to feed a model: what goes to a child of either kind. */
export interface FeedPlan extends Pick<LatencyOptions, 'data' | 'binds' | 'fills' | 'batchSize' | 'seed'> {
  readonly source: ModelSource
  /** Numbers for its open dimensions, the likeliest first. */
  readonly candidates: readonly Readonly<Record<string, number>>[]
  /** Which of them stand for the number of samples. */
  readonly batchDims: readonly string[]
  /** Inputs of which the model does not say how many dimensions they have. */
  readonly shapeless: readonly string[]
  /** As asked for, as far as the model has them. */
  readonly dims: Readonly<Record<string, number>>
}

export interface LatencyInput extends Running, Pick<LatencyOptions, 'runs' | 'minMs' | 'warmup'> {
  readonly plans: readonly FeedPlan[]
  readonly seed: number
}

/**
 * Measures time and memory of models. One child process has a session of each and runs them in turns; then each
 * model has processes of its own, which only load and run it, for memory and the time that loading takes.
 *
 * @throws UsageError for an unknown dimension, input or provider; DataError when a model does not run on its inputs
 * @throws UnsupportedModelError when one does not load; signal.reason when it was aborted
 */
export async function measureLatency(options: LatencyOptions, hooks: LatencyHooks = {}): Promise<Latency> {
  const plans = feedPlans(options)
  const timed = await timedInTurns(plans, options, hooks)
  const settled = plans.map((plan, i) => ({ ...plan, candidates: [timed.models[i]?.dims ?? {}] }))
  const { footprints, emptyBytes } = await measureFootprints(settled, options, hooks)
  return {
    models: timed.models.map((model, i) => ({ ...model, ...footprintOf(footprints[i] ?? []) })),
    emptyBytes,
    othersCores: timed.othersCores,
  }
}

/** The same without memory and the time that loading takes: one child process in all. @throws as `measureLatency` */
export async function measureTimes(options: LatencyOptions, hooks: LatencyHooks = {}): Promise<Timed> {
  return timedInTurns(feedPlans(options), options, hooks)
}

async function timedInTurns(
  plans: readonly FeedPlan[],
  { models, runs, minMs, warmup, threads = null, provider = null, seed = 0 }: LatencyOptions,
  hooks: LatencyHooks,
): Promise<Timed> {
  hooks.onProgress?.('Loading', null)
  const { output } = await runJob<typeof import('./latency-job.js').default>(
    new URL('./latency-job.js', import.meta.url),
    { plans, runs, minMs, warmup, threads, provider, seed },
    {
      doing: `measuring ${models.map(({ source }) => modelName(source)).join(' and ')}`,
      onEvent: ({ phase, done }) => hooks.onProgress?.(phase, done),
      signal: hooks.signal,
      threads: threads ?? undefined,
    },
  )
  return output
}

interface Footprint {
  readonly createMs: number
  readonly peakBytes: number
}

async function measureFootprints(
  plans: readonly FeedPlan[],
  { threads = null, provider = null, processes = 3 }: LatencyOptions,
  hooks: LatencyHooks,
): Promise<{ footprints: readonly (readonly Footprint[])[]; emptyBytes: number }> {
  const total = 1 + processes * plans.length
  let done = 0
  const measure = async (plan: FeedPlan | null) => {
    hooks.onProgress?.('Measuring memory', done++ / total)
    const { output, peakBytes } = await runJob<typeof import('./footprint-job.js').default>(
      new URL('./footprint-job.js', import.meta.url),
      { plan, threads, provider },
      {
        doing: `measuring the memory of ${plan === null ? 'ONNX Runtime' : modelName(plan.source)}`,
        signal: hooks.signal,
        threads: threads ?? undefined,
      },
    )
    return { ...output, peakBytes }
  }
  const { peakBytes: emptyBytes } = await measure(null)
  const footprints: Footprint[][] = plans.map(() => [])
  for (let i = 0; i < processes; i++) {
    for (const [m, plan] of plans.entries()) footprints[m]?.push(await measure(plan))
  }
  return { footprints, emptyBytes }
}

function footprintOf(all: readonly Footprint[]): Footprint {
  return {
    createMs: median(all.map(({ createMs }) => createMs)),
    peakBytes: median(all.map(({ peakBytes }) => peakBytes)),
  }
}

/** @throws UsageError for a dimension or an input that no model has */
export function feedPlans(options: FeedOptions): FeedPlan[] {
  const { models, data = null, binds = {}, fills = {}, batchSize = null, dims = {}, seed = 0 } = options
  const known = new Set<string>()
  const inputs = new Set<string>()
  const plans = models.map(({ model, source }): FeedPlan => {
    const open = openDimensions(model)
    for (const { name, axes } of open) for (const each of [name, ...axes]) known.add(each)
    for (const { name } of model.main.inputs) inputs.add(name)
    const own = pick(dims, (key) => open.some(({ name, axes }) => name === key || axes.includes(key)))
    const batchDims = open.filter(({ kind }) => kind === 'batch').map(({ name }) => name)
    const free = open.filter(({ name, axes }) => batchDims.includes(name) && !axes.some((axis) => axis in own))
    const samples = Object.fromEntries(free.map(({ name }) => [name, batchSize ?? 1]))
    const candidates = [...trials(open, { ...samples, ...own })].map((each) => Object.fromEntries(each))
    const ownFills = pick(fills, (key) => model.main.inputs.some(({ name }) => name === key))
    const shapeless = model.main.inputs.filter(hasNoShape).map(({ name }) => name)
    return { source, candidates, batchDims, shapeless, dims: own, data, binds, fills: ownFills, batchSize, seed }
  })
  refuseUnknown(Object.keys(dims), known, (key) => `No input has an open dimension "${key}".`, 'open dimensions')
  refuseUnknown(Object.keys(fills), inputs, (key) => `No model has an input "${key}" to fill.`, 'inputs')
  return plans
}

function hasNoShape({ declared, constant }: Value): boolean {
  return constant === null && (declared === null || (declared.kind === 'tensor' && declared.shape === null))
}

function pick<T>(from: Readonly<Record<string, T>>, wanted: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => wanted(key)))
}

function refuseUnknown(
  keys: readonly string[],
  known: ReadonlySet<string>,
  message: (key: string) => string,
  what: string,
): void {
  const unknown = keys.find((key) => !known.has(key))
  if (unknown === undefined) return
  throw new UsageError(message(unknown), {
    suggestions: [known.size === 0 ? `There are no ${what}.` : `The ${what} are ${[...known].join(', ')}.`],
  })
}
