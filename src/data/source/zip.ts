import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { DataError } from '../../errors.js'
import { type ByteSource, memoryBytes, readBytes, sliceBytes } from './bytes.js'

/** An entry of a zip archive's central directory. */
export interface ZipMember {
  readonly name: string
  readonly method: number
  readonly encrypted: boolean
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  /** Of the local header, in the archive. */
  readonly offset: number
}

const END = { signature: 0x06054b50, bytes: 22 }
const END64_LOCATOR = { signature: 0x07064b50, bytes: 20 }
const END64 = { signature: 0x06064b50, bytes: 56 }
const ENTRY = { signature: 0x02014b50, bytes: 46 }
const LOCAL = { signature: 0x04034b50, bytes: 30 }
const MAX_COMMENT = 0xffff
const IN_ZIP64 = 0xffffffff

/**
 * Lists an archive by its central directory; zip64 archives too.
 *
 * @throws DataError when it is no archive, or its directory is damaged
 * @see    APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3
 */
export async function zipMembers(archive: ByteSource): Promise<ZipMember[]> {
  const { offset, size, entries } = await findDirectory(archive)
  if (offset + size > archive.size) throw damaged(archive, 'its directory lies beyond the end')
  const bytes = await readBytes(archive, offset, size)
  const members: ZipMember[] = []
  let at = 0
  while (members.length < entries) {
    if (at + ENTRY.bytes > size || viewOf(bytes).getUint32(at, true) !== ENTRY.signature) {
      throw damaged(archive, `entry ${members.length + 1} of its directory is unreadable`)
    }
    const { member, length } = readEntry(bytes, at, archive)
    members.push(member)
    at += length
  }
  return members
}

/**
 * The content of a member: a range of the archive when it is stored, in memory when it is deflated.
 *
 * @throws DataError when it is encrypted, packed in another way, or damaged
 */
export async function openMember(archive: ByteSource, member: ZipMember): Promise<ByteSource> {
  const name = `"${member.name}" in ${archive.name}`
  if (member.encrypted) {
    throw new DataError(`${name} is encrypted.`, { suggestions: ['Write the archive without a password.'] })
  }
  const start = await contentStart(archive, member)
  const packed = sliceBytes(archive, name, start, member.packedSize)
  if (member.method === 0) return packed
  if (member.method !== 8) {
    throw new DataError(`${name} is packed by method ${member.method}; stored (0) and deflated (8) can be read.`, {
      suggestions: ['Write it with numpy.savez or numpy.savez_compressed.'],
    })
  }
  return memoryBytes(name, await inflate(await readBytes(packed, 0, packed.size), member, name))
}

async function inflate(packed: Uint8Array, member: ZipMember, name: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await promisify(inflateRaw)(packed)
  } catch (cause) {
    const tooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    throw new DataError(
      tooLarge ? `${name} does not fit into memory when it is unpacked.` : `${name} is corrupt: it does not inflate.`,
      { suggestions: [tooLarge ? 'Write it uncompressed, with numpy.savez.' : 'Write or download it again.'], cause },
    )
  }
  if (bytes.byteLength !== member.size || crc32(bytes) !== member.crc) {
    throw new DataError(`${name} is corrupt: its content does not match its checksum.`, {
      suggestions: ['Write or download it again.'],
    })
  }
  return bytes
}

/** The local header repeats the name and has extra fields of its own: only it tells where the content starts. */
async function contentStart(archive: ByteSource, member: ZipMember): Promise<number> {
  if (member.offset + LOCAL.bytes > archive.size) throw damaged(archive, `"${member.name}" lies beyond the end`)
  const view = viewOf(await readBytes(archive, member.offset, LOCAL.bytes))
  if (view.getUint32(0, true) !== LOCAL.signature) throw damaged(archive, `"${member.name}" is not where it should be`)
  return member.offset + LOCAL.bytes + view.getUint16(26, true) + view.getUint16(28, true)
}

interface Directory {
  readonly offset: number
  readonly size: number
  readonly entries: number
}

async function findDirectory(archive: ByteSource): Promise<Directory> {
  const length = Math.min(archive.size, END.bytes + MAX_COMMENT)
  const tail = await readBytes(archive, archive.size - length, length)
  const view = viewOf(tail)
  for (let at = length - END.bytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== END.signature) continue
    const found = {
      entries: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    }
    const is64 = found.entries === 0xffff || found.size === IN_ZIP64 || found.offset === IN_ZIP64
    return is64 ? findDirectory64(archive, archive.size - length + at) : found
  }
  throw new DataError(`${archive.name} is no zip archive, or is truncated: the end of its directory is missing.`, {
    suggestions: ['Write or download the file again.'],
  })
}

async function findDirectory64(archive: ByteSource, end: number): Promise<Directory> {
  const locatorAt = end - END64_LOCATOR.bytes
  if (locatorAt < 0) throw damaged(archive, 'the zip64 end of its directory is missing')
  const locator = viewOf(await readBytes(archive, locatorAt, END64_LOCATOR.bytes))
  if (locator.getUint32(0, true) !== END64_LOCATOR.signature) {
    throw damaged(archive, 'the zip64 end of its directory is missing')
  }
  const at = Number(locator.getBigUint64(8, true))
  if (at + END64.bytes > archive.size) throw damaged(archive, 'the zip64 end of its directory lies beyond the end')
  const view = viewOf(await readBytes(archive, at, END64.bytes))
  if (view.getUint32(0, true) !== END64.signature)
    throw damaged(archive, 'the zip64 end of its directory is unreadable')
  return {
    entries: Number(view.getBigUint64(32, true)),
    size: Number(view.getBigUint64(40, true)),
    offset: Number(view.getBigUint64(48, true)),
  }
}

function readEntry(bytes: Uint8Array, at: number, archive: ByteSource): { member: ZipMember; length: number } {
  const view = viewOf(bytes)
  const nameLength = view.getUint16(at + 28, true)
  const extraLength = view.getUint16(at + 30, true)
  const length = ENTRY.bytes + nameLength + extraLength + view.getUint16(at + 32, true)
  if (at + length > bytes.byteLength) throw damaged(archive, 'its directory is cut off')
  const nameAt = at + ENTRY.bytes
  const name = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameLength))
  const wide = zip64Numbers(bytes.subarray(nameAt + nameLength, nameAt + nameLength + extraLength))
  const number = (where: number) => {
    const value = view.getUint32(at + where, true)
    return value === IN_ZIP64 ? (wide.shift() ?? value) : value
  }
  const size = number(24) // the extra field has, in this order, those that did not fit
  const packedSize = number(20)
  const offset = number(42)
  const member = {
    name,
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    crc: view.getUint32(at + 16, true),
    packedSize,
    size,
    offset,
  }
  return { member, length }
}

/** The numbers of the zip64 extra field (tag 1); empty when there is none. */
function zip64Numbers(extra: Uint8Array): number[] {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const length = view.getUint16(at + 2, true)
    if (view.getUint16(at, true) === 1) {
      const count = Math.floor(Math.min(length, extra.byteLength - at - 4) / 8)
      return Array.from({ length: count }, (_, i) => Number(view.getBigUint64(at + 4 + i * 8, true)))
    }
    at += 4 + length
  }
  return []
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function damaged(archive: ByteSource, how: string): DataError {
  return new DataError(`${archive.name} is damaged: ${how}.`, { suggestions: ['Write or download the file again.'] })
}
