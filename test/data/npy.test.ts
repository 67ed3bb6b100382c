import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { type NumericDType, newArray } from '../../src/data/array/dtypes.js'
import { openDataset } from '../../src/data/open.js'
import { elementCount } from '../../src/ir/type.js'
import { batchesOf, bytes, contextOf, npyFile, temporaryFolder, valuesOf } from '../support/data-files.js'

const DESCRS: Record<string, NumericDType> = {
  '<f4': 'float32',
  '<f8': 'float64',
  '<f2': 'float16',
  '|i1': 'int8',
  '|u1': 'uint8',
  '<i2': 'int16',
  '<u2': 'uint16',
  '<i4': 'int32',
  '<u4': 'uint32',
  '<i8': 'int64',
  '<u8': 'uint64',
  '|b1': 'bool',
}

describe('data/npy', () => {
  const path = temporaryFolder()
  const open = async (name: string, file: Uint8Array, options = '') => {
    await writeFile(path(name), file)
    return openDataset(path(name) + options, contextOf())
  }

  it('reads every numeric dtype bit for bit, in both byte orders', async () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(DESCRS)),
        fc.boolean(),
        shape,
        fc.constantFrom(1, 2, 3),
        fc.infiniteStream(fc.nat(255)),
        async (descr, bigEndian, [n, sample], version, random) => {
          const dtype = DESCRS[descr] ?? 'float32'
          const data = newArray(dtype, n * elementCount(sample))
          const content = bytes(data)
          for (let i = 0; i < content.length; i++) content[i] = random.next().value ?? 0
          const stored = bigEndian ? reversed(content, data.BYTES_PER_ELEMENT) : content
          const written = npyFile(bigEndian ? descr.replace('<', '>') : descr, [n, ...sample], stored, { version })
          const dataset = await open('round.npy', written)

          assert.deepEqual(dataset.fields, { round: { dtype, shape: sample } })
          const [batch] = await batchesOf(dataset, { size: n })
          const array = batch?.fields.round
          assert.deepEqual(array?.shape, [n, ...sample])
          assert.ok(array !== undefined && ArrayBuffer.isView(array.data))
          assert.equal(array.data.constructor, data.constructor)
          assert.deepEqual(bytes(array.data), content)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('reads strings, their padding left out', async () => {
    const utf32 = Buffer.alloc(3 * 2 * 4)
    for (const [i, c] of ['a', 'b', 'é', '', '😀', ''].entries()) utf32.writeUInt32LE(c.codePointAt(0) ?? 0, 4 * i)
    const wide = await open('u.npy', npyFile('<U2', [3], utf32))
    const swapped = await open('v.npy', npyFile('>U2', [3], Buffer.from(utf32).swap32()))
    const narrow = await open('s.npy', npyFile('|S3', [2, 1], Buffer.from('ab\0é\0')))

    assert.deepEqual(wide.fields.u, { dtype: 'string', shape: [] })
    assert.deepEqual(await valuesOf(wide, 'u'), ['ab', 'é', '😀'])
    assert.deepEqual(await valuesOf(swapped, 'v'), ['ab', 'é', '😀'])
    assert.deepEqual(narrow.fields.s, { dtype: 'string', shape: [1] })
    assert.deepEqual(await valuesOf(narrow, 's'), ['ab', 'é'])
  })

  it('brings Fortran order into C order', async () => {
    // [[[0,1,2],[3,4,5]], [[6,7,8],[9,10,11]]], the first axis fastest
    const stored = Int16Array.of(0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11)
    const dataset = await open('f.npy', npyFile('<i2', [2, 2, 3], bytes(stored), { fortran: true }))

    assert.deepEqual(await valuesOf(dataset, 'f', { size: 1 }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('makes every file a field of its name', async () => {
    await writeFile(path('x.npy'), npyFile('<f4', [2, 2], bytes(Float32Array.of(1, 2, 3, 4))))
    await writeFile(path('y.npy'), npyFile('<i8', [2], bytes(BigInt64Array.of(5n, 6n))))
    const dataset = await openDataset(`${path('x.npy')},${path('y.npy')}`, contextOf())

    assert.deepEqual(dataset.fields, { x: { dtype: 'float32', shape: [2] }, y: { dtype: 'int64', shape: [] } })
    assert.deepEqual(await valuesOf(dataset, 'y'), [5n, 6n])
  })

  it('scales what the options say, but not 1-D arrays', async () => {
    await writeFile(path('p.npy'), npyFile('|u1', [2, 2], Buffer.of(0, 255, 51, 102)))
    await writeFile(path('q.npy'), npyFile('|u1', [2], Buffer.of(3, 4)))
    const dataset = await openDataset(`${path('p.npy')},${path('q.npy')}?scale=1/255&mean=0.2`, contextOf())

    const values = await valuesOf(dataset, 'p')
    const expected = [-0.2, 0.8, 0, 0.2]
    assert.ok(
      values.every((v, i) => Math.abs(Number(v) - (expected[i] ?? Number.NaN)) < 1e-7),
      `${values}`,
    )
    assert.deepEqual(await valuesOf(dataset, 'q'), [3, 4])
  })

  const refused: [what: string, file: () => Uint8Array, message: RegExp][] = [
    ['another file', () => Buffer.from('PK, not numpy at all'), /r.npy" is no .npy file/],
    ['an empty file', () => Buffer.of(), /is no .npy file/],
    [
      'a truncated file',
      () => npyFile('<f4', [3, 2], Buffer.alloc(20)),
      /is truncated: 152 bytes are needed, it has 148/,
    ],
    ['a truncated header', () => npyFile('<f4', [3], Buffer.alloc(12)).subarray(0, 60), /is truncated/],
    ['no samples', () => npyFile('<f4', [0, 2], Buffer.of()), /holds no samples/],
    ['samples without values', () => npyFile('<f4', [2, 0], Buffer.of()), /The samples of field "r" are empty: \[0\]/],
    ['strings without a width', () => npyFile('<U0', [2], Buffer.of()), /holds strings without a width/],
    ['a single value', () => npyFile('<f4', [], Buffer.alloc(4)), /is a single value/],
    ['Python objects', () => npyFile('|O', [2], Buffer.alloc(16)), /holds Python objects/],
    ['complex numbers', () => npyFile('<c8', [2], Buffer.alloc(16)), /has the dtype <c8/],
    ['long doubles', () => npyFile('<f16', [1], Buffer.alloc(16)), /has the dtype <f16/],
    ['a broken string', () => npyFile('<U1', [1], Buffer.alloc(4, 0xff)), /corrupt: a string has the code point/],
    ['columns of their own dtypes', () => structured(), /has a structured dtype/],
    [
      'an unreadable header',
      () => npyFile("<f4', 'x", [2], Buffer.alloc(8)).fill('?', 12, 40),
      /unreadable .npy header/,
    ],
  ]
  for (const [what, file, message] of refused) {
    it(`refuses ${what}`, async () => {
      const opened = open('r.npy', file()).then((dataset) => batchesOf(dataset))

      await assert.rejects(opened, { name: 'DataError', message })
    })
  }

  it('refuses two files of one name', async () => {
    await writeFile(path('x.npy'), npyFile('<f4', [1], Buffer.alloc(4)))

    await assert.rejects(openDataset(`${path('x.npy')},${path('x.npy')}`, contextOf()), /Two files of .* are called x/)
  })

  it('refuses fields of different lengths, naming each', async () => {
    await writeFile(path('x.npy'), npyFile('<f4', [3], Buffer.alloc(12)))
    await writeFile(path('y.npy'), npyFile('<f4', [2], Buffer.alloc(8)))

    await assert.rejects(openDataset(`${path('x.npy')},${path('y.npy')}`, contextOf()), {
      name: 'DataError',
      message: /different numbers of samples: x 3 \(".*x.npy"\), y 2/,
    })
  })
})

function reversed(content: Buffer, width: number): Buffer {
  const out = Buffer.from(content)
  for (let i = 0; i < out.length; i += width) out.subarray(i, i + width).reverse()
  return out
}

function structured(): Buffer {
  const file = npyFile('<f4', [1], Buffer.alloc(8)).toString('latin1')
  return Buffer.from(file.replace("'<f4', 'fortran_order': False", "[('a','<f4')],'fortran_order':False"), 'latin1')
}
