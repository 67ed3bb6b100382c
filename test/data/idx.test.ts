import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { openDataset } from '../../src/data/open.js'
import { batchesOf, contextOf, idxFile, port, temporaryFolder, valuesOf } from '../support/data-files.js'

const IMAGES = idxFile(8, [2, 1, 2], Buffer.of(0, 255, 51, 102))
const LABELS = idxFile(8, [2], Buffer.of(7, 3))
const UINT8_INPUT = contextOf([port('x', 'uint8', ['N', 1, 2])])

describe('data/idx', () => {
  const path = temporaryFolder()
  before(async () => {
    await writeFile(path('t10k-images-idx3-ubyte.gz'), gzipSync(IMAGES))
    await writeFile(path('t10k-images.idx3'), IMAGES)
    await writeFile(path('t10k-labels.idx1.gz'), gzipSync(LABELS))
  })

  it('makes 1-D integers the labels and the rest the data', async () => {
    const dataset = await openDataset(
      `${path('t10k-images-idx3-ubyte.gz')},${path('t10k-labels.idx1.gz')}`,
      contextOf(),
    )

    assert.equal(dataset.length, 2)
    assert.deepEqual(dataset.fields, {
      data: { dtype: 'float32', shape: [1, 2] },
      label: { dtype: 'uint8', shape: [] },
    })
    assert.deepEqual(await valuesOf(dataset, 'label'), [7, 3])
  })

  it('scales pixels to 0..1 for a floating-point input', async () => {
    const dataset = await openDataset(path('t10k-images.idx3'), contextOf([port('x', 'float32', ['N', 2])]))

    assert.deepEqual(await valuesOf(dataset, 'data'), [0, 1, Math.fround(0.2), Math.fround(0.4)])
  })

  it('leaves pixels as they are for an integer input', async () => {
    const dataset = await openDataset(path('t10k-images.idx3'), UINT8_INPUT)

    assert.deepEqual(dataset.fields.data, { dtype: 'uint8', shape: [1, 2] })
    assert.deepEqual(await valuesOf(dataset, 'data'), [0, 255, 51, 102])
  })

  it('does what the options say', async () => {
    const unscaled = await openDataset(`${path('t10k-images.idx3')}?scale=1`, contextOf())
    const normalized = await openDataset(`${path('t10k-images.idx3')}?mean=0.5&std=0.5`, UINT8_INPUT)

    assert.deepEqual(await valuesOf(unscaled, 'data'), [0, 255, 51, 102])
    assert.deepEqual((await valuesOf(normalized, 'data')).slice(0, 2), [-1, 1])
  })

  it('reads every type, from big-endian', async () => {
    const numbers = Buffer.alloc(8)
    numbers.writeFloatBE(1.5, 0)
    numbers.writeFloatBE(-2.25, 4)
    await writeFile(path('f.idx2'), idxFile(13, [2, 1], numbers))
    numbers.writeInt32BE(-70000, 0)
    numbers.writeInt32BE(9, 4)
    await writeFile(path('i.idx1'), idxFile(12, [2], numbers))
    const dataset = await openDataset(`${path('f.idx2')},${path('i.idx1')}`, contextOf())

    assert.deepEqual(await valuesOf(dataset, 'data'), [1.5, -2.25])
    assert.deepEqual(await valuesOf(dataset, 'label'), [-70000, 9])
    assert.equal(dataset.fields.label?.dtype, 'int32')
  })

  it('scales no values that are no pixels', async () => {
    const numbers = Buffer.alloc(4)
    numbers.writeInt16BE(-300, 0)
    numbers.writeInt16BE(300, 2)
    await writeFile(path('s.idx2'), idxFile(11, [1, 2], numbers))
    const dataset = await openDataset(path('s.idx2'), contextOf())

    assert.deepEqual(await valuesOf(dataset, 'data'), [-300, 300])
  })

  it('gives a second array a name of its own', async () => {
    const dataset = await openDataset(`${path('t10k-images.idx3')},${path('t10k-images-idx3-ubyte.gz')}`, contextOf())

    assert.deepEqual(Object.keys((await batchesOf(dataset))[0]?.fields ?? {}), ['data', 'data_2'])
  })

  const refused: [what: string, file: Uint8Array, message: RegExp][] = [
    ['a wrong magic number', Buffer.from('PK\x03\x04....'), /r.idx" is no IDX file: it starts with 504b0304/],
    ['an unknown type', idxFile(10, [1], Buffer.of(0)), /is no IDX file: it starts with 00000a01/],
    ['a file that is too short for a header', Buffer.of(0, 0), /is no IDX file/],
    ['a header that is cut off', IMAGES.subarray(0, 10), /is truncated: 16 bytes are needed, it has 10/],
    ['pixels that are cut off', IMAGES.subarray(0, 19), /is truncated: 20 bytes are needed, it has 19/],
    [
      'bytes that do not belong',
      Buffer.concat([IMAGES, Buffer.of(1)]),
      /has 21 bytes, but its header says uint8\[2,1,2\], which is 20/,
    ],
    ['no samples', idxFile(8, [0, 2], Buffer.of()), /holds no samples/],
  ]
  for (const [what, file, message] of refused) {
    it(`refuses ${what}`, async () => {
      await writeFile(path('r.idx'), file)

      await assert.rejects(openDataset(path('r.idx'), contextOf()), { name: 'DataError', message })
    })
  }

  it('refuses images and labels of different numbers', async () => {
    await writeFile(path('l.idx1'), idxFile(8, [3], Buffer.of(1, 2, 3)))

    await assert.rejects(openDataset(`${path('t10k-images.idx3')},${path('l.idx1')}`, contextOf()), {
      message: /different numbers of samples: data 2 .*, label 3/,
    })
  })
})
