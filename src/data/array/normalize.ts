import { UsageError } from '../../errors.js'
import type { DataSource, NdArray, Port } from '../dataset.js'
import { badOption, numberOption, numbersOption } from '../options.js'
import { asNumbers } from './convert.js'
import { isFloat } from './dtypes.js'

/** (value * scale - mean) / std; mean and std hold one number, or one for each channel. */
export interface Normalization {
  readonly scale: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

const MEAN_AND_STD = [
  { key: 'mean', value: 'N[,N,N]', summary: 'subtracted after scaling; one number, or one for each channel' },
  { key: 'std', value: 'N[,N,N]', summary: 'divides what is left after mean; one number, or one for each channel' },
] as const

/** For formats whose 8-bit values are pixels: they are scaled unless the user says otherwise. */
export const PIXEL_OPTIONS = [
  {
    key: 'scale',
    value: 'NUMBER',
    summary: 'factor for pixels (default 1/255 when they go to a floating-point input; 1 leaves them as they are)',
  },
  ...MEAN_AND_STD,
] as const

/** For formats whose values mean what they are. */
export const VALUE_OPTIONS = [
  { key: 'scale', value: 'NUMBER', summary: 'factor for all fields with axes but labels (default: none), as in 1/255' },
  ...MEAN_AND_STD,
] as const

/**
 * What the options say about 8-bit pixels.
 *
 * @param port  the input that the pixels go to; null when it is not known
 * @returns     null to leave them as uint8: nothing is asked for, and the input takes integers
 */
export function pixelNormalization(source: DataSource, port: Port | null): Normalization | null {
  const asked = askedNormalization(source, 1 / 255)
  if (asked !== null) return asked
  const float = port === null || port.dtype === null || isFloat(port.dtype)
  return float ? { scale: 1 / 255, mean: [0], std: [1] } : null
}

/**
 * What the options say, for data that is used as it is otherwise.
 *
 * @param defaultScale  used when only mean or std are given
 * @returns             null when no option is given
 */
export function askedNormalization(source: DataSource, defaultScale: number): Normalization | null {
  const scale = numberOption(source, 'scale')
  const mean = numbersOption(source, 'mean')
  const std = numbersOption(source, 'std')
  if (scale === undefined && mean === undefined && std === undefined) return null
  if (scale === 0)
    throw badOption(source, 'scale', 'would make everything 0', 'Write scale=1 to leave values as they are.')
  if (std?.some((s) => s <= 0)) throw badOption(source, 'std', 'is not above 0', 'Write the standard deviation.')
  if (mean !== undefined && std !== undefined && mean.length !== std.length && mean.length > 1 && std.length > 1) {
    throw new UsageError(`mean has ${mean.length} numbers and std has ${std.length} (in "${source.spec}").`, {
      suggestions: ['Give both one number, or both one for each channel.'],
    })
  }
  const tooLarge = mean?.find((m) => Math.abs(m) > 2)
  if (scale === undefined && defaultScale < 1 && tooLarge !== undefined) {
    throw badOption(
      source,
      'mean',
      `has ${tooLarge}, but pixels are scaled to 0..1 first`,
      'Give mean and std on the scale 0..1, or add scale=1 to use 0..255.',
    )
  }
  return { scale: scale ?? defaultScale, mean: mean ?? [0], std: std ?? [1] }
}

/** The channels that mean and std are given for; 1 when one number stands for all. */
export function channelsOf({ mean, std }: Normalization): number {
  return Math.max(mean.length, std.length)
}

/**
 * The axis of a sample that has the channels of `n`.
 *
 * @param shape  of one sample
 * @returns      null when one number stands for all channels
 * @throws UsageError when no first or last axis has as many elements
 */
export function channelAxis(n: Normalization, shape: readonly number[], source: DataSource): number | null {
  const channels = channelsOf(n)
  if (channels === 1) return null
  if (shape.length >= 2 && shape[0] === channels) return 0
  if (shape.length >= 1 && shape.at(-1) === channels) return shape.length - 1
  throw new UsageError(
    `mean and std have ${channels} numbers, but a sample is [${shape.join(',')}] (in "${source.spec}").`,
    { suggestions: ['Give one number for all channels, or as many as there are channels.'] },
  )
}

/**
 * Scales and normalizes.
 *
 * @param array  [size, ...sample], any numeric dtype
 * @param axis   of the sample, the one with the channels; null when there is one mean for all
 * @returns      float32, the same shape
 */
export function normalize(array: NdArray, n: Normalization, axis: number | null, what: string): NdArray {
  const { data, shape } = asNumbers(array, what)
  const channels = channelsOf(n)
  const inner = axis === null ? data.length : shape.slice(axis + 2).reduce((a, b) => a * b, 1)
  const out = new Float32Array(data.length)
  for (let start = 0, c = 0; start < data.length; start += inner, c = (c + 1) % channels) {
    const mean = n.mean[n.mean.length > 1 ? c : 0] ?? 0
    const std = n.std[n.std.length > 1 ? c : 0] ?? 1
    for (let i = start; i < start + inner; i++) out[i] = ((data[i] ?? 0) * n.scale - mean) / std
  }
  return { dtype: 'float32', shape, data: out }
}
