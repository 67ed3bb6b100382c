import { DataError } from '../errors.js'
import { readModel } from '../onnx/read.js'
import { skeleton } from '../onnx/skeleton.js'
import { defineJob } from '../runtime/job.js'
import { padded } from './batch.js'
import { type BoundData, bindData, dimsFed } from './bound-data.js'
import type { Compared, CompareOptions, CompareProgress } from './compare.js'
import { commonInterface } from './comparison/interfaces.js'
import { compareLayers, type LayerModel } from './comparison/layers.js'
import { OutputComparison } from './comparison/outputs.js'
import { type Opened, openModel, runOn } from './opened.js'

const PROGRESS_MS = 100
/** Samples per run: larger batches are hardly faster, and take memory in proportion. */
const BATCH_SIZE = 8

type Output = Omit<Compared, 'peakBytes'>

/** What `compare` runs in a child process. */
export default defineJob<CompareOptions, CompareProgress, Output>(async (options, emit, signal) => {
  const [a, b] = [options.a, options.b].map(({ path, name }) => ({ name, model: readModel(path).model }))
  if (a === undefined || b === undefined) throw new RangeError('Two models are compared.')
  const say = seldom(emit)
  const opened: Opened[] = []
  try {
    for (const { model, name } of [a, b]) opened.push(await openModel({ ...skeleton(model), name }, options))
    const [first, second] = opened
    if (first === undefined || second === undefined) throw new RangeError('Two models are compared.')
    const { inputs, outputs: names, skipped } = commonInterface(first, second)
    const data = await bindData(inputs, { ...options, batchSize: options.batchSize ?? BATCH_SIZE })
    emit({ phase: 'outputs', done: data.dataset.length === null ? null : 0 })
    const found = await compareOutputs(first, second, names, data, say, signal)
    const [ofA, ofB] = [first, second].map(({ session }) => dimsOfOne(session.inputs, found.feeds, data))
    for (const { session } of opened.splice(0)) await session.release()
    const { samples } = found
    const result = { samples, outputs: found.comparison.result(), skipped: [...skipped, ...found.comparison.skipped] }
    if (options.layers !== true) return { ...result, layers: null, unmatched: null }
    const models: readonly [LayerModel, LayerModel] = [
      { ...a, dims: ofA ?? {} },
      { ...b, dims: ofB ?? {} },
    ]
    emit({ phase: 'layers', done: 0 }) // its sessions take their time
    const within = await compareLayers(models, {
      data: { ...data, samples },
      running: options,
      say,
      signal,
      ...(options.budgetBytes !== undefined && { budgetBytes: options.budgetBytes }),
    })
    return { ...result, ...within, skipped: [...result.skipped, ...within.skipped] }
  } finally {
    for (const { session } of opened) await session.release()
  }
})

async function compareOutputs(
  a: Opened,
  b: Opened,
  names: readonly string[],
  { dataset, binding, batchSize }: BoundData,
  say: (progress: CompareProgress) => void,
  signal: AbortSignal,
) {
  const comparison = new OutputComparison(names)
  let feeds: ReturnType<typeof binding.feeds> = {}
  let samples = 0
  for await (const batch of dataset.batches({ size: batchSize, last: 'keep' })) {
    signal.throwIfAborted()
    const ran = binding.batchSize ?? batch.size
    feeds = binding.feeds(batch)
    const full = padded(feeds, batch.size, ran)
    const place = { first: samples, size: batch.size, ran }
    comparison.add(await runOn(a, full, names, place), await runOn(b, full, names, place), place)
    samples += batch.size
    say({ phase: 'outputs', done: dataset.length === null ? null : samples / dataset.length })
  }
  if (samples === 0) throw new DataError(`There are no samples in "${dataset.spec}".`)
  return { comparison, samples, feeds }
}

/** What open dimensions are in a batch of one, or in the one batch size that the model takes. */
function dimsOfOne(
  inputs: Opened['session']['inputs'],
  feeds: Parameters<typeof dimsFed>[1],
  { binding }: BoundData,
): Record<string, number> {
  const one = Object.entries(feeds).map(([name, array]) => {
    const shape = array.shape.length === 0 ? [] : [binding.batchSize ?? 1, ...array.shape.slice(1)]
    return [name, { ...array, shape }] as const
  })
  return dimsFed(inputs, Object.fromEntries(one))
}

/** Not for every batch of small models: the ends of phases, and what lies far enough apart. */
function seldom(emit: (progress: CompareProgress) => void): (progress: CompareProgress) => void {
  let saidAt = 0
  return (progress) => {
    if (progress.done !== 1 && Date.now() - saidAt < PROGRESS_MS) return
    saidAt = Date.now()
    emit(progress)
  }
}
