import { UsageError } from '../errors.js'
import { elementCount, shapeToString } from '../ir/type.js'
import { convert } from './array/convert.js'
import { isFloat, isNumeric, type NumericDType } from './array/dtypes.js'
import type { DataSource, FieldType, LoadContext, Loader, NdArray, Port } from './dataset.js'
import { indexedDataset } from './indexed.js'
import { badOption, numberOption, numbersOption } from './options.js'
import { samplePart } from './port.js'
import { Rng } from './rng.js'

const DEFAULT_SAMPLES = 64
/** Of one array: 2 GiB while they are drawn. A mistyped size shows here, not as a process without memory. */
const MOST_ELEMENTS = 2 ** 28

/** Numbers made up for the model's inputs: for fidelity, latency and smoke tests where there is no data. */
export const random: Loader = {
  name: 'random',
  summary: 'made-up inputs, the same for the same seed; there are no labels',
  options: [
    { key: 'n', value: 'COUNT', summary: `number of samples (default: ${DEFAULT_SAMPLES})` },
    { key: 'seed', value: 'NUMBER', summary: 'another seed, other numbers (default: --seed)' },
    { key: 'range', value: 'LOW,HIGH', summary: 'floating-point inputs: uniform, LOW included' },
    { key: 'normal', value: 'MEAN,STD', summary: 'floating-point inputs: normally distributed (default: 0,1)' },
    {
      key: 'max',
      value: 'NUMBER',
      summary:
        'integer inputs: 0 to this, included (default: 1, safe as index and as mask; 8-bit inputs: their whole range)',
    },
  ],
  accepts: (paths) => paths.length === 1 && paths[0] === 'random',
  async open(source, context) {
    const length = numberOption(source, 'n', { min: 1, max: 2 ** 32 - 1, whole: true }) ?? DEFAULT_SAMPLES
    const seed = numberOption(source, 'seed', { whole: true }) ?? context.seed
    if (context.inputs.length === 0) {
      throw new UsageError(`"${source.spec}" makes up values for the model's inputs, but there are none.`)
    }
    const fields = context.inputs.map((port, i) => fieldFor(port, i, seed, source, context))
    return indexedDataset({
      spec: source.spec,
      length,
      fields: Object.fromEntries(fields.map(({ name, type }) => [name, type])),
      async take(indices) {
        return Object.fromEntries(fields.map((field) => [field.name, samples(field, indices)]))
      },
    })
  },
}

interface RandomField {
  readonly name: string
  readonly type: FieldType & { readonly dtype: NumericDType; readonly shape: readonly number[] }
  /** The stream of one sample: it does not matter in which batch and order the sample is drawn. */
  readonly stream: (sample: number) => Rng
  readonly draw: (rng: Rng) => number
}

function fieldFor(port: Port, index: number, seed: number, source: DataSource, { dims }: LoadContext): RandomField {
  const { name, dtype } = port
  if (!isNumeric(dtype)) {
    throw new UsageError(`Input "${name}" takes ${dtype ?? 'an unknown type'}: no values can be made up for it.`, {
      suggestions: ['Give data of your own with --data.'],
    })
  }
  const isScalar = port.shape?.length === 0
  return {
    name,
    type: { dtype, shape: concreteShape(port, source, dims) },
    // A scalar input has no batch axis: all samples of a batch must share its value.
    stream: (sample) => new Rng(seed, index, isScalar ? 0 : sample),
    draw: isFloat(dtype) ? drawFloat(source) : drawInteger(dtype, source),
  }
}

function concreteShape(port: Port, source: DataSource, dims: Readonly<Record<string, number>>): number[] {
  const sample = samplePart(port, dims)
  if (sample === null) {
    throw new UsageError(`The model does not say the shape of input "${port.name}", so no values can be made up.`, {
      suggestions: ['Give data of your own with --data.'],
    })
  }
  return sample.map((d, i) => {
    if (d !== null) return d
    const named = port.shape?.[i + 1] ?? null
    const name = named ?? `${port.name}.${i + 1}`
    throw new UsageError(
      `Input "${port.name}" leaves its axis ${i + 1} open${named === null ? '' : ` ("${named}")`} for "${source.spec}".`,
      {
        suggestions: [`Say its size: --dim ${name}=64`],
      },
    )
  })
}

function drawFloat(source: DataSource): (rng: Rng) => number {
  const limits = pairOption(source, 'range')
  const normal = pairOption(source, 'normal')
  if (limits !== null && normal !== null) {
    throw new UsageError(`"${source.spec}" asks for range and for normal.`, { suggestions: ['Leave one of them out.'] })
  }
  if (limits === null) {
    const [mean, std] = normal ?? [0, 1]
    if (std < 0) throw badOption(source, 'normal', 'has a negative standard deviation', 'Write normal=MEAN,STD.')
    return (rng) => mean + std * rng.normal()
  }
  const [low, high] = limits
  if (!(low < high)) throw badOption(source, 'range', 'does not go upwards', 'Write range=LOW,HIGH.')
  return (rng) => low + (high - low) * rng.uniform()
}

function drawInteger(dtype: NumericDType, source: DataSource): (rng: Rng) => number {
  const greatest = { bool: 1, int8: 127, uint8: 255, int16: 2 ** 15 - 1, uint16: 2 ** 16 - 1 }
  const limit = Object.entries(greatest).find(([name]) => name === dtype)?.[1] ?? 2 ** 31 - 1
  const asked = numberOption(source, 'max', { min: 0, max: 2 ** 31 - 1, whole: true })
  return asked === undefined ? anyInteger(dtype) : (rng) => rng.below(Math.min(asked, limit) + 1)
}

/**
 * An array of made-up values where nothing is asked of them: floating point normal, integers safe as index and mask.
 *
 * @throws UsageError for more values than memory should hold
 */
export function madeUp(dtype: NumericDType, shape: readonly number[], rng: Rng): NdArray {
  const draw = isFloat(dtype) ? () => rng.normal() : anyInteger(dtype)
  const data = roomFor(shape).map(() => draw(rng))
  return convert({ dtype: 'float64', shape, data }, dtype, 'A made-up input')
}

function roomFor(shape: readonly number[]): Float64Array {
  const elements = elementCount(shape)
  if (elements <= MOST_ELEMENTS) return new Float64Array(elements)
  throw new UsageError(`An input of shape ${shapeToString(shape)} is too large to be made up.`, {
    suggestions: ['Choose a smaller --batch-size, or a smaller --dim.'],
  })
}

function anyInteger(dtype: NumericDType): (rng: Rng) => number {
  // Embedding tables are never indexed by bytes: those are pixels, or other quantized values.
  if (dtype === 'uint8') return (rng) => rng.below(256)
  if (dtype === 'int8') return (rng) => rng.below(256) - 128
  return (rng) => rng.below(2)
}

function pairOption(source: DataSource, key: string): [number, number] | null {
  const numbers = numbersOption(source, key)
  if (numbers === undefined) return null
  const [first, second] = numbers
  if (first === undefined || second === undefined || numbers.length !== 2) {
    throw badOption(source, key, 'is not two numbers', `Write for example ${key}=0,1.`)
  }
  return [first, second]
}

function samples({ name, type, stream, draw }: RandomField, indices: Uint32Array): NdArray {
  const size = elementCount(type.shape)
  const values = roomFor([indices.length, ...type.shape])
  for (const [i, sample] of indices.entries()) {
    const rng = stream(sample)
    for (let k = i * size; k < (i + 1) * size; k++) values[k] = draw(rng)
  }
  const drawn: NdArray = { dtype: 'float64', shape: [indices.length, ...type.shape], data: values }
  return convert(drawn, type.dtype, `Random input "${name}"`)
}
