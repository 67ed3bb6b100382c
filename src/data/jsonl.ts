import { DataError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import { NotAnArrayError, ndArrayOf, stack } from './array/nested.js'
import { CLASSES_OPTION, classesOption, sortedNames, unknownClass } from './classes.js'
import type { DataSource, FieldType, Loader, NdArray } from './dataset.js'
import { emptyData, indexedDataset } from './indexed.js'
import { type FieldChoice, fieldsOption } from './options.js'
import { isLabelName } from './port.js'
import { range } from './rng.js'
import { openBytes } from './source/bytes.js'
import { indexRecords, type Records } from './source/records.js'
import { onlyPath } from './spec.js'

/** How many lines decide the fields and their types. */
const PREVIEW = 100

/** JSON lines. One pass finds the lines (and one more class names, if they are not given); they stay on disk. */
export const jsonl: Loader = {
  name: 'jsonl',
  summary: 'one JSON object a line (.jsonl, .ndjson, also .gz): each key a field, nested lists are its axes',
  options: [
    {
      key: 'fields',
      value: 'NAME[:KEY],...',
      summary: 'the keys to use, under other names if wanted (default: those of line 1)',
    },
    CLASSES_OPTION,
  ],
  accepts: (paths) => paths.length === 1 && /\.(jsonl|ndjson)(\.gz)?$/i.test(paths[0] ?? ''),
  async open(source) {
    const records = await indexRecords(await openBytes(onlyPath(source, 'jsonl')), false)
    if (records.length === 0) throw emptyData(source.spec)
    const lines = new Lines(records, await chosenFields(records, source))
    const preview = await lines.read(range(Math.min(PREVIEW, records.length)))
    const named = lines.choices.filter(({ name }) => isLabelName(name) && preview[0]?.[name]?.dtype === 'string')
    const given = await classesOption(source)
    const classes: Record<string, readonly string[]> = {}
    for (const { name } of named) classes[name] = given ?? (await lines.stringsIn(name))
    const types = lines.choices.map(({ name }) => {
      const samples = preview.flatMap((sample) => sample[name] ?? [])
      return [name, commonType(samples, Object.hasOwn(classes, name))] as const
    })
    return indexedDataset({
      spec: source.spec,
      length: records.length,
      fields: Object.fromEntries(types),
      take: (indices) => lines.take(indices, classes),
    })
  },
}

type Sample = Readonly<Record<string, NdArray>>

/** Parses lines, and knows what to say when one does not suit. */
class Lines {
  readonly choices: readonly FieldChoice[]
  readonly #records: Records

  constructor(records: Records, choices: readonly FieldChoice[]) {
    this.#records = records
    this.choices = choices
  }

  async read(indices: Uint32Array): Promise<Sample[]> {
    const samples: Sample[] = []
    for (const [i, text] of (await this.#records.read(indices)).entries()) {
      const parsed = sampleOf(text, this.choices)
      if (typeof parsed === 'string') throw await this.#problem(indices[i] ?? 0, parsed)
      samples.push(parsed)
    }
    return samples
  }

  async take(indices: Uint32Array, classes: Readonly<Record<string, readonly string[]>>): Promise<Sample> {
    const samples = await this.read(indices)
    const fields: Record<string, NdArray> = {}
    for (const { name } of this.choices) {
      const arrays = samples.flatMap((sample) => sample[name] ?? [])
      const array = stack(arrays) ?? (await this.#unequal(name, arrays, indices))
      const names = classes[name]
      fields[name] = names === undefined ? array : await this.#numbered(array, names, name, indices)
    }
    return fields
  }

  /** All values of a field of strings, sorted. */
  async stringsIn(name: string): Promise<string[]> {
    const found = new Set<string>()
    const all = range(this.#records.length)
    for (let start = 0; start < all.length; start += 1024) {
      for (const sample of await this.read(all.slice(start, start + 1024))) {
        const { dtype, data } = sample[name] ?? { dtype: 'string', data: [] }
        if (dtype === 'string') for (const text of data) found.add(`${text}`)
      }
    }
    return sortedNames(found)
  }

  async #numbered(array: NdArray, classes: readonly string[], name: string, indices: Uint32Array): Promise<NdArray> {
    const numbers = new Map(classes.map((c, i) => [c, i]))
    const width = array.data.length / indices.length
    const data = new Int32Array(array.data.length)
    for (const [i, value] of Array.from<unknown>(array.data).entries()) {
      const number = numbers.get(`${value}`)
      if (number === undefined)
        throw unknownClass(`${value}`, classes, await this.#where(indices[Math.floor(i / width)] ?? 0, name))
      data[i] = number
    }
    return { dtype: 'int32', shape: array.shape, data }
  }

  async #unequal(name: string, arrays: readonly NdArray[], indices: Uint32Array): Promise<never> {
    const describe = ({ dtype, shape }: NdArray) => `${dtype}[${shape.join(',')}]`
    const first = arrays.map(describe)
    const at = first.findIndex((d) => d !== first[0])
    const [a, b] = [await this.#records.lineOf(indices[0] ?? 0), await this.#records.lineOf(indices[at] ?? 0)]
    const problem = `"${name}" is ${first[0]} in line ${a} and ${first[at]} in line ${b}`
    throw new DataError(`${this.#records.source.name}: ${problem}; samples of one batch must agree.`, {
      suggestions: ['Bring all lines to one shape and type, or use --batch-size 1 if only the lengths differ.'],
    })
  }

  async #where(index: number, name: string): Promise<string> {
    return `${this.#records.source.name}, line ${await this.#records.lineOf(index)}, "${name}"`
  }

  async #problem(index: number, problem: string): Promise<DataError> {
    const line = await this.#records.lineOf(index)
    return new DataError(`${this.#records.source.name}, line ${line}: ${problem}.`, {
      suggestions: ['A line is one object with the same keys: {"x": [[0, 1], [2, 3]], "label": 7}'],
    })
  }
}

/** The fields that the user chooses, else the keys of the first line. */
async function chosenFields(records: Records, source: DataSource): Promise<FieldChoice[]> {
  const [first = ''] = await records.read(Uint32Array.of(0))
  const value = parseObject(first)
  const name = records.source.name
  if (typeof value === 'string') {
    throw new DataError(`${name}, line ${await records.lineOf(0)}: ${value}.`, {
      suggestions: ['A line is one object: {"x": [[0, 1], [2, 3]], "label": 7}'],
    })
  }
  const keys = Object.keys(value)
  if (keys.length === 0) throw new DataError(`${name}, line ${await records.lineOf(0)}: the object is empty.`)
  const chosen = fieldsOption(source)
  for (const { from } of chosen ?? []) {
    if (Object.hasOwn(value, from)) continue
    throw new DataError(`${name} has no key "${from}" in its first line.`, {
      suggestions: didYouMean(from, keys, 'keys'),
    })
  }
  return chosen ?? keys.map((key) => ({ name: key, from: key }))
}

/** @returns the sample, or what is wrong with the line */
function sampleOf(text: string, choices: readonly FieldChoice[]): Sample | string {
  const value = parseObject(text)
  if (typeof value === 'string') return value
  const sample: Record<string, NdArray> = {}
  for (const { name, from } of choices) {
    if (!Object.hasOwn(value, from)) return `the key "${from}" is missing`
    try {
      sample[name] = ndArrayOf(value[from])
    } catch (error) {
      if (error instanceof NotAnArrayError) return `"${from}" is no array of numbers: ${error.message}`
      throw error
    }
  }
  return sample
}

function parseObject(text: string): Record<string, unknown> | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const nan = /\b(NaN|Infinity)\b/.test(text) ? ' (NaN and Infinity are not JSON)' : ''
    return `it is not valid JSON${nan}: ${error instanceof Error ? error.message : String(error)}`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object'
  return value as Record<string, unknown> // an object, as just checked
}

/** What holds for all samples; a dimension in which they differ is null. */
function commonType(samples: readonly NdArray[], isClass: boolean): FieldType {
  const [first] = samples
  const shape = (first?.shape ?? []).map((d, axis) => (samples.every((s) => s.shape[axis] === d) ? d : null))
  return { dtype: isClass ? 'int32' : (first?.dtype ?? 'float64'), shape }
}
