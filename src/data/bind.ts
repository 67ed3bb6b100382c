import { DataError, UsageError } from '../errors.js'
import { elementCount, shapeToString } from '../ir/type.js'
import { didYouMean } from '../nearest.js'
import { asNumbers, convert, convertible } from './array/convert.js'
import type { Batch, Dataset, FieldType, NdArray, Port } from './dataset.js'
import { batchPart, LABEL_NAMES, samplePart } from './port.js'
import { reshapedSample } from './reshape.js'

export interface BindOptions {
  /** `--bind input=field`: input name to field name. */
  readonly binds?: Readonly<Record<string, string>>
  /** `--label field` */
  readonly label?: string
  /** Whether the work cannot be done without labels. */
  readonly labelsNeeded?: boolean
  /** `--dim name=N` */
  readonly dims?: Readonly<Record<string, number>>
}

/** Which field goes to which input, and how. */
export interface Binding {
  /** Input name to field name; every input is there. */
  readonly inputs: Readonly<Record<string, string>>
  /** The field with the labels; null when there is none. */
  readonly label: string | null
  /** The only batch size that the inputs take; null when they take any. */
  readonly batchSize: number | null
  /**
   * What to run the model on: every input in its own dtype and shape.
   *
   * @throws DataError for a value that the dtype cannot hold, and for a sample of another shape
   */
  feeds(batch: Batch): Record<string, NdArray>
  /** The labels as numbers (int64 becomes float64, exactly); null when there are none. */
  labels(batch: Batch): (NdArray & { readonly data: ArrayLike<number> }) | null
}

/**
 * Binds fields to inputs: as `--bind` says, then by equal names; then one field and one input that are left pair up.
 * The labels are what `--label` says, else `label`, `labels` or `y`.
 *
 * @throws UsageError for a name that does not exist; DataError when an input gets nothing, or nothing that suits
 */
export function bind(dataset: Dataset, inputs: readonly Port[], options: BindOptions = {}): Binding {
  const { dims = {} } = options
  const bound = boundFields(dataset, inputs, options)
  const label = labelField(dataset, bound, options)
  pairUp(dataset, inputs, bound, label)
  const missing = inputs.filter(({ name }) => !bound.has(name))
  if (missing.length > 0) throw unbound(dataset, missing, bound, label)
  for (const port of inputs) {
    const field = bound.get(port.name) ?? ''
    const type = dataset.fields[field]
    if (type !== undefined) checkSuits(field, type, port, dims)
  }
  if (label === null && options.labelsNeeded === true) throw noLabels(dataset)
  if (label !== null && dataset.fields[label]?.dtype === 'string') throw textLabels(dataset, label)
  return {
    inputs: Object.fromEntries(inputs.map(({ name }) => [name, bound.get(name) ?? ''])),
    label,
    batchSize: commonBatchSize(inputs, dims),
    feeds(batch) {
      const feeds = inputs.map((port) => [port.name, feed(batch, bound.get(port.name) ?? '', port, dims)] as const)
      return Object.fromEntries(feeds)
    },
    labels(batch) {
      if (label === null) return null
      return asNumbers(fieldOf(batch, label), `Field "${label}"`)
    },
  }
}

/** As asked for, and by name. */
function boundFields(dataset: Dataset, inputs: readonly Port[], { binds = {} }: BindOptions): Map<string, string> {
  const names = inputs.map(({ name }) => name)
  const bound = new Map<string, string>()
  for (const [input, field] of Object.entries(binds)) {
    if (!names.includes(input)) {
      throw new UsageError(`--bind ${input}=${field}: the model has no input "${input}".`, {
        suggestions: didYouMean(input, names, 'inputs'),
      })
    }
    checkField(field, dataset, `--bind ${input}=${field}`)
    bound.set(input, field)
  }
  for (const name of names) if (!bound.has(name) && Object.hasOwn(dataset.fields, name)) bound.set(name, name)
  return bound
}

function labelField(dataset: Dataset, bound: ReadonlyMap<string, string>, { label }: BindOptions): string | null {
  if (label !== undefined) {
    checkField(label, dataset, `--label ${label}`)
    return label
  }
  const fed = new Set(bound.values())
  return LABEL_NAMES.find((name) => Object.hasOwn(dataset.fields, name) && !fed.has(name)) ?? null
}

/** One input left, and one field left that could go to it. */
function pairUp(dataset: Dataset, inputs: readonly Port[], bound: Map<string, string>, label: string | null): void {
  const [input, ...otherInputs] = inputs.filter(({ name }) => !bound.has(name))
  if (input === undefined || otherInputs.length > 0) return
  const used = new Set(bound.values())
  const left = Object.entries(dataset.fields).filter(([name]) => name !== label && !used.has(name))
  // A column of names or remarks beside the numbers is not what an input for numbers is waiting for.
  const [field, ...otherFields] = left.filter(
    ([, { dtype }]) => input.dtype === null || convertible(dtype, input.dtype),
  )
  if (field !== undefined && otherFields.length === 0) bound.set(input.name, field[0])
}

function feed(batch: Batch, name: string, port: Port, dims: Readonly<Record<string, number>>): NdArray {
  const field = fieldOf(batch, name)
  const array = port.dtype === null ? field : convert(field, port.dtype, `Field "${name}"`)
  if (isScalar(port, array.shape.slice(1))) return scalar(array, name, port)
  const sample = array.shape.slice(1)
  const shape = isRankUnknown(port) ? sample : reshapedSample(sample, samplePart(port, dims))
  if (shape === null) throw unsuitedShape(name, { dtype: field.dtype, shape: sample }, port, dims)
  return { ...array, shape: [batch.size, ...shape] }
}

/** ONNX Runtime does not tell a scalar from an unknown rank: what a sample is decides. */
function isRankUnknown({ shape }: Port): boolean {
  return shape === null || shape.length === 0
}

function isScalar({ shape }: Port, sample: readonly number[]): boolean {
  return shape?.length === 0 && elementCount(sample) === 1
}

/** A scalar input has no batch axis, so that the samples of a batch must agree. */
function scalar(array: NdArray, name: string, port: Port): NdArray {
  const values = Array.from<unknown>(array.data)
  const different = values.find((value) => !Object.is(value, values[0]))
  if (different !== undefined) {
    throw new DataError(
      `Input "${port.name}" is a single value for the whole batch, but field "${name}" has ${values[0]} and ${different}.`,
      { suggestions: ['Use --batch-size 1, or data with one value for all samples.'] },
    )
  }
  return { dtype: array.dtype, shape: [], data: array.data.slice(0, 1) }
}

/** As far as the types tell before any sample is read. */
function checkSuits(field: string, type: FieldType, port: Port, dims: Readonly<Record<string, number>>): void {
  if (port.dtype !== null && !convertible(type.dtype, port.dtype)) {
    throw new DataError(`Field "${field}" is ${type.dtype}, input "${port.name}" takes ${port.dtype}.`, {
      suggestions: [`Choose another field: --bind ${port.name}=FIELD`, 'Or write the data in the type of the input.'],
    })
  }
  const sample = type.shape.filter((d) => d !== null)
  if (sample.length < type.shape.length) return // told when a batch is fed
  if (isRankUnknown(port)) return
  if (reshapedSample(sample, samplePart(port, dims)) === null) throw unsuitedShape(field, type, port, dims)
}

function unsuitedShape(field: string, type: FieldType, port: Port, dims: Readonly<Record<string, number>>): DataError {
  const sample = samplePart(port, dims)
  const count = (shape: readonly (number | null)[]) => shape.reduce<number>((n, d) => n * (d ?? Number.NaN), 1)
  const [has, takes] = [count(type.shape), count(sample ?? [null])]
  const counts = Number.isNaN(has) || Number.isNaN(takes) || has === takes ? '' : ` (${has} values, not ${takes})`
  const open = sample?.indexOf(null) ?? -1
  const named = port.shape?.[open + 1]
  return new DataError(
    `A sample of field "${field}" is ${type.dtype}${shapeToString(type.shape)}${counts}; ` +
      `input "${port.name}" takes ${port.dtype ?? '?'}${shapeToString(port.shape)}, the first axis being the batch.`,
    {
      suggestions: [
        ...(has === takes
          ? ['The axes are in another order or cut elsewhere: transpose the data (images: layout=NCHW or layout=NHWC).']
          : ['Bring the data to the shape of the input (images: size=HEIGHTxWIDTH, channels=rgb or gray).']),
        ...(open >= 0 ? [`Or say what the model leaves open: --dim ${named ?? `${port.name}.${open + 1}`}=N`] : []),
        `Or choose another field: --bind ${port.name}=FIELD`,
      ],
    },
  )
}

function commonBatchSize(inputs: readonly Port[], dims: Readonly<Record<string, number>>): number | null {
  const sizes = inputs.flatMap((port) => batchPart(port, dims) ?? [])
  const other = sizes.find((size) => size !== sizes[0])
  if (other === undefined) return sizes[0] ?? null
  const shapes = inputs.map(({ name, shape }) => `${name}${shapeToString(shape)}`)
  throw new DataError(`The inputs have no common batch axis: ${shapes.join(', ')}; their first axes differ.`, {
    suggestions: ['Only models whose inputs all start with the batch axis can be run on a data set.'],
  })
}

function fieldOf(batch: Batch, name: string): NdArray {
  const field = batch.fields[name]
  if (field === undefined) throw new DataError(`A batch has no field "${name}".`)
  return field
}

function checkField(field: string, dataset: Dataset, flag: string): void {
  if (Object.hasOwn(dataset.fields, field)) return
  throw new UsageError(`${flag}: the data "${dataset.spec}" has no field "${field}".`, {
    suggestions: didYouMean(field, Object.keys(dataset.fields), 'fields'),
  })
}

function unbound(
  dataset: Dataset,
  missing: readonly Port[],
  bound: ReadonlyMap<string, string>,
  label: string | null,
): DataError {
  const used = new Set(bound.values())
  const left = Object.keys(dataset.fields).filter((name) => !used.has(name) && name !== label)
  const fields = left.length === 0 ? 'no field is left' : `fields that are left: ${left.join(', ')}`
  const inputs = missing.map(({ name, dtype, shape }) => `"${name}" (${dtype ?? '?'}${shapeToString(shape)})`)
  return new DataError(
    `The data "${dataset.spec}" gives nothing to input${missing.length > 1 ? 's' : ''} ${inputs.join(', ')}; ${fields}.`,
    {
      suggestions: [
        `Say which field it is: --bind ${missing[0]?.name}=${left[0] ?? 'FIELD'}`,
        ...(label === null ? [] : [`Field "${label}" is taken for the labels; --label FIELD names another.`]),
      ],
    },
  )
}

function noLabels(dataset: Dataset): DataError {
  return new DataError(
    `There are no labels in "${dataset.spec}"; its fields are ${Object.keys(dataset.fields).join(', ')}.`,
    {
      suggestions: [
        'Say which field has them: --label FIELD',
        'Or name a field label, labels or y (MNIST files: add the file with the labels; images: labels=folder).',
      ],
    },
  )
}

function textLabels(dataset: Dataset, label: string): DataError {
  return new DataError(`The labels "${label}" of "${dataset.spec}" are text; class numbers are needed.`, {
    suggestions: ['Number the classes from 0 in the order of the model, and write the numbers.'],
  })
}
