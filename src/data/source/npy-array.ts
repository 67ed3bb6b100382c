import { DataError } from '../../errors.js'
import { elementCount } from '../../ir/type.js'
import type { NumericDType } from '../array/dtypes.js'
import type { Column } from '../columns.js'
import type { NdArray } from '../dataset.js'
import { type ByteSource, memoryBytes, readBytes, truncated } from './bytes.js'
import { denseColumn, sampleRanges, swapBytes } from './dense-array.js'

/** What the elements of a .npy file are: numbers, or strings of a fixed width. */
type Element =
  | { readonly kind: 'number'; readonly dtype: NumericDType; readonly bytes: number }
  | { readonly kind: 'utf32' | 'bytes'; readonly bytes: number }

/** The header of a .npy file. */
export interface NpyHeader {
  readonly element: Element
  readonly bigEndian: boolean
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
  /** Where the elements start. */
  readonly offset: number
}

/** numpy's letter and width for numbers. */
const NUMBERS: Readonly<Record<string, NumericDType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
}

const MAGIC = '\x93NUMPY'

/**
 * Reads the header of a .npy file, format 1.0 to 3.0.
 *
 * @throws DataError for a file that is none, and for elements that are no numbers or strings
 * @see    numpy.lib.format, NEP 1
 */
export async function npyHeader(source: ByteSource): Promise<NpyHeader> {
  const start = source.size < 12 ? new Uint8Array() : await readBytes(source, 0, 12)
  if (Buffer.from(start).toString('latin1', 0, 6) !== MAGIC) {
    throw new DataError(`${source.name} is no .npy file: it does not start with \\x93NUMPY.`, {
      suggestions: ['Write it with numpy.save.'],
    })
  }
  const wide = (start[6] ?? 0) >= 2 // 1.0 has 16 bits for the length of the header
  const view = new DataView(start.buffer, start.byteOffset)
  const [at, length] = wide ? [12, view.getUint32(8, true)] : [10, view.getUint16(8, true)]
  if (at + length > source.size) throw truncated(source.name, at + length, source.size)
  const text = Buffer.from(await readBytes(source, at, length)).toString(start[6] === 3 ? 'utf8' : 'latin1')
  return { ...parseHeader(text, source.name), offset: at + length }
}

/**
 * The samples of a .npy file along its first axis. They stay in the source, unless their order is Fortran's:
 * then a sample lies scattered, so that the array is brought into C order in memory.
 *
 * @throws DataError when there is no first axis, or the source is shorter than the array
 */
export async function npyColumn(source: ByteSource): Promise<Column> {
  const { element, bigEndian, fortranOrder, shape, offset } = await npyHeader(source)
  if (shape.length === 0) {
    throw new DataError(`${source.name} is a single value; its first axis would be the samples.`, {
      suggestions: ['Leave it out: ?fields=NAME,NAME names the arrays to use.'],
    })
  }
  const bytes = elementCount(shape) * element.bytes
  if (offset + bytes > source.size) throw truncated(source.name, offset + bytes, source.size)
  const scattered = fortranOrder && shape.filter((d) => d !== 1).length > 1
  const place = scattered
    ? { source: memoryBytes(source.name, await inCOrder(source, offset, shape, element.bytes)), offset: 0 }
    : { source, offset }
  if (element.kind === 'number') return denseColumn({ ...place, dtype: element.dtype, shape, bigEndian })
  return stringColumn({ ...place, element, shape, bigEndian })
}

function parseHeader(text: string, name: string): Omit<NpyHeader, 'offset'> {
  const descr = /['"]descr['"]\s*:\s*(['"])(.*?)\1/.exec(text)?.[2]
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1]
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1]
  if (descr === undefined && /['"]descr['"]\s*:\s*\[/.test(text)) {
    throw unsupported(name, 'has a structured dtype', 'Save each of its columns as an array of its own.')
  }
  if (descr === undefined || order === undefined || shape === undefined) {
    throw new DataError(`${name} has an unreadable .npy header: ${text.trim().slice(0, 120)}`, {
      suggestions: ['Write it with numpy.save.'],
    })
  }
  return {
    ...parseDescr(descr, name),
    fortranOrder: order === 'True',
    shape: shape
      .split(',')
      .filter((d) => d.trim() !== '')
      .map((d) => Number.parseInt(d, 10)), // Python 2 wrote 3L
  }
}

function parseDescr(descr: string, name: string): { element: Element; bigEndian: boolean } {
  const [, order = '', type = '', width = ''] = /^([<>|=]?)([a-zA-Z?])(\d*)/.exec(descr) ?? []
  const bigEndian = order === '>'
  const dtype = NUMBERS[`${type}${width}`]
  if (dtype !== undefined) return { element: { kind: 'number', dtype, bytes: Number(width) }, bigEndian }
  if (/^[USa]$/.test(type) && Number(width) === 0) {
    throw unsupported(name, 'holds strings without a width', 'Save it with strings of at least one character.')
  }
  if (type === 'U') return { element: { kind: 'utf32', bytes: 4 * Number(width) }, bigEndian }
  if (type === 'S' || type === 'a') return { element: { kind: 'bytes', bytes: Number(width) }, bigEndian }
  if (type === 'O') throw unsupported(name, 'holds Python objects', 'Save numbers: numpy.asarray(x, dtype="float32").')
  throw unsupported(name, `has the dtype ${descr}`, 'Save it as float32, an integer type, or strings.')
}

function unsupported(name: string, what: string, remedy: string): DataError {
  return new DataError(`${name} ${what}, which cannot be read.`, { suggestions: [remedy] })
}

function stringColumn(init: {
  source: ByteSource
  offset: number
  element: Exclude<Element, { kind: 'number' }>
  shape: readonly number[]
  bigEndian: boolean
}): Column {
  const { source, offset, element, shape, bigEndian } = init
  const [length = 0, ...sample] = shape
  const elements = elementCount(sample)
  const sampleBytes = elements * element.bytes
  return {
    source: source.name,
    type: { dtype: 'string', shape: sample },
    length,
    async take(indices): Promise<NdArray> {
      const bytes = Buffer.alloc(indices.length * sampleBytes)
      await source.read(bytes, sampleRanges(indices, offset, sampleBytes))
      if (element.kind === 'utf32' && bigEndian) swapBytes(bytes, 4)
      const data = Array.from({ length: indices.length * elements }, (_, i) =>
        decodeString(bytes.subarray(i * element.bytes, (i + 1) * element.bytes), element.kind, source.name),
      )
      return { dtype: 'string', shape: [indices.length, ...sample], data }
    },
  }
}

/** Shorter strings are padded with zeros. */
function decodeString(bytes: Buffer, kind: 'utf32' | 'bytes', name: string): string {
  if (kind === 'bytes') return bytes.toString('utf8').replace(/\0+$/, '')
  let text = ''
  for (let i = 0; i < bytes.length; i += 4) {
    const point = bytes.readUInt32LE(i)
    if (point > 0x10ffff) throw new DataError(`${name} is corrupt: a string has the code point ${point}.`)
    text += String.fromCodePoint(point)
  }
  return text.replace(/\0+$/, '')
}

/** Copies an array whose first axis varies fastest into one whose last does. */
async function inCOrder(
  source: ByteSource,
  offset: number,
  shape: readonly number[],
  width: number,
): Promise<Uint8Array> {
  const from = await readBytes(source, offset, elementCount(shape) * width)
  const to = new Uint8Array(from.byteLength)
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis))) // in elements, of the source
  let at = 0 // element of the source that belongs to `index`
  for (let i = 0; i < to.byteLength; i += width) {
    for (let b = 0; b < width; b++) to[i + b] = from[at * width + b] ?? 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0
      const next = (index[axis] ?? 0) + 1
      at += stride
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next
        break
      }
      at -= next * stride
      index[axis] = 0
    }
  }
  return to
}
