import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DataError, ioError, UserError } from '../errors.js'
import { checkedNdArray, NotAnArrayError } from './array/nested.js'
import type { Batch, DataSource, Dataset, LoadContext, Loader } from './dataset.js'
import { samplesDataset } from './samples.js'
import { onlyPath } from './spec.js'

/** Code of the user's own, for data in any other form. */
export const module: Loader = {
  name: 'module',
  summary:
    'a JavaScript module (.mjs, .js, .cjs): its default export is a Dataset, an iterable of samples {field: array}, or a function (context, options) that gives one; options are handed to it',
  options: [],
  anyOption: true,
  accepts: (paths) => paths.length === 1 && /\.[mc]?js$/i.test(paths[0] ?? ''),
  async open(source, context) {
    const exported = await defaultExport(source)
    if (typeof exported !== 'function') return datasetOf(exported, source)
    // The function may do any work: it is called for every pass, but not once more to see what it gives.
    const call = () => callUser(exported as UserFunction, context, source) // it can be called, as just checked
    const first = await call()
    let unused: unknown = first
    const open = () => {
      const given = unused ?? call()
      unused = undefined
      return given
    }
    return isOneTime(first) ? samplesDataset(source.spec, open) : datasetOf(first, source)
  },
}

async function defaultExport(source: DataSource): Promise<unknown> {
  const path = resolve(onlyPath(source, 'module'))
  let loaded: { readonly default?: unknown }
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    throw userCodeError(error, `"${source.paths[0]}" cannot be loaded`)
  }
  if (loaded.default === undefined || loaded.default === null) {
    throw new DataError(`"${source.paths[0]}" has no default export.`, {
      suggestions: ['Write: export default async function* () { yield { x: [0, 1], label: 1 } }'],
    })
  }
  return loaded.default
}

type UserFunction = (context: LoadContext, options: Readonly<Record<string, string>>) => unknown

async function callUser(f: UserFunction, context: LoadContext, { paths, options }: DataSource): Promise<unknown> {
  try {
    return await f(context, options)
  } catch (error) {
    throw userCodeError(error, `The function of "${paths[0]}" failed`)
  }
}

function userCodeError(error: unknown, what: string): Error {
  if (error instanceof UserError) return error
  const asIo = ioError(error, what)
  if (asIo instanceof UserError) return asIo
  return new DataError(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, {
    suggestions: ['The error comes from that module: run it by itself with node to see where.'],
    cause: error,
  })
}

function datasetOf(value: unknown, source: DataSource): Promise<Dataset> | Dataset {
  if (isDataset(value)) return checkedDataset(value, source)
  if (isOneTime(value)) {
    throw new DataError(`"${source.paths[0]}" gives an iterator that can be gone through only once.`, {
      suggestions: [
        'Export the generator function itself, not what it returns: export default async function* () {...}',
      ],
    })
  }
  if (isIterable(value)) return samplesDataset(source.spec, () => value)
  throw new DataError(`"${source.paths[0]}" gives ${describe(value)}; no Dataset, and no iterable of samples.`, {
    suggestions: [
      'A Dataset is {length, fields, batches(options)}.',
      'An iterable of samples: export default [{ x: [0, 1], label: 1 }], or a generator function.',
    ],
  })
}

type Iterables = Iterable<unknown> | AsyncIterable<unknown>

function isIterable(value: unknown): value is Iterables {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
}

/** Whether it is its own iterator, as generators are: gone through once, it is at its end. */
function isOneTime(value: unknown): value is Iterables {
  return isIterable(value) && 'next' in value && typeof value.next === 'function'
}

function isDataset(value: unknown): value is Omit<Dataset, 'spec'> {
  return typeof value === 'object' && value !== null && 'batches' in value && typeof value.batches === 'function'
}

/** The user's Dataset under the user's spec; every batch is checked. */
function checkedDataset(dataset: Omit<Dataset, 'spec'>, source: DataSource): Dataset {
  const { length, fields } = dataset
  const fail = (what: string): never => {
    throw new DataError(`The Dataset of "${source.paths[0]}" ${what}.`, {
      suggestions: ['See the types Dataset, FieldType and Batch of the package mcompress.'],
    })
  }
  if (length !== null && !(Number.isInteger(length) && length > 0))
    fail(`has the length ${String(length)}; a number above 0, or null`)
  if (typeof fields !== 'object' || fields === null || Object.keys(fields).length === 0) fail('has no fields')
  for (const [name, type] of Object.entries(fields)) {
    if (typeof type?.dtype !== 'string' || !Array.isArray(type.shape))
      fail(`has a field "${name}" without dtype and shape`)
  }
  const check = (batch: Batch): Batch => {
    if (!Number.isInteger(batch?.size) || batch.size < 1) fail(`gives a batch of size ${String(batch?.size)}`)
    for (const name of Object.keys(fields)) {
      const array = batch.fields?.[name]
      if (array === undefined) return fail(`gives a batch without the field "${name}"`)
      try {
        const { shape } = checkedNdArray(array)
        if (shape[0] !== batch.size) fail(`gives "${name}" as [${shape.join(',')}] in a batch of ${batch.size}`)
      } catch (error) {
        if (error instanceof NotAnArrayError) fail(`gives a batch whose field "${name}" is unusable: ${error.message}`)
        throw error
      }
    }
    return batch
  }
  return {
    spec: source.spec,
    length,
    fields,
    async *batches(options) {
      for await (const batch of dataset.batches(options)) yield check(batch)
    },
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  return typeof value === 'object'
    ? `an object with the keys ${Object.keys(value).join(', ') || '(none)'}`
    : `a ${typeof value}`
}
