import { basename } from 'node:path'
import { DataError } from '../errors.js'
import { elementCount } from '../ir/type.js'
import { elementBytes, type NumericDType } from './array/dtypes.js'
import { askedNormalization, channelAxis, PIXEL_OPTIONS, pixelNormalization } from './array/normalize.js'
import { type Column, columnsDataset, normalizedColumn } from './columns.js'
import type { DataSource, Loader, Port } from './dataset.js'
import { portFor } from './port.js'
import { type ByteSource, openBytes, readBytes } from './source/bytes.js'
import { denseColumn } from './source/dense-array.js'

/** The third byte of the magic number. */
const DTYPES: Readonly<Record<number, NumericDType>> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
}

/**
 * The format of MNIST and its kin: big-endian arrays of any rank behind a magic number.
 *
 * @see  LeCun, Cortes, Burges, "The MNIST database", file formats
 */
export const idx: Loader = {
  name: 'idx',
  summary: 'MNIST-style files, also .gz: the 1-D integers are `label`, the rest is `data`; 8-bit pixels become 0..1',
  options: PIXEL_OPTIONS,
  accepts: (paths) => paths.every((path) => /[.-]idx\d*(-ubyte)?(\.gz)?$/i.test(basename(path))),
  async open(source, { inputs }) {
    const columns: Record<string, Column> = {}
    for (const path of source.paths) {
      const column = await idxColumn(await openBytes(path))
      const isLabel = column.type.shape.length === 0 && !column.type.dtype.startsWith('float')
      const name = freeName(isLabel ? 'label' : 'data', columns)
      columns[name] = isLabel ? column : scaled(column, source, portFor(name, inputs))
    }
    return columnsDataset(source.spec, columns)
  },
}

/** @throws DataError for a wrong magic number, or a file that is shorter or longer than its header says */
async function idxColumn(source: ByteSource): Promise<Column> {
  const magic = source.size < 4 ? new Uint8Array(4) : await readBytes(source, 0, 4)
  const [zero1, zero2, code = 0, rank = 0] = magic
  const dtype = DTYPES[code]
  if (zero1 !== 0 || zero2 !== 0 || dtype === undefined || rank === 0) {
    throw new DataError(`${source.name} is no IDX file: it starts with ${Buffer.from(magic).toString('hex')}.`, {
      suggestions: [
        'An IDX file starts with 0000, a type (08, 09, 0b, 0c, 0d, 0e), and the number of axes: 00000803 for MNIST images.',
      ],
    })
  }
  const view = new DataView((await readBytes(source, 4, 4 * rank)).buffer)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 * axis))
  const offset = 4 + 4 * rank
  const column = denseColumn({ source, offset, dtype, shape, bigEndian: true })
  const end = offset + elementCount(shape) * elementBytes(dtype)
  if (source.size > end) {
    throw new DataError(
      `${source.name} has ${source.size} bytes, but its header says ${dtype}[${shape.join(',')}], which is ${end}.`,
      { suggestions: ['The header is wrong, or something was appended: write or download the file again.'] },
    )
  }
  return column
}

function scaled(column: Column, source: DataSource, port: Port | null): Column {
  const isPixels = column.type.dtype === 'uint8'
  const normalization = isPixels ? pixelNormalization(source, port) : askedNormalization(source, 1)
  if (normalization === null) return column
  const sample = column.type.shape.map((d) => d ?? 0) // a dense array has no open dimensions
  return normalizedColumn(column, normalization, channelAxis(normalization, sample, source))
}

function freeName(base: string, taken: Readonly<Record<string, Column>>): string {
  let name = base
  for (let i = 2; Object.hasOwn(taken, name); i++) name = `${base}_${i}`
  return name
}
