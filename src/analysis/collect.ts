import type { Dataset, NdArray } from '../data/dataset.js'
import { DataError } from '../errors.js'
import type { ModelSource } from '../runtime/session.js'
import { padded } from './batch.js'
import { bindData, type DataOptions } from './bound-data.js'
import { openModel, type Running, runOn } from './opened.js'

export interface CollectOptions extends DataOptions, Running {
  /** Computes of a batch what adds up over batches: see rewrites/capture.ts. */
  readonly source: ModelSource
  readonly outputs: readonly string[]
}

export interface Collected {
  /** The sum of each output over all batches. */
  readonly sums: ReadonlyMap<string, Float64Array>
  readonly samples: number
}

/**
 * Runs a model over data and adds its outputs up: memory holds a batch and the sums, however many samples there are.
 * Where the model insists on a batch size, samples that do not fill a batch are left out, unless there are no others.
 *
 * @throws DataError for an empty data set, and when an output is not finite, naming the samples
 */
export async function collect(
  options: CollectOptions,
  onProgress: (samples: number, total: number | null) => void,
  signal: AbortSignal,
): Promise<Collected> {
  const { folds, samples } = await collectFolds(options, 1, onProgress, signal)
  return { sums: folds[0] ?? new Map(), samples }
}

/** The same by folds, for what is to be checked on other samples than it was learned from: batches go to them in turns. */
export async function collectFolds(
  options: CollectOptions,
  count: number,
  onProgress: (samples: number, total: number | null) => void,
  signal: AbortSignal,
): Promise<{ readonly folds: readonly Collected['sums'][]; readonly samples: number }> {
  const opened = await openModel(options.source, options)
  try {
    const { dataset, binding, batchSize } = await bindData(opened.session.inputs, options)
    const folds = Array.from({ length: count }, () => new Map<string, Float64Array>())
    let [samples, batches] = [0, 0]
    for await (const batch of dataset.batches({ size: batchSize, last: 'keep' })) {
      signal.throwIfAborted()
      if (binding.batchSize !== null && batch.size < binding.batchSize && samples > 0) break
      const place = { first: samples, size: batch.size }
      const feeds = padded(binding.feeds(batch), batch.size, binding.batchSize ?? batch.size)
      const outputs = await runOn(opened, feeds, options.outputs, place)
      const sums = folds[batches++ % count] ?? new Map()
      for (const name of options.outputs) add(sums, name, outputs[name], place)
      samples += batch.size
      onProgress(samples, dataset.length)
    }
    if (samples === 0)
      throw new DataError(`There are no samples in "${options.data}".`, { suggestions: emptyRemedy(dataset) })
    return { folds, samples }
  } finally {
    await opened.session.release()
  }
}

function emptyRemedy(dataset: Dataset): string[] {
  return dataset.length === null
    ? ['The stream ended before its first sample.']
    : ['Name data with samples: --data SPEC']
}

/** In float64: thousands of batches of float32 sums lose no digits that way. */
function add(
  sums: Map<string, Float64Array>,
  name: string,
  output: NdArray | undefined,
  { first, size }: { readonly first: number; readonly size: number },
): void {
  const values = output?.data
  if (!(values instanceof Float32Array)) throw new Error(`Output "${name}" is no float32.`)
  let sum = sums.get(name)
  if (sum === undefined) {
    sum = new Float64Array(values.length)
    sums.set(name, sum)
  }
  let check = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number // inside the array, as is the next
    sum[i] = (sum[i] as number) + value
    check += value * 0 // NaN for whatever is not finite
  }
  if (!Number.isNaN(check)) return
  throw new DataError(
    `Samples ${first} to ${first + size - 1} of the calibration data lead to NaN or Inf inside the model.`,
    {
      suggestions: [
        'Look for them in the data (an unset value, a division by zero while preparing it), or leave these samples out.',
        'If the model overflows on good data, its outputs do so, too: mcompress evaluate shows that.',
      ],
    },
  )
}
