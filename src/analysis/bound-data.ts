import { type Binding, bind } from '../data/bind.js'
import type { Dataset, NdArray, Port } from '../data/dataset.js'
import { limit } from '../data/limit.js'
import { openDataset } from '../data/open.js'
import { draw, type Part, partOf } from '../data/part.js'

/** Samples per run, where neither the user nor the model says. */
const BATCH_SIZE = 32

/** Which data, and how inputs are fed with it. */
export interface DataOptions {
  /** `PATH[,PATH...][?key=value&...]` */
  readonly data: string
  /** `--bind input=field`: input name to field name. */
  readonly binds?: Readonly<Record<string, string>>
  /** The field that holds the labels. */
  readonly label?: string | null
  /** Samples per run, 32 unless told; a model with a fixed batch axis runs with that. */
  readonly batchSize?: number | null
  /** The first samples only. */
  readonly limit?: number | null
  /** Of these the samples that are meant; all unless told. */
  readonly part?: Part
  /** So many of that part, by lot; all unless told. */
  readonly samples?: number | null
  readonly dims?: Readonly<Record<string, number>>
  readonly seed?: number
}

export interface BoundData {
  readonly dataset: Dataset
  readonly binding: Binding
  readonly batchSize: number
}

/** Opens the data and says which field feeds which input. @throws as `openDataset` and `bind` do */
export async function bindData(
  inputs: readonly Port[],
  options: DataOptions,
  { labelsNeeded = false }: { readonly labelsNeeded?: boolean } = {},
): Promise<BoundData> {
  const { data, dims = {}, seed = 0, binds = {}, label = null } = options
  const whole = await openDataset(data, { inputs, dims, seed })
  const most = options.limit ?? null
  const part = await partOf(most === null ? whole : limit(whole, most), options.part ?? 'all', seed)
  const dataset = options.samples ? draw(part, options.samples, seed) : part
  const binding = bind(dataset, inputs, { binds, dims, labelsNeeded, ...(label !== null && { label }) })
  return { dataset, binding, batchSize: binding.batchSize ?? options.batchSize ?? BATCH_SIZE }
}

/** The numbers that open dimensions of the inputs have in a batch: by their name, or `input.axis` without one. */
export function dimsFed(inputs: readonly Port[], feeds: Readonly<Record<string, NdArray>>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { name, shape } of inputs) {
    for (const [axis, dim] of (shape ?? []).entries()) {
      const size = feeds[name]?.shape[axis]
      if (typeof dim !== 'number' && size !== undefined) found[dim ?? `${name}.${axis}`] = size
    }
  }
  return found
}
