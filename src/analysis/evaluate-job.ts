import { type Binding, bind } from '../data/bind.js'
import type { Batch, Dataset, NdArray } from '../data/dataset.js'
import { limit } from '../data/limit.js'
import { openDataset } from '../data/open.js'
import { DataError, UnsupportedModelError, UsageError } from '../errors.js'
import { chooseMetric } from '../metrics/find.js'
import type { MetricChoice } from '../metrics/metric.js'
import { EngineError } from '../runtime/engine-error.js'
import { defineJob } from '../runtime/job.js'
import { type ModelSource, openSession, type Session, type SessionOptions } from '../runtime/session.js'
import { padded } from './batch.js'
import { type Evaluated, type EvaluateInput, type EvaluateProgress, modelName } from './evaluate.js'
import { Judge, type Outcome, type Standards } from './judge.js'

const BATCH_SIZE = 32
const PROGRESS_MS = 100

/** A model that is open. */
interface Opened {
  readonly name: string
  readonly session: Session
}

type Output = Omit<Evaluated, 'peakBytes'>

/** What `evaluate` runs in a child process. */
export default defineJob<EvaluateInput, EvaluateProgress, Output>(async (options, emit, signal) => {
  const asked = await Promise.all((options.metrics ?? []).map(chooseMetric))
  const opened: Opened[] = []
  try {
    for (const source of options.sources) opened.push(await open(source, options))
    return await judgeAll(opened, asked, options, emit, signal)
  } finally {
    for (const { session } of opened) await session.release()
  }
})

async function open(source: ModelSource, { threads, provider }: EvaluateInput): Promise<Opened> {
  const options: SessionOptions = { ...(threads && { threads }), ...(provider && { provider }) }
  const name = modelName(source)
  try {
    return { name, session: await openSession(source, options) }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    throw new UnsupportedModelError(`ONNX Runtime cannot load ${name}: ${error.message}`, {
      suggestions: ['What is in the model, and what this version lacks, tells: mcompress inspect MODEL'],
      cause: error,
    })
  }
}

async function judgeAll(
  opened: readonly Opened[],
  asked: readonly MetricChoice[],
  options: EvaluateInput,
  emit: (progress: EvaluateProgress) => void,
  signal: AbortSignal,
): Promise<Output> {
  const [main, ...others] = opened
  if (main === undefined) throw new RangeError('No model to evaluate.')
  for (const other of others) checkSameInputs(main, other)
  const { dataset, binding } = await bindData(main.session, asked, options)
  const standards: Standards = {
    integerLabels: binding.label !== null && /int|bool/.test(dataset.fields[binding.label]?.dtype ?? ''),
    reference: options.reference,
    judged: options.judged,
  }
  let judge: Judge | undefined
  let dims: Readonly<Record<string, number>> = {}
  let samples = 0
  let saidAt = 0
  for await (const batch of dataset.batches({ size: batchSize(binding, options), last: 'keep' })) {
    signal.throwIfAborted()
    const outcome = await run(opened, batch, binding, samples, judge?.outputs)
    if (judge === undefined) {
      judge = new Judge(asked, outcome, standards)
      dims = openDimensions(main.session, binding.feeds(batch))
    }
    judge.add(outcome)
    samples += batch.size
    if (samples === dataset.length || Date.now() - saidAt < PROGRESS_MS) continue
    saidAt = Date.now()
    emit({ samples, total: dataset.length })
  }
  if (judge === undefined) throw new DataError(`There are no samples in "${options.data}".`)
  emit({ samples, total: samples })
  return { metrics: judge.result(), samples, dims }
}

async function bindData(
  { inputs }: Session,
  asked: readonly MetricChoice[],
  options: EvaluateInput,
): Promise<{ dataset: Dataset; binding: Binding }> {
  const { data, dims = {}, seed = 0, binds = {}, label = null } = options
  const whole = await openDataset(data, { inputs, dims, seed })
  const most = options.limit ?? null
  const dataset = most === null ? whole : limit(whole, most)
  const labelsNeeded = asked.some(({ metric }) => metric.needs === 'labels')
  return { dataset, binding: bind(dataset, inputs, { binds, dims, labelsNeeded, ...(label !== null && { label }) }) }
}

function batchSize({ batchSize }: Binding, options: EvaluateInput): number {
  return batchSize ?? options.batchSize ?? BATCH_SIZE
}

/** @param wanted  output names; all that can be fetched when it is not settled yet */
async function run(
  opened: readonly Opened[],
  batch: Batch,
  binding: Binding,
  first: number,
  wanted: ReadonlySet<string> | undefined,
): Promise<Outcome> {
  const ran = binding.batchSize ?? batch.size
  const feeds = padded(binding.feeds(batch), batch.size, ran)
  const outputs: Readonly<Record<string, NdArray>>[] = []
  for (const { name, session } of opened) {
    try {
      outputs.push(await session.run(feeds, wanted === undefined ? fetchable(session) : [...wanted]))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      throw failedRun(name, first, batch.size, error)
    }
  }
  return { first, size: batch.size, ran, labels: binding.labels(batch)?.data ?? null, outputs }
}

/** Sequences and types of 4 bits cannot be handed over. */
function fetchable({ outputs }: Session): string[] {
  return outputs.filter(({ dtype }) => dtype !== null && dtype !== 'int4' && dtype !== 'uint4').map(({ name }) => name)
}

function failedRun(name: string, first: number, size: number, error: EngineError): DataError {
  return new DataError(`${name} does not run on samples ${first} to ${first + size - 1}: ${error.message}`, {
    suggestions: [
      'Values outside of what the model takes (token numbers, say) are a mistake in the data.',
      'A batch size that is built into the model: --batch-size 1. An open dimension: --dim NAME=N',
    ],
    cause: error,
  })
}

function checkSameInputs(main: Opened, other: Opened): void {
  const names = ({ session }: Opened) => session.inputs.map(({ name }) => name)
  const [ours, theirs] = [names(main), names(other)]
  if (ours.length === theirs.length && ours.every((name) => theirs.includes(name))) return
  throw new UsageError(
    `${main.name} and ${other.name} cannot be fed the same: inputs ${ours.join(', ')} and ${theirs.join(', ')}.`,
    { suggestions: ['Compare models with the same inputs.'] },
  )
}

/** The numbers that open dimensions of the inputs had. */
function openDimensions({ inputs }: Session, feeds: Readonly<Record<string, NdArray>>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { name, shape } of inputs) {
    for (const [axis, dim] of (shape ?? []).entries()) {
      const size = feeds[name]?.shape[axis]
      if (typeof dim !== 'number' && size !== undefined) found[dim ?? `${name}.${axis}`] = size
    }
  }
  return found
}
