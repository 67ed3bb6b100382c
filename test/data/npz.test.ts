import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { openDataset } from '../../src/data/open.js'
import { bytes, contextOf, npyFile, temporaryFolder, valuesOf, zipFile } from '../support/data-files.js'

const X = npyFile('<f4', [3, 2], bytes(Float32Array.of(1, 2, 3, 4, 5, 6)))
const Y = npyFile('<i8', [3], bytes(BigInt64Array.of(7n, 8n, 9n)))
const NAMES = npyFile('|S1', [2], Buffer.from('ab'))

describe('data/npz', () => {
  const path = temporaryFolder()
  const open = async (file: Uint8Array, options = '') => {
    await writeFile(path('t.npz'), file)
    return openDataset(`${path('t.npz')}${options}`, contextOf())
  }

  for (const options of [{}, { deflate: true }, { zip64: true }, { deflate: true, zip64: true }]) {
    it(`reads arrays of an archive ${JSON.stringify(options)}`, async () => {
      const dataset = await open(zipFile({ 'x.npy': X, 'y.npy': Y }, options))

      assert.equal(dataset.length, 3)
      assert.deepEqual(dataset.fields, { x: { dtype: 'float32', shape: [2] }, y: { dtype: 'int64', shape: [] } })
      assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2, 3, 4, 5, 6])
      assert.deepEqual(await valuesOf(dataset, 'y', { order: Uint32Array.of(2, 0) }), [9n, 7n])
    })
  }

  it('takes only the arrays that are asked for, under the names asked for', async () => {
    const dataset = await open(zipFile({ 'x.npy': X, 'y.npy': Y, 'names.npy': NAMES }), '?fields=data:x,label:y')

    assert.deepEqual(Object.keys(dataset.fields), ['data', 'label'])
  })

  it('does not open arrays that are not asked for', async () => {
    const dataset = await open(zipFile({ 'x.npy': X, 'broken.npy': Buffer.from('junk') }), '?fields=x')

    assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2, 3, 4, 5, 6])
  })

  it('scales fields, but never the labels', async () => {
    const dataset = await open(zipFile({ 'x.npy': X, 'y.npy': npyFile('|u1', [3, 1], Buffer.of(1, 2, 3)) }), '?scale=2')

    assert.deepEqual(await valuesOf(dataset, 'x'), [2, 4, 6, 8, 10, 12])
    assert.deepEqual(await valuesOf(dataset, 'y'), [1, 2, 3])
  })

  it('refuses arrays of different lengths and says how to choose', async () => {
    await assert.rejects(
      open(zipFile({ 'x.npy': X, 'names.npy': NAMES })),
      (error: Error & { suggestions?: string[] }) => {
        assert.equal(error.name, 'DataError')
        assert.match(error.message, /different numbers of samples: x 3 \("x.npy" in ".*t.npz"\), names 2/)
        assert.match(error.suggestions?.[0] ?? '', /\?fields=NAME,NAME/)
        return true
      },
    )
  })

  it('refuses an array that does not exist, naming the nearest', async () => {
    await assert.rejects(open(zipFile({ 'x_test.npy': X }), '?fields=x_tset'), {
      name: 'DataError',
      message: /has no array "x_tset"/,
      suggestions: ['Did you mean "x_test"?', 'The arrays in the file are: x_test.'],
    })
  })

  it('refuses an archive without arrays', async () => {
    await assert.rejects(open(zipFile({ 'a.txt': Buffer.from('a') })), {
      message: /holds no arrays \(members: a.txt\)/,
    })
  })

  it('refuses a corrupt archive, naming the file', async () => {
    await assert.rejects(open(zipFile({ 'x.npy': X }).subarray(0, 100)), {
      name: 'DataError',
      message: /t.npz" is no zip archive, or is truncated/,
    })
  })
})
