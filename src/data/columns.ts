import { DataError } from '../errors.js'
import { isNumeric } from './array/dtypes.js'
import { channelAxis, type Normalization, normalize } from './array/normalize.js'
import type { DataSource, Dataset, FieldType, NdArray } from './dataset.js'
import { emptyData, indexedDataset } from './indexed.js'
import { isLabelName } from './port.js'

/** One field that is stored by itself, its samples reachable by index. */
export interface Column {
  /** For messages: `"x.npy" in "test.npz"`. */
  readonly source: string
  readonly type: FieldType
  readonly length: number
  /** The samples of these indices, [indices.length, ...sample]. */
  take(indices: Uint32Array): Promise<NdArray>
}

/**
 * A dataset whose fields are stored each by itself.
 *
 * @throws DataError when the fields differ in length, or are empty
 */
export function columnsDataset(spec: string, columns: Readonly<Record<string, Column>>): Dataset {
  const entries = Object.entries(columns)
  const first = entries[0]?.[1]
  if (first === undefined) throw emptyData(spec)
  const other = entries.find(([, column]) => column.length !== first.length)
  if (other !== undefined) {
    const lengths = entries.map(([name, { length, source }]) => `${name} ${length} (${source})`).join(', ')
    throw new DataError(`The fields of "${spec}" have different numbers of samples: ${lengths}.`, {
      suggestions: [
        'Choose fields that belong together: ?fields=NAME,NAME for .npz, or other files.',
        'The first axis of every field must be the samples.',
      ],
    })
  }
  const hollow = entries.find(([, { type }]) => type.shape.includes(0))
  if (hollow !== undefined) {
    const [name, { source, type }] = hollow
    throw new DataError(`The samples of field "${name}" are empty: [${type.shape.join(',')}] (${source}).`, {
      suggestions: ['Give data whose samples have values, or leave the field out: ?fields=NAME,NAME for .npz.'],
    })
  }
  return indexedDataset({
    spec,
    length: first.length,
    fields: Object.fromEntries(entries.map(([name, column]) => [name, column.type])),
    async take(indices) {
      const arrays = await Promise.all(
        entries.map(async ([name, column]) => [name, await column.take(indices)] as const),
      )
      return Object.fromEntries(arrays)
    },
  })
}

/** The column scaled and normalized, as float32. @param axis  of a sample, the one with the channels */
export function normalizedColumn(column: Column, n: Normalization, axis: number | null): Column {
  return {
    source: column.source,
    type: { dtype: 'float32', shape: column.type.shape },
    length: column.length,
    async take(indices) {
      return normalize(await column.take(indices), n, axis, column.source)
    },
  }
}

/**
 * Applies what a user asks for to the fields that can be meant: numbers with at least one axis, no labels.
 *
 * @param n  null: nothing is asked for
 */
export function normalizedFields(
  columns: Readonly<Record<string, Column>>,
  n: Normalization | null,
  source: DataSource,
): Record<string, Column> {
  const entries = Object.entries(columns).map(([name, column]) => {
    const { dtype, shape } = column.type
    if (n === null || isLabelName(name) || !isNumeric(dtype) || shape.length === 0) return [name, column] as const
    const sample = shape.map((d) => d ?? 0) // columns are dense: no dimension is open
    return [name, normalizedColumn(column, n, channelAxis(n, sample, source))] as const
  })
  return Object.fromEntries(entries)
}
