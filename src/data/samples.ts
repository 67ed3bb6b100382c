import { DataError, UserError } from '../errors.js'
import { NotAnArrayError, ndArrayOf, stack } from './array/nested.js'
import type { Batch, Dataset, FieldType, NdArray } from './dataset.js'
import { checkBatchSize, emptyData, indexedDataset } from './indexed.js'

type Samples = Iterable<unknown> | AsyncIterable<unknown>
type Sample = Readonly<Record<string, NdArray>>

/**
 * A dataset over single samples `{field: array, number or nested list}`. An array of samples has a length and is
 * read in any order; anything else is a stream of unknown length.
 *
 * @param open  gives the samples from the start, again for every pass
 * @throws DataError when there is none, or what is given is no sample
 */
export async function samplesDataset(spec: string, open: () => unknown): Promise<Dataset> {
  const opened = await open()
  const first = Array.isArray(opened) ? opened[0] : await firstOf(opened as Samples, spec)
  if (first === undefined) throw emptyData(spec)
  const fields = typesOf(sampleOf(first, 0, spec))
  if (Array.isArray(opened)) {
    return indexedDataset({
      spec,
      length: opened.length,
      fields,
      take: async (indices) =>
        collate(
          Array.from(indices, (i) => sampleOf(opened[i], i, spec)),
          fields,
          spec,
        ),
    })
  }
  return {
    spec,
    length: null,
    fields,
    async *batches({ size, order, last }) {
      checkBatchSize(size)
      if (order !== undefined) throw new RangeError(`"${spec}" is a stream: it has no order but its own.`)
      let samples: Sample[] = []
      let index = 0
      for await (const value of guarded((await open()) as Samples, spec)) {
        samples.push(sampleOf(value, index++, spec))
        if (samples.length < size) continue
        yield batchOf(samples, fields, spec)
        samples = []
      }
      if (samples.length > 0 && last === 'keep') yield batchOf(samples, fields, spec)
    },
  }
}

async function firstOf(samples: Samples, spec: string): Promise<unknown> {
  for await (const value of guarded(samples, spec)) return value ?? null
  return undefined
}

/** Iterates; an error of the user's code becomes one that says whose it is. */
async function* guarded(samples: Samples, spec: string): AsyncIterable<unknown> {
  try {
    yield* samples
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new DataError(
      `The samples of "${spec}" end with ${error instanceof Error ? `${error.name}: ${error.message}` : error}`,
      {
        suggestions: ['The error comes from the code of that module.'],
        cause: error,
      },
    )
  }
}

function sampleOf(value: unknown, index: number, spec: string): Sample {
  const fail = (what: string): never => {
    throw new DataError(`Sample ${index} of "${spec}" ${what}.`, {
      suggestions: ['A sample is an object of its fields: { x: new Float32Array(784), label: 7 }'],
    })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    return fail(`is ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}, no object`)
  }
  const entries = Object.entries(value)
  if (entries.length === 0) fail('has no fields')
  return Object.fromEntries(
    entries.map(([name, field]) => {
      try {
        return [name, ndArrayOf(field)]
      } catch (error) {
        if (error instanceof NotAnArrayError)
          return fail(`has the field "${name}", which is unusable: ${error.message}`)
        throw error
      }
    }),
  )
}

function typesOf(sample: Sample): Record<string, FieldType> {
  return Object.fromEntries(Object.entries(sample).map(([name, { dtype, shape }]) => [name, { dtype, shape }]))
}

function batchOf(samples: readonly Sample[], fields: Readonly<Record<string, FieldType>>, spec: string): Batch {
  return { size: samples.length, fields: collate(samples, fields, spec) }
}

function collate(
  samples: readonly Sample[],
  fields: Readonly<Record<string, FieldType>>,
  spec: string,
): Record<string, NdArray> {
  const batch: Record<string, NdArray> = {}
  for (const name of Object.keys(fields)) {
    const arrays = samples.flatMap((sample) => sample[name] ?? [])
    if (arrays.length < samples.length) {
      throw new DataError(`A sample of "${spec}" lacks the field "${name}" that the first one has.`, {
        suggestions: ['Give every sample the same fields.'],
      })
    }
    batch[name] = stack(arrays) ?? unequal(name, arrays, spec)
  }
  return batch
}

function unequal(name: string, arrays: readonly NdArray[], spec: string): never {
  const types = [...new Set(arrays.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`))]
  throw new DataError(`The samples of "${spec}" differ in "${name}": ${types.slice(0, 3).join(' and ')}.`, {
    suggestions: ['Bring all samples to one shape and type, or use --batch-size 1 if only the lengths differ.'],
  })
}
