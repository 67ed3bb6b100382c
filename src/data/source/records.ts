import { type ByteSource, chunksOf, readBytes } from './bytes.js'

const NEWLINE = 0x0a
const QUOTE = 0x22

/** Where the records of a text lie: lines, or for CSV lines that a quoted line break does not end. */
export interface Records {
  readonly source: ByteSource
  readonly length: number
  /** The text of these records, without their line ends. */
  read(indices: Uint32Array): Promise<string[]>
  /** Where a record starts, counted from 1. Goes through the text: for messages. */
  lineOf(index: number): Promise<number>
}

/**
 * Finds the records in one pass over the bytes; eight bytes are kept for each. Blank lines are none.
 *
 * @param quotes  whether a line break between double quotes is a part of the record (RFC 4180)
 */
export async function indexRecords(source: ByteSource, quotes: boolean): Promise<Records> {
  const starts = await recordStarts(source, quotes)
  const startOf = (i: number) => starts[i] ?? source.size
  return {
    source,
    length: starts.length,
    async read(indices) {
      const ranges = Array.from(indices, (i) => ({ offset: startOf(i), length: startOf(i + 1) - startOf(i) }))
      const bytes = Buffer.alloc(ranges.reduce((sum, { length }) => sum + length, 0))
      await source.read(bytes, joined(ranges))
      let at = 0
      return ranges.map(({ length }) => {
        const text = bytes.toString('utf8', at, at + length)
        at += length
        return withoutLineEnd(text)
      })
    },
    async lineOf(index) {
      const before = startOf(index)
      let line = 1
      let at = 0
      for await (const chunk of chunksOf(source)) {
        for (let i = chunk.indexOf(NEWLINE); i >= 0 && at + i < before; i = chunk.indexOf(NEWLINE, i + 1)) line++
        at += chunk.byteLength
        if (at >= before) break
      }
      return line
    },
  }
}

/** Cuts off the line break and blank lines after it, but no spaces or tabs before: they may be empty cells. */
function withoutLineEnd(text: string): string {
  const newline = text.indexOf('\n', text.trimEnd().length)
  if (newline < 0) return text
  return text.slice(0, text[newline - 1] === '\r' ? newline - 1 : newline)
}

async function recordStarts(source: ByteSource, quotes: boolean): Promise<Float64Array> {
  let starts = new Float64Array(1024)
  let count = 0
  let inQuotes = false
  let lineStart = await textStart(source)
  let isBlank = true // nothing but white space since lineStart
  let base = 0
  const endLine = (end: number) => {
    if (!isBlank) {
      if (count === starts.length) {
        const longer = new Float64Array(starts.length * 2)
        longer.set(starts)
        starts = longer
      }
      starts[count++] = lineStart
    }
    lineStart = end
    isBlank = true
  }
  for await (const chunk of chunksOf(source)) {
    const from = Math.max(0, lineStart - base)
    const findsQuotes = quotes && (inQuotes || chunk.includes(QUOTE))
    for (let i = from; i < chunk.byteLength; ) {
      const next = findsQuotes ? lineEnd(chunk, i) : chunk.indexOf(NEWLINE, i)
      const end = next < 0 ? chunk.byteLength : next
      if (isBlank) isBlank = !hasText(chunk, i, end)
      if (next < 0) break
      endLine(base + next + 1)
      i = next + 1
    }
    base += chunk.byteLength
  }
  endLine(source.size)
  return starts.subarray(0, count)

  /** The next line break that stands outside quotes. */
  function lineEnd(chunk: Uint8Array, start: number): number {
    for (let i = start; i < chunk.byteLength; i++) {
      const byte = chunk[i]
      if (byte === QUOTE)
        inQuotes = !inQuotes // a doubled quote toggles twice
      else if (byte === NEWLINE && !inQuotes) return i
    }
    return -1
  }
}

/** Behind the byte order mark that some programs write. */
async function textStart(source: ByteSource): Promise<number> {
  if (source.size < 3) return 0
  const [a, b, c] = await readBytes(source, 0, 3)
  return a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0
}

/** Whether any byte is more than a space, a tab or a carriage return. */
function hasText(chunk: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = chunk[i]
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return true
  }
  return false
}

function joined(ranges: readonly { offset: number; length: number }[]): { offset: number; length: number }[] {
  const out: { offset: number; length: number }[] = []
  for (const { offset, length } of ranges) {
    const last = out.at(-1)
    if (last !== undefined && last.offset + last.length === offset) last.length += length
    else out.push({ offset, length })
  }
  return out
}
