import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import type { Batch, BatchOptions, Dataset, LoadContext, Port } from '../../src/data/dataset.js'

/** A folder for the tests of a `describe`, removed after them. @returns a function that gives paths inside it */
export function temporaryFolder(): (name?: string) => string {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcompress-data-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  return (name = '') => join(folder, name)
}

export function contextOf(inputs: readonly Port[] = [], dims: Readonly<Record<string, number>> = {}): LoadContext {
  return { inputs, dims, seed: 0 }
}

export function port(name: string, dtype: Port['dtype'], shape: Port['shape']): Port {
  return { name, dtype, shape }
}

export async function batchesOf(dataset: Dataset, options: Partial<BatchOptions> = {}): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of dataset.batches({ size: 2, last: 'keep', ...options })) batches.push(batch)
  return batches
}

/** The values of a field of all samples, one after the other, as they come. */
export async function valuesOf(
  dataset: Dataset,
  field: string,
  options: Partial<BatchOptions> = {},
): Promise<(number | bigint | string)[]> {
  const batches = await batchesOf(dataset, options)
  return batches.flatMap(({ fields }) => Array.from<number | bigint | string>(fields[field]?.data ?? []))
}

/** A .npy file as numpy.save writes it. */
export function npyFile(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
  { fortran = false, version = 1 }: { readonly fortran?: boolean; readonly version?: 1 | 2 | 3 } = {},
): Buffer {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${dims}), }`
  const lengthBytes = version === 1 ? 2 : 4
  const start = 8 + lengthBytes
  const text = `${dict.padEnd(Math.ceil((start + dict.length + 1) / 64) * 64 - start - 1)}\n`
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntLE(text.length, 0, lengthBytes)
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), length, Buffer.from(text), data])
}

export function bytes(array: NodeJS.TypedArray): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

/** A zip archive; with `zip64` every size and offset stands in the 64-bit fields. */
export function zipFile(
  members: Readonly<Record<string, Uint8Array>>,
  { deflate = false, zip64 = false }: { readonly deflate?: boolean; readonly zip64?: boolean } = {},
): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(members)) {
    const packed = deflate ? deflateRawSync(content) : Buffer.from(content)
    const entry = { name, content, packed, method: deflate ? 8 : 0, offset, zip64 }
    const local = localHeader(entry)
    directory.push(directoryEntry(entry))
    parts.push(local, packed)
    offset += local.length + packed.length
  }
  const entries = Buffer.concat(directory)
  return Buffer.concat([...parts, entries, zipEnd(directory.length, entries.length, offset, zip64)])
}

interface ZipEntry {
  readonly name: string
  readonly content: Uint8Array
  readonly packed: Buffer
  readonly method: number
  readonly offset: number
  readonly zip64: boolean
}

function localHeader({ name, content, packed, method }: ZipEntry): Buffer {
  const extra = Buffer.from([0xfe, 0xca, 4, 0, 1, 2, 3, 4]) // as zip64 and alignment leave it: not in the directory
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(method, 8)
  header.writeUInt32LE(crc32(content), 14)
  header.writeUInt32LE(packed.length, 18)
  header.writeUInt32LE(content.length, 22)
  header.writeUInt16LE(Buffer.byteLength(name), 26)
  header.writeUInt16LE(extra.length, 28)
  return Buffer.concat([header, Buffer.from(name), extra])
}

function directoryEntry({ name, content, packed, method, offset, zip64 }: ZipEntry): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(method, 10)
  header.writeUInt32LE(crc32(content), 16)
  header.writeUInt32LE(zip64 ? 0xffffffff : packed.length, 20)
  header.writeUInt32LE(zip64 ? 0xffffffff : content.length, 24)
  header.writeUInt16LE(Buffer.byteLength(name), 28)
  header.writeUInt16LE(zip64 ? 28 : 0, 30)
  header.writeUInt32LE(zip64 ? 0xffffffff : offset, 42)
  const extra = Buffer.alloc(zip64 ? 28 : 0)
  if (zip64) {
    extra.writeUInt16LE(1, 0)
    extra.writeUInt16LE(24, 2)
    extra.writeBigUInt64LE(BigInt(content.length), 4)
    extra.writeBigUInt64LE(BigInt(packed.length), 12)
    extra.writeBigUInt64LE(BigInt(offset), 20)
  }
  return Buffer.concat([header, Buffer.from(name), extra])
}

function zipEnd(count: number, size: number, offset: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 ? 0xffff : count, 8)
  end.writeUInt16LE(zip64 ? 0xffff : count, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16)
  if (!zip64) return end
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(size), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, end])
}

/** An IDX file. @param type  the third byte of the magic number */
export function idxFile(type: number, shape: readonly number[], bigEndianData: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header[2] = type
  header[3] = shape.length
  for (const [axis, d] of shape.entries()) header.writeUInt32BE(d, 4 + 4 * axis)
  return Buffer.concat([header, bigEndianData])
}
