import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { openDataset } from '../../src/data/open.js'
import { UserError } from '../../src/errors.js'
import { batchesOf, bytes, contextOf, idxFile, npyFile, port, temporaryFolder, zipFile } from '../support/data-files.js'

const NUMBERS = npyFile('<f4', [4, 3], bytes(Float32Array.from({ length: 12 }, (_, i) => i)))
const STRINGS = npyFile('<U2', [4], Buffer.alloc(32, 'a\0\0\0'))
const CSV = 'a,b,label\n1,2,"c ""d"""\n3,4,e\n5,"6",e\n'
const JSONL = '{"x":[[1,2],[3,4]],"label":"a"}\n{"x":[[5,6],[7,8]],"label":"b"}\n'

const FILES: Readonly<Record<string, () => Promise<Uint8Array> | Uint8Array>> = {
  'stored.npz': () => zipFile({ 'x.npy': NUMBERS, 'y.npy': STRINGS }),
  'deflated.npz': () => zipFile({ 'x.npy': NUMBERS, 'y.npy': STRINGS }, { deflate: true, zip64: true }),
  'numbers.npy': () => NUMBERS,
  'strings.npy': () => STRINGS,
  'plain.idx3': () => idxFile(8, [2, 2, 3], new Uint8Array(12)),
  'packed.idx3.gz': () => gzipSync(idxFile(8, [2, 2, 3], new Uint8Array(12))),
  'table.csv': () => Buffer.from(CSV),
  'lines.jsonl': () => Buffer.from(JSONL),
  'photo.png': () =>
    sharp({ create: { width: 5, height: 4, channels: 3, background: '#123456' } })
      .png()
      .toBuffer(),
  'photo.jpg': () =>
    sharp({ create: { width: 5, height: 4, channels: 3, background: '#123456' } })
      .jpeg()
      .toBuffer(),
}

describe('data/damage', () => {
  const path = temporaryFolder()
  let files = 0

  for (const [name, write] of Object.entries(FILES)) {
    it(`of ${name} gives an error for the user that names the file, or data; never another error`, async () => {
      const good = Buffer.from(await write())
      const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255))
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.nat(good.length), async (changes, cut) => {
          const damaged = Buffer.from(good)
          for (const [at, value] of changes) damaged[at] = value
          const file = path(`${files++}-${name}`)
          await writeFile(file, cut % 3 === 0 ? damaged.subarray(0, cut) : damaged)
          const read = async () => {
            const inputs = [port('x', 'float32', ['N', 3, 2, 2])]
            return batchesOf(await openDataset(file, contextOf(inputs)))
          }

          const error = await read().then(
            () => null,
            (e: unknown) => e,
          )

          if (error === null) return
          assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error))
          assert.ok(error.message.includes(file), error.message)
        }),
        { numRuns: 150 },
      )
    })
  }
})
