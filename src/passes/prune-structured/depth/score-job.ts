import { ofSamples, padded } from '../../../analysis/batch.js'
import { bindData } from '../../../analysis/bound-data.js'
import { Difference, numbersOf } from '../../../analysis/comparison/difference.js'
import { fetchable, type Opened, openModel, runOn } from '../../../analysis/opened.js'
import { DataError } from '../../../errors.js'
import type { NdArray } from '../../../runtime/array.js'
import { defineJob } from '../../../runtime/job.js'
import { choose, expectedRuns, type Measure } from './choose.js'
import type { ScoreInput, ScoreOutput, ScoreProgress } from './score.js'

/** Samples per run: larger batches are hardly faster, and take memory in proportion. */
const BATCH_SIZE = 8
/** Inputs and outputs are kept for all the runs on them; of more than this the later samples are not looked at. */
const MOST_BYTES = 512 << 20
const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16'])

type Arrays = Readonly<Record<string, NdArray>>

/** A batch, and what the whole model makes of it. */
interface Seen {
  readonly feeds: Arrays
  readonly outputs: Arrays
  readonly place: { readonly first: number; readonly size: number; readonly ran: number }
}

/** Runs a model with and without residual blocks, and chooses those that change the outputs least. */
export default defineJob<ScoreInput, ScoreProgress, ScoreOutput>(async (input, emit, signal) => {
  const opened = await openModel(input.source, input)
  try {
    const names = outputsOf(opened)
    const seen = await gathered(opened, names, input, signal)
    let measured = 0
    const expected = expectedRuns(input.eligible.filter(Boolean).length, input.count)
    const measure: Measure = async (choices) => {
      const errors: number[] = []
      for (const without of choices) {
        errors.push(await errorWithout(opened, names, gatesOf(input, without), seen, signal))
        emit({ done: Math.min(0.99, ++measured / expected) })
      }
      return errors
    }
    const choice = await choose(input, input.count, measure)
    return { ...choice, samples: seen.reduce((sum, { place }) => sum + place.size, 0) }
  } finally {
    await opened.session.release()
  }
})

/** Class numbers and other decisions count only where there is nothing else: they change in jumps. */
function outputsOf({ session, name }: Opened): string[] {
  const names = fetchable({ ...session, outputs: session.outputs.filter(({ dtype }) => dtype !== 'string') })
  const floats = session.outputs.flatMap((port) => (FLOATS.has(port.dtype ?? '') ? [port.name] : []))
  if (names.length === 0) throw new DataError(`${name} has no output of numbers to compare.`)
  return floats.length > 0 ? floats : names
}

async function gathered(
  opened: Opened,
  names: readonly string[],
  input: ScoreInput,
  signal: AbortSignal,
): Promise<Seen[]> {
  const gates = new Set(input.gates)
  const inputs = opened.session.inputs.filter(({ name }) => !gates.has(name))
  const { dataset, binding, batchSize } = await bindData(inputs, {
    ...input,
    batchSize: input.batchSize ?? BATCH_SIZE,
  })
  const seen: Seen[] = []
  let [samples, bytes] = [0, 0]
  const open = gatesOf(input, new Set())
  for await (const batch of dataset.batches({ size: batchSize, last: 'keep' })) {
    signal.throwIfAborted()
    const place = { first: samples, size: batch.size, ran: binding.batchSize ?? batch.size }
    const feeds = padded(binding.feeds(batch), batch.size, place.ran)
    const outputs = await runOn(opened, { ...feeds, ...open }, names, place)
    seen.push({ feeds, outputs, place })
    samples += batch.size
    bytes += bytesOf(feeds) + bytesOf(outputs)
    if (bytes > MOST_BYTES) break
  }
  if (samples === 0) {
    throw new DataError(`There are no samples in "${dataset.spec}".`, {
      suggestions: ['Name data with samples: --data SPEC'],
    })
  }
  return seen
}

/** @returns mean over the outputs of sum (b - a)^2 / sum a^2; Infinity where b is not finite and a is */
async function errorWithout(
  opened: Opened,
  names: readonly string[],
  gates: Arrays,
  seen: readonly Seen[],
  signal: AbortSignal,
): Promise<number> {
  const differences = new Map(names.map((name) => [name, new Difference()]))
  for (const { feeds, outputs, place } of seen) {
    signal.throwIfAborted()
    const changed = await runOn(opened, { ...feeds, ...gates }, names, place)
    for (const [name, difference] of differences) {
      const [a, b] = [outputs[name], changed[name]].map(
        (array) => array && (ofSamples(array, place.ran, place.size) ?? array),
      )
      if (a === undefined || b === undefined) throw new Error(`Output "${name}" was not fetched.`)
      const numbers = numbersOf(a)
      // What is found depends on the values: other boxes are as wrong as none.
      const others = `${a.shape}` === `${b.shape}` ? numbersOf(b) : new Float32Array(numbers.length)
      difference.add({ a: numbers, b: others, local: null, shape: a.shape, first: place.first, ran: place.size })
    }
  }
  const errors = [...differences.values()].map(relativeError)
  return errors.reduce((sum, error) => sum + error, 0) / errors.length
}

function relativeError({ signal, noise, nonFinite }: Difference): number {
  if (nonFinite !== null && nonFinite.model !== 'both') return Number.POSITIVE_INFINITY
  if (noise === 0) return 0
  return signal === 0 ? 1 : noise / signal
}

function gatesOf({ gates }: ScoreInput, without: ReadonlySet<number>): Record<string, NdArray> {
  const feeds = gates.map((name, i): [string, NdArray] => [
    name,
    { dtype: 'bool', shape: [], data: Uint8Array.of(without.has(i) ? 0 : 1) },
  ])
  return Object.fromEntries(feeds)
}

function bytesOf(arrays: Arrays): number {
  return Object.values(arrays).reduce((sum, { data }) => sum + (ArrayBuffer.isView(data) ? data.byteLength : 0), 0)
}
