import { stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DataError, ioError, UsageError, UserError } from '../errors.js'
import type { Accumulator, Metric, MetricChoice, Observation } from './metric.js'
import { Mean } from './reading/mean.js'

/** `./mine.mjs`, `./mine.mjs:logits`: a path that ends as JavaScript does, then perhaps an output. */
const MODULE = /^(.+?\.[cm]?js)(?::(.+))?$/i

export function isModuleSpec(spec: string): boolean {
  return MODULE.test(spec)
}

/**
 * A metric of the user's own. The default export is a Metric, or a function of an observation that gives the value of
 * one batch, of which the mean over the samples is taken. Beside such a function `better` ('higher' unless exported),
 * `unit` ('number') and `needs` ('either') may be exported; the file's name is that of the metric.
 *
 *   export const better = 'lower'
 *   export default ({ output, labels, reference, size, width, shape }) => number
 *
 * @param spec  `PATH[:output]`
 * @throws IoError when there is no such file; UsageError when it exports no metric; DataError when it cannot be loaded
 */
export async function metricFromModule(spec: string): Promise<MetricChoice> {
  const [, path = spec, output = null] = MODULE.exec(spec) ?? []
  const loaded = await load(path)
  const metric = typeof loaded.default === 'function' ? metricOf(loaded, path) : checkedMetric(loaded.default, path)
  return { metric, parameter: null, name: metric.name, output }
}

type Loaded = Readonly<Record<string, unknown>>

async function load(path: string): Promise<Loaded> {
  try {
    await stat(path)
  } catch (error) {
    throw ioError(error, `Cannot load the metric "${path}"`)
  }
  try {
    return await import(pathToFileURL(resolve(path)).href)
  } catch (error) {
    throw new DataError(`The metric "${path}" cannot be loaded: ${messageOf(error)}`, {
      suggestions: ['The error comes from that module: run it by itself with node to see where.'],
      cause: error,
    })
  }
}

/** What a module may say of its metric, and what else it could be. */
const CHOICES = {
  needs: ['labels', 'reference', 'either'],
  better: ['higher', 'lower'],
  unit: ['fraction', 'dB', 'number'],
} as const satisfies { [K in 'needs' | 'better' | 'unit']: readonly Metric[K][] }

function metricOf(loaded: Loaded, path: string): Metric {
  const measure = loaded.default as (observation: Observation) => unknown // it is a function, as just checked
  const name = basename(path, extname(path))
  return {
    name,
    summary: `the metric of ${path}`,
    source: path,
    needs: choice(loaded, 'needs', 'either', path),
    better: choice(loaded, 'better', 'higher', path),
    unit: choice(loaded, 'unit', 'number', path),
    create: () => new MeanOfBatches(measure, path),
  }
}

function checkedMetric(exported: unknown, path: string): Metric {
  if (typeof exported !== 'object' || exported === null) {
    throw notAMetric(path, exported === undefined ? 'it has no default export' : `its default export is ${exported}`)
  }
  const fields = exported as Loaded // an object, as just checked
  const { name, create } = fields
  if (typeof name !== 'string' || name === '') throw notAMetric(path, 'it has no name')
  if (typeof create !== 'function') throw notAMetric(path, 'it has no function "create"')
  return {
    name,
    summary: typeof fields.summary === 'string' ? fields.summary : `the metric of ${path}`,
    source: typeof fields.source === 'string' ? fields.source : path,
    needs: choice(fields, 'needs', undefined, path),
    better: choice(fields, 'better', undefined, path),
    unit: choice(fields, 'unit', 'number', path),
    create: (parameter) => checkedAccumulator(create.call(exported, parameter), path),
  }
}

function choice<K extends keyof typeof CHOICES>(from: Loaded, key: K, otherwise: Metric[K] | undefined, path: string) {
  const given = from[key] ?? otherwise
  const found = CHOICES[key].find((allowed) => allowed === given)
  if (found !== undefined) return found as Metric[K] // of the list for this key
  throw notAMetric(path, `"${key}" is ${JSON.stringify(given)}, and must be one of ${CHOICES[key].join(', ')}`)
}

function checkedAccumulator(made: unknown, path: string): Accumulator {
  const accumulator = made as Partial<Accumulator> | null | undefined // its parts are checked next
  if (typeof accumulator?.add !== 'function' || typeof accumulator.result !== 'function') {
    throw notAMetric(path, 'what "create" returns has no functions "add" and "result"')
  }
  const { add, result } = accumulator
  return {
    add: (observation) => guarded(path, () => add.call(accumulator, observation)),
    result() {
      const value: unknown = guarded(path, () => result.call(accumulator))
      return value === null ? null : checkedValue(value, path, 'its result')
    },
  }
}

class MeanOfBatches implements Accumulator {
  readonly #measure: (observation: Observation) => unknown
  readonly #path: string
  readonly #mean = new Mean()

  constructor(measure: (observation: Observation) => unknown, path: string) {
    this.#measure = measure
    this.#path = path
  }

  add(observation: Observation): void {
    const { first = 0, size } = observation
    const value = guarded(this.#path, () => this.#measure(observation))
    this.#mean.add(checkedValue(value, this.#path, `samples ${first} to ${first + size - 1}`) * size, size)
  }

  result(): number | null {
    return this.#mean.value
  }
}

function checkedValue(value: unknown, path: string, where: string): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  const found = value instanceof Promise ? 'a promise' : typeof value === 'number' ? 'NaN' : `a ${typeof value}`
  throw new DataError(`The metric "${path}" gives ${found} for ${where}; a number is needed.`, {
    suggestions: ['It is called once for each batch with { output, labels, reference, size, width, shape }.'],
  })
}

function guarded<T>(path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new DataError(`The metric "${path}" failed: ${messageOf(error)}`, {
      suggestions: ['The error comes from that module.'],
      cause: error,
    })
  }
}

function notAMetric(path: string, why: string): UsageError {
  return new UsageError(`"${path}" exports no metric: ${why}.`, {
    suggestions: [
      'Write: export default ({ output, labels, reference, size, width, shape }) => number',
      'Or export a Metric {name, needs, better, unit, create}; see the types of the package mcompress.',
    ],
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
