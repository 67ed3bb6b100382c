import { numbersOf } from '../../analysis/comparison/difference.js'
import { type Feeds, feedsFor } from '../../analysis/latency/feeds.js'
import type { FeedPlan } from '../../analysis/latency/latency.js'
import { fetchable, type Opened, openModel } from '../../analysis/opened.js'
import type { NdArray } from '../../data/dataset.js'
import { UserError } from '../../errors.js'
import { EngineError } from '../../runtime/engine-error.js'
import { defineJob } from '../../runtime/job.js'
import type { ModelSource } from '../../runtime/session.js'

export interface OracleInput {
  /** How the models are fed, likeliest first: each plan that the reference runs with gives inputs, until there are enough. */
  readonly plans: readonly FeedPlan[]
  readonly inputs: number
  /** What the cut model has to compute. */
  readonly reference: ModelSource
  readonly cut: ModelSource
  /** Only for a larger error ONNX Runtime is asked what rounding alone makes of the reference. */
  readonly limit: number
  readonly threads: number | null
}

/** An output of both models, over all inputs. */
export interface OutputError {
  readonly name: string
  /** Largest difference of any element, as a share of the range of the reference; infinite for a NaN in one model only. */
  readonly error: number
  /** What the reference makes of it with other optimizations, measured alike; null where it was not asked. */
  readonly rounding: number | null
  /** Of the reference: least and greatest finite element; null where there is none. */
  readonly range: readonly [number, number] | null
  /** Set where the two have different shapes. */
  readonly shapes: { readonly reference: readonly number[]; readonly cut: readonly number[] } | null
}

export interface OracleOutput {
  readonly inputs: number
  readonly outputs: readonly OutputError[]
  /** Why ONNX Runtime does not take the cut model, or does not run it; null when it does. */
  readonly refusal: string | null
}

type Outputs = Readonly<Record<string, NdArray>>

/** As the file says, node by node; one model after the other, so that memory holds one. */
const PLAIN = { level: 'disabled', prepacking: false } as const

/** Runs a cut model and its reference on the same inputs, and says how far their outputs are apart. */
export default defineJob<OracleInput, never, OracleOutput>(async (input, _, signal) => {
  const { reference, cut, limit, threads } = input
  const { feeds, expected } = await withModel(reference, threads, PLAIN, async (opened) => {
    const feeds = await feedsOf(opened, input)
    return { feeds, expected: await outputsOf(opened, feeds, signal) }
  })
  let found: Outputs[]
  try {
    found = await withModel(cut, threads, PLAIN, (opened) => outputsOf(opened, feeds, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof UserError || error instanceof EngineError)) throw error
    return { inputs: feeds.length, outputs: [], refusal: error.message }
  }
  const errors = errorsOf(expected, found)
  if (errors.every(({ error }) => error <= limit)) return { inputs: feeds.length, outputs: errors, refusal: null }
  const optimized = await withModel(reference, threads, { level: 'all' }, (opened) => outputsOf(opened, feeds, signal))
  const rounding = new Map(errorsOf(expected, optimized).map(({ name, error }) => [name, error]))
  const outputs = errors.map((each) => ({ ...each, rounding: rounding.get(each.name) ?? null }))
  return { inputs: feeds.length, outputs, refusal: null }
})

async function withModel<T>(
  source: ModelSource,
  threads: number | null,
  options: Parameters<typeof openModel>[2],
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const opened = await openModel(source, { threads }, options)
  try {
    return await use(opened)
  } finally {
    await opened.session.release()
  }
}

/** @throws DataError when the model runs with none of the plans */
async function feedsOf(opened: Opened, { plans, inputs }: OracleInput): Promise<Feeds[]> {
  const feeds: Feeds[] = []
  let refusal: unknown
  for (const plan of plans) {
    if (feeds.length >= inputs) break
    try {
      const fed = await feedsFor(opened, plan, {})
      feeds.push(...fed.feeds.slice(0, inputs - feeds.length))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refusal ??= error
    }
  }
  if (feeds.length === 0) throw refusal
  return feeds
}

async function outputsOf({ session }: Opened, feeds: readonly Feeds[], signal: AbortSignal): Promise<Outputs[]> {
  const names = fetchable(session)
  const outputs: Outputs[] = []
  for (const each of feeds) {
    signal.throwIfAborted()
    outputs.push(await session.run(each, names))
  }
  return outputs
}

function errorsOf(expected: readonly Outputs[], found: readonly Outputs[]): OutputError[] {
  const names = Object.entries(expected[0] ?? {}).flatMap(([name, { dtype }]) => (dtype === 'string' ? [] : [name]))
  return names.map((name) => {
    const difference = new RangedDifference()
    for (const [i, outputs] of expected.entries()) {
      const [a, b] = [outputs[name], found[i]?.[name]]
      if (a !== undefined && b !== undefined) difference.add(a, b)
    }
    return { name, rounding: null, ...difference.result() }
  })
}

/** A range that is so small beside the values themselves is all but a constant: rounding alone would fill it. */
const FLAT = 1e-3

class RangedDifference {
  #largest = 0
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  #shapes: OutputError['shapes'] = null

  add(reference: NdArray, cut: NdArray): void {
    if (`${reference.shape}` !== `${cut.shape}`) {
      this.#shapes ??= { reference: reference.shape, cut: cut.shape }
      return
    }
    const [a, b] = [numbersOf(reference), numbersOf(cut)]
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i] as number, b[i] as number] // both have elements there
      if (Number.isFinite(x)) {
        if (x < this.#low) this.#low = x
        if (x > this.#high) this.#high = x
      }
      if (Object.is(x, y)) continue
      const error = Math.abs(x - y)
      this.#largest = Math.max(this.#largest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error)
    }
  }

  result(): Pick<OutputError, 'error' | 'range' | 'shapes'> {
    const [low, high, largest] = [this.#low, this.#high, this.#largest]
    const shapes = this.#shapes
    if (low > high) return { error: largest, range: null, shapes }
    const [width, magnitude] = [high - low, Math.max(Math.abs(low), Math.abs(high))]
    const scale = width > FLAT * magnitude ? width : magnitude
    return { error: largest === 0 ? 0 : largest / scale, range: [low, high], shapes }
  }
}

/** Whether outputs of that range could hardly show a mistake. */
export function isFlat([low, high]: readonly [number, number]): boolean {
  return high - low <= FLAT * Math.max(Math.abs(low), Math.abs(high))
}
