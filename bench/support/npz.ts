import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { Zip, ZipPassThrough } from 'fflate'

/** An array whose parts come one after the other; they are never together in memory. */
export interface NpzArray {
  readonly name: string
  readonly dtype: 'float32' | 'int64'
  readonly shape: readonly number[]
  readonly parts: AsyncIterable<Float32Array | BigInt64Array> | Iterable<Float32Array | BigInt64Array>
}

const DESCRIPTIONS = { float32: '<f4', int64: '<i8' } as const

/** Writes an archive as numpy.savez does, the members uncompressed. The file appears when it is whole. */
export async function writeNpz(path: string, arrays: readonly NpzArray[]): Promise<void> {
  const unfinished = `${path}.part`
  const file = openSync(unfinished, 'w')
  try {
    const zip = new Zip((error, chunk) => {
      if (error) throw error
      writeSync(file, chunk)
    })
    for (const { name, dtype, shape, parts } of arrays) {
      const member = new ZipPassThrough(`${name}.npy`)
      member.mtime = '1980-01-01T00:00:00' // the same content, the same bytes
      zip.add(member)
      member.push(npyHeader(dtype, shape))
      for await (const { buffer, byteOffset, byteLength } of parts) {
        member.push(new Uint8Array(buffer, byteOffset, byteLength))
      }
      member.push(new Uint8Array(0), true)
    }
    zip.end()
    renameSync(unfinished, path)
  } finally {
    closeSync(file)
    rmSync(unfinished, { force: true })
  }
}

/** @see the .npy format, version 1.0: a multiple of 64 bytes, the last of them a line feed */
function npyHeader(dtype: NpzArray['dtype'], shape: readonly number[]): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${axes}), }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64
  const header = Buffer.alloc(length, ' ')
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(length - 10, 8)
  header.write(text, 10, 'latin1')
  header.write('\n', length - 1, 'latin1')
  return header
}
