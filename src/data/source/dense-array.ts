import { elementCount } from '../../ir/type.js'
import { elementBytes, type NumericDType, newArray } from '../array/dtypes.js'
import type { Column } from '../columns.js'
import { type ByteRange, type ByteSource, truncated } from './bytes.js'

/** Where a dense row-major array lies in a source. */
export interface DenseArray {
  readonly source: ByteSource
  readonly offset: number
  readonly dtype: NumericDType
  /** With the axis of the samples, which is the first. */
  readonly shape: readonly number[]
  readonly bigEndian: boolean
}

/**
 * A column over an array that stays where it is; a batch is read as ranges.
 *
 * @throws DataError when the source is shorter than the array
 */
export function denseColumn({ source, offset, dtype, shape, bigEndian }: DenseArray): Column {
  const [length = 0, ...sample] = shape
  const elements = elementCount(sample)
  const sampleBytes = elements * elementBytes(dtype)
  const end = offset + length * sampleBytes
  if (source.size < end) throw truncated(source.name, end, source.size)
  return {
    source: source.name,
    type: { dtype, shape: sample },
    length,
    async take(indices) {
      const data = newArray(dtype, indices.length * elements)
      const bytes = Buffer.from(data.buffer)
      await source.read(bytes, sampleRanges(indices, offset, sampleBytes))
      if (bigEndian) swapBytes(bytes, elementBytes(dtype))
      return { dtype, shape: [indices.length, ...sample], data }
    },
  }
}

/** The ranges of samples of equal size; neighbours are read at once. */
export function sampleRanges(indices: Uint32Array, offset: number, sampleBytes: number): ByteRange[] {
  const ranges: ByteRange[] = []
  for (let i = 0; i < indices.length; ) {
    const first = indices[i] ?? 0
    let run = 1
    while (indices[i + run] === first + run) run++
    ranges.push({ offset: offset + first * sampleBytes, length: run * sampleBytes })
    i += run
  }
  return ranges
}

/** Turns big-endian elements into little-endian ones, in place. */
export function swapBytes(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16()
  if (width === 4) bytes.swap32()
  if (width === 8) bytes.swap64()
}
