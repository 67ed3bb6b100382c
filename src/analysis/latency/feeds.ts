import { isNumeric, type NumericDType, newArray } from '../../data/array/dtypes.js'
import type { NdArray, Port } from '../../data/dataset.js'
import { madeUp } from '../../data/random.js'
import { Rng } from '../../data/rng.js'
import { DataError, UsageError } from '../../errors.js'
import { elementCount } from '../../ir/type.js'
import { type ArrayData, arrayToString } from '../../runtime/array.js'
import { EngineError } from '../../runtime/engine-error.js'
import type { Session } from '../../runtime/session.js'
import { padded } from '../batch.js'
import { bindData, dimsFed } from '../bound-data.js'
import { fetchable, type Opened, runOn } from '../opened.js'
import type { FeedPlan, ModelLatency } from './latency.js'

export type Feeds = Readonly<Record<string, NdArray>>

/** What a model is fed, in turn, and what that says about it. */
export interface Fed extends Pick<ModelLatency, 'inputs' | 'batch' | 'openBatch' | 'dims'> {
  readonly feeds: readonly Feeds[]
}

type Dims = Readonly<Record<string, number>>

/** Batches of data that are kept ready, so that not one sample alone decides. */
const MOST_BATCHES = 16
const MOST_BYTES = 64 * 2 ** 20

/** Rates that made-up integers hit by accident only; speech models take one of them, mostly this one. */
const SAMPLE_RATE = /^(sr|sample_?rate|sampling_?rate)$/i
const SAMPLES_PER_SECOND = 16_000

/**
 * The inputs of a model: from its data, else made up, of the first sizes on which the model runs.
 *
 * @param agreed  numbers that another model took for dimensions of the same names: the likeliest for this one, too
 * @throws DataError when the model runs on none of them; UsageError for inputs that cannot be made up
 */
export async function feedsFor(opened: Opened, plan: FeedPlan, agreed: Dims): Promise<Fed> {
  if (typeof plan.data === 'string') return feedsOfData(opened, plan, plan.data)
  const { session } = opened
  let refusal: EngineError | undefined // the first, of the likeliest sizes
  for (const dims of likeliestFirst(plan.candidates, agreed)) {
    const feeds = madeUpFeeds(opened, plan, dims)
    try {
      await session.run(feeds, fetchable(session))
      return fedWith([feeds], session, plan, samplesIn(session, plan, dims))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      refusal ??= error
    }
  }
  throw doesNotRun(opened, plan, refusal)
}

function likeliestFirst(candidates: readonly Dims[], agreed: Dims): readonly Dims[] {
  const [first] = candidates
  if (first === undefined) return []
  const shared = Object.entries(agreed).filter(([name]) => name in first)
  return shared.length === 0 ? candidates : [{ ...first, ...Object.fromEntries(shared) }, ...candidates]
}

function madeUpFeeds({ name: model, session }: Opened, { fills = {}, seed = 0 }: FeedPlan, dims: Dims): Feeds {
  return Object.fromEntries(
    session.inputs.map((port, i) => {
      const { name, dtype } = port
      if (!isNumeric(dtype)) {
        throw new UsageError(
          `Input "${name}" of ${model} takes ${dtype ?? 'what is no tensor'}: no values can be made up for it.`,
          { suggestions: ['Give data of your own with --data.'] },
        )
      }
      const shape = (port.shape ?? []).map((d, axis) => {
        return typeof d === 'number' ? d : ((d === null ? undefined : dims[d]) ?? dims[`${name}.${axis}`] ?? 1)
      })
      const value = fills[name] ?? (isRate(port) ? SAMPLES_PER_SECOND : undefined)
      return [name, value === undefined ? madeUp(dtype, shape, new Rng(seed, i)) : filled(name, dtype, shape, value)]
    }),
  )
}

function isRate({ name, dtype, shape }: Port): boolean {
  return SAMPLE_RATE.test(name) && (dtype === 'int64' || dtype === 'int32') && (shape?.length ?? 0) < 2
}

function filled(name: string, dtype: NumericDType, shape: readonly number[], value: number): NdArray {
  const data = newArray(dtype, elementCount(shape))
  if (dtype === 'float16' || dtype === 'bfloat16') {
    throw new UsageError(`Input "${name}" is ${dtype}: it cannot be filled with a number.`, {
      suggestions: ['Give data of your own with --data.'],
    })
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (!Number.isInteger(value)) throw unfit(name, dtype, value)
    data.fill(BigInt(value))
  } else data.fill(value)
  const [stored] = data
  const fits = stored === undefined || Number(stored) === (dtype === 'float32' ? Math.fround(value) : value)
  if (!fits) throw unfit(name, dtype, value)
  return { dtype, shape, data }
}

function unfit(name: string, dtype: string, value: number): UsageError {
  return new UsageError(`Input "${name}" is ${dtype}: ${value} does not fit in.`, {
    suggestions: [`Write --fill ${name}=N with a number that ${dtype} holds.`],
  })
}

async function feedsOfData(opened: Opened, plan: FeedPlan, data: string): Promise<Fed> {
  const { session } = opened
  const { dims, binds = {}, seed = 0 } = plan
  const bound = await bindData(session.inputs, { data, dims, binds, seed, batchSize: plan.batchSize ?? 1 })
  const { dataset, binding, batchSize: size } = bound
  const feeds: Feeds[] = []
  let bytes = 0
  for await (const batch of dataset.batches({ size, last: 'keep' })) {
    if (feeds.length > 0 && batch.size < size) break // a batch of another size would be another measurement
    const fed = padded(binding.feeds(batch), batch.size, size)
    feeds.push(fed)
    bytes += Object.values(fed).reduce((sum, { data }) => sum + bytesOf(data), 0)
    if (feeds.length === MOST_BATCHES || bytes > MOST_BYTES) break
  }
  const [first] = feeds
  if (first === undefined) throw new DataError(`There are no samples in "${data}".`)
  await runOn(opened, first, fetchable(session), { first: 0, size })
  return fedWith(feeds, session, plan, size)
}

function bytesOf(data: ArrayData): number {
  return ArrayBuffer.isView(data) ? data.byteLength : 0
}

/** What is called a batch, else the first axis where it is fixed; a sequence of any length is one sample. */
function samplesIn({ inputs }: Session, { batchDims }: FeedPlan, dims: Dims): number {
  const [batchDim] = batchDims
  const leading = inputs.find(({ shape }) => shape !== null && shape.length > 0)?.shape?.[0]
  return (batchDim === undefined ? undefined : dims[batchDim]) ?? (typeof leading === 'number' ? leading : 1)
}

function fedWith(feeds: readonly Feeds[], { inputs }: Session, { batchDims }: FeedPlan, batch: number): Fed {
  const [first = {}] = feeds
  return {
    feeds,
    dims: dimsFed(inputs, first),
    inputs: Object.entries(first).map(([name, array]) => ({ name, type: arrayToString(array) })),
    batch,
    openBatch: batchDims.length > 0,
  }
}

function doesNotRun({ name, session }: Opened, { shapeless }: FeedPlan, cause: EngineError | undefined): DataError {
  const open = session.inputs.flatMap(({ name, shape }) =>
    (shape ?? []).flatMap((d, axis) => (typeof d === 'number' ? [] : [d ?? `${name}.${axis}`])),
  )
  return new DataError(`${name} does not run on made-up inputs: ${cause?.message ?? 'it takes none'}`, {
    suggestions: [
      ...(open.length > 0
        ? [`Say how large they are: ${[...new Set(open)].map((d) => `--dim ${d}=N`).join(' ')}`]
        : []),
      ...(shapeless.length > 0
        ? [`The model does not say the shape of ${shapeless.join(', ')}: give data of your own with --data SPEC.`]
        : ['Fill an input that decides over the rest: --fill INPUT=NUMBER', 'Or give data of your own: --data SPEC']),
    ],
    ...(cause && { cause }),
  })
}
