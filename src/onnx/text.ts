import { isUtf8 } from 'node:buffer'

/**
 * The text of a string field. UTF-8 by the specification, anything in practice: a byte that is not part of UTF-8
 * becomes a lone surrogate (U+DC80 to U+DCFF), which UTF-8 never gives, so that names differ and stay as they were.
 */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? buffer.toString('utf8') : escaped(buffer)
}

/** The bytes that `decodeText` made the text of. */
export function encodeText(text: string): Uint8Array {
  if (!ESCAPED.test(text)) return Buffer.from(text, 'utf8')
  return Buffer.concat(
    text
      .split(ESCAPED)
      .map((part) => (ESCAPED.test(part) ? Buffer.of(part.charCodeAt(0) & 0xff) : Buffer.from(part, 'utf8'))),
  )
}

/** With `u` the halves of a pair do not match. */
const ESCAPED = /([\udc80-\udcff])/u

function escaped(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => at + n <= bytes.length && isUtf8(bytes.subarray(at, at + n)))
    text += length ? bytes.toString('utf8', at, at + length) : String.fromCharCode(0xdc00 + bytes.readUInt8(at))
    at += length ?? 1
  }
  return text
}
