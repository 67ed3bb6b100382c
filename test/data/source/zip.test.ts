import assert from 'node:assert/strict'
import { memoryBytes, readBytes } from '../../../src/data/source/bytes.js'
import { openMember, zipMembers } from '../../../src/data/source/zip.js'
import { zipFile } from '../../support/data-files.js'

const FIRST = Buffer.from('the first member, the first member, the first member')
const SECOND = Buffer.from('the second')

async function contents(archive: Uint8Array): Promise<Record<string, string>> {
  const source = memoryBytes('"a.zip"', archive)
  const found: Record<string, string> = {}
  for (const member of await zipMembers(source)) {
    const opened = await openMember(source, member)
    found[member.name] = Buffer.from(await readBytes(opened, 0, opened.size)).toString()
  }
  return found
}

describe('data/source/zip', () => {
  for (const deflate of [false, true]) {
    for (const zip64 of [false, true]) {
      it(`reads ${deflate ? 'deflated' : 'stored'} members${zip64 ? ' of a zip64 archive' : ''}`, async () => {
        const archive = zipFile({ 'é.npy': FIRST, 'b.npy': SECOND }, { deflate, zip64 })

        assert.deepEqual(await contents(archive), { 'é.npy': FIRST.toString(), 'b.npy': SECOND.toString() })
      })
    }
  }

  it('finds the directory before a comment that contains nothing like its end', async () => {
    const archive = Buffer.concat([zipFile({ a: FIRST }), Buffer.from('a comment')])
    archive.writeUInt16LE('a comment'.length, archive.length - 'a comment'.length - 2)

    assert.deepEqual(await contents(archive), { a: FIRST.toString() })
  })

  it('reads a part of a stored member without reading the rest', async () => {
    const archive = zipFile({ a: FIRST, b: SECOND })
    const ranges: number[] = []
    const inner = memoryBytes('"a.zip"', archive)
    const source = {
      ...inner,
      read: (target: Uint8Array, asked: readonly { offset: number; length: number }[]) => {
        ranges.push(...asked.map(({ length }) => length))
        return inner.read(target, asked)
      },
    }
    const [first] = await zipMembers(source)
    assert.ok(first)
    const member = await openMember(source, first)
    ranges.length = 0

    assert.equal(Buffer.from(await readBytes(member, 4, 5)).toString(), 'first')
    assert.deepEqual(ranges, [5])
  })

  it('refuses to read beyond a member', async () => {
    const source = memoryBytes('"a.zip"', zipFile({ a: FIRST, b: SECOND }))
    const [first] = await zipMembers(source)
    assert.ok(first)
    const member = await openMember(source, first)

    await assert.rejects(
      member.read(new Uint8Array(8), [{ offset: FIRST.length - 4, length: 8 }]),
      /"a" in "a.zip" is truncated/,
    )
  })

  const broken: [what: string, archive: () => Uint8Array, message: RegExp][] = [
    [
      'what is no archive',
      () => Buffer.from('hello, this is no archive at all'),
      /"a.zip" is no zip archive, or is truncated/,
    ],
    ['an empty file', () => Buffer.of(), /is no zip archive/],
    [
      'an archive that is cut off',
      () => zipFile({ a: FIRST, b: SECOND }).subarray(0, 120),
      /is no zip archive, or is truncated/,
    ],
    ['an archive without its start', () => zipFile({ a: FIRST, b: SECOND }).subarray(50), /is damaged/],
    ['deflated content that was overwritten', () => overwritten(), /"a" in "a.zip" is corrupt/],
    ['an encrypted member', () => withFlag(8, 1), /"a" in "a.zip" is encrypted/],
    ['an unknown method', () => withFlag(10, 14), /packed by method 14/],
  ]
  for (const [what, archive, message] of broken) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(contents(archive()), { name: 'DataError', message })
    })
  }

  it('refuses content that inflates to something else', async () => {
    const good = zipFile({ a: FIRST }, { deflate: true })
    const at = good.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 16 // the checksum in the directory
    good.writeUInt32LE((good.readUInt32LE(at) ^ 1) >>> 0, at)

    await assert.rejects(contents(good), /"a" in "a.zip" is corrupt: its content does not match its checksum/)
  })
})

function overwritten(): Buffer {
  const archive = zipFile({ a: FIRST }, { deflate: true })
  return archive.fill(0xff, 40, 48)
}

/** @param where  in the entry of the directory */
function withFlag(where: number, value: number): Buffer {
  const archive = zipFile({ a: FIRST })
  archive.writeUInt16LE(value, archive.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + where)
  return archive
}
