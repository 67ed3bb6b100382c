import assert from 'node:assert/strict'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { fileBytes, openBytes, readBytes, sliceBytes } from '../../../src/data/source/bytes.js'
import { temporaryFolder } from '../../support/data-files.js'

describe('data/source/bytes', () => {
  const path = temporaryFolder()

  it('reads ranges one after the other', async () => {
    await writeFile(path('a'), '0123456789')
    const source = await fileBytes(path('a'))
    const target = new Uint8Array(5)

    await source.read(target, [
      { offset: 7, length: 3 },
      { offset: 0, length: 2 },
    ])

    assert.equal(source.size, 10)
    assert.equal(Buffer.from(target).toString(), '78901')
  })

  it('reads ranges that are too large to wait for in place', async () => {
    const content = Buffer.alloc(600_000, 'abcdefg')
    await writeFile(path('large'), content)
    const source = await fileBytes(path('large'))

    assert.ok(content.subarray(1, 500_001).equals(await readBytes(source, 1, 500_000)))
  })

  it('unpacks gzip by its content, whatever the name', async () => {
    await writeFile(path('packed.csv'), gzipSync('unpacked'))
    await writeFile(path('plain.gz'), 'unpacked')

    for (const name of ['packed.csv', 'plain.gz']) {
      const source = await openBytes(path(name))
      assert.equal(Buffer.from(await readBytes(source, 0, source.size)).toString(), 'unpacked')
    }
  })

  it('says what is wrong with a damaged gzip file', async () => {
    const packed = gzipSync('a text that is long enough to be cut off somewhere')
    await writeFile(path('cut.gz'), packed.subarray(0, packed.length - 12))
    await writeFile(path('bad.gz'), Buffer.concat([packed.subarray(0, 12), Buffer.alloc(20, 0xff)]))

    await assert.rejects(openBytes(path('cut.gz')), { name: 'DataError', message: /cut.gz" .* gzip data is truncated/ })
    await assert.rejects(openBytes(path('bad.gz')), { name: 'DataError', message: /bad.gz" .* gzip data is corrupt/ })
  })

  it('reports a missing file and a folder as errors of reading', async () => {
    await mkdir(path('folder'))

    await assert.rejects(fileBytes(path('none')), { name: 'IoError', message: /Cannot read ".*none": no such file/ })
    await assert.rejects(fileBytes(path('folder')), { name: 'IoError', message: /it is a folder/ })
  })

  it('notices that a file was changed while it is in use', async () => {
    await writeFile(path('growing'), '0123')
    const source = await fileBytes(path('growing'))
    await appendFile(path('growing'), '4')

    await assert.rejects(readBytes(source, 0, 4), { name: 'DataError', message: /was changed while it was in use/ })
  })

  it('refuses ranges beyond the end, of a file and of a part of it', async () => {
    await writeFile(path('short'), '0123456789')
    const source = await fileBytes(path('short'))
    const part = sliceBytes(source, 'the part', 2, 4)

    assert.equal(Buffer.from(await readBytes(part, 1, 3)).toString(), '345')
    await assert.rejects(readBytes(source, 8, 3), /short" is truncated: 11 bytes are needed, it has 10/)
    await assert.rejects(part.read(new Uint8Array(3), [{ offset: 2, length: 3 }]), /the part is truncated: 5 .* has 4/)
    assert.throws(() => sliceBytes(source, 'beyond', 8, 3), /is truncated/)
  })
})
