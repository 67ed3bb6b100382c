import type { Binding } from '../data/bind.js'
import type { Batch, NdArray } from '../data/dataset.js'
import { DataError, UsageError } from '../errors.js'
import { chooseMetric } from '../metrics/find.js'
import type { MetricChoice } from '../metrics/metric.js'
import { defineJob } from '../runtime/job.js'
import { padded } from './batch.js'
import { bindData, dimsFed } from './bound-data.js'
import type { Evaluated, EvaluateInput, EvaluateProgress } from './evaluate.js'
import { Judge, type Outcome, type Standards } from './judge.js'
import { fetchable, type Opened, openModel, runOn } from './opened.js'

const PROGRESS_MS = 100

type Output = Omit<Evaluated, 'peakBytes'>

/** What `evaluate` runs in a child process. */
export default defineJob<EvaluateInput, EvaluateProgress, Output>(async (options, emit, signal) => {
  const asked = await Promise.all((options.metrics ?? []).map(chooseMetric))
  const opened: Opened[] = []
  try {
    for (const source of options.sources) opened.push(await openModel(source, options))
    return await judgeAll(opened, asked, options, emit, signal)
  } finally {
    for (const { session } of opened) await session.release()
  }
})

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
  const labelsNeeded = asked.some(({ metric }) => metric.needs === 'labels')
  const { dataset, binding, batchSize } = await bindData(main.session.inputs, options, { labelsNeeded })
  const standards: Standards = {
    integerLabels: binding.label !== null && /int|bool/.test(dataset.fields[binding.label]?.dtype ?? ''),
    reference: options.reference,
    judged: options.judged,
  }
  let judge: Judge | undefined
  let dims: Readonly<Record<string, number>> = {}
  let samples = 0
  let saidAt = 0
  emit({ samples, total: dataset.length })
  for await (const batch of dataset.batches({ size: batchSize, last: 'keep' })) {
    signal.throwIfAborted()
    const outcome = await run(opened, batch, binding, samples, judge?.outputs)
    if (judge === undefined) {
      judge = new Judge(asked, outcome, standards)
      dims = dimsFed(main.session.inputs, binding.feeds(batch))
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
  for (const model of opened) {
    const names = wanted === undefined ? fetchable(model.session) : [...wanted]
    outputs.push(await runOn(model, feeds, names, { first, size: batch.size }))
  }
  return { first, size: batch.size, ran, labels: binding.labels(batch)?.data ?? null, outputs }
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
