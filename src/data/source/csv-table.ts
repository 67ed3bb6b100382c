import { DataError, UsageError } from '../../errors.js'
import { type ByteSource, openBytes } from './bytes.js'
import { indexRecords, type Records } from './records.js'

/** A table of text: rows are parsed when they are asked for. */
export interface CsvTable {
  /** For messages. */
  readonly name: string
  /** The names of the columns; their numbers from 0 when there is no header row. */
  readonly header: readonly string[]
  readonly length: number
  /** The cells of these rows, as many in each as there are columns. @throws DataError with the line */
  rows(indices: Uint32Array): Promise<string[][]>
  /** The line in the file where a row starts, counted from 1. */
  lineOf(row: number): Promise<number>
}

export interface CsvOptions {
  /** One character; a tab for .tsv and a comma otherwise, if undefined. */
  readonly delimiter: string | undefined
  /** Whether the first row names the columns; if undefined, it does unless all its cells are numbers. */
  readonly header: boolean | undefined
}

/** @throws DataError when the file has no rows; IoError */
export async function openCsv(path: string, { delimiter, header }: CsvOptions): Promise<CsvTable> {
  const source = await openBytes(path)
  const records = await indexRecords(source, true)
  const parser = new RowParser(source, records, delimiter ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ','))
  const first = records.length === 0 ? [] : ((await parser.cells(Uint32Array.of(0)))[0] ?? [])
  const hasHeader = header ?? !first.every((cell) => parseCell(cell) !== null)
  const skipped = hasHeader ? 1 : 0
  const names = hasHeader ? first.map((name) => name.trim()) : first.map((_, i) => `${i}`)
  if (records.length <= skipped) {
    throw new DataError(`${source.name} has ${hasHeader ? 'a header but no rows' : 'no rows'}.`, {
      suggestions: ['Give a table with at least one row of values.'],
    })
  }
  checkHeader(names, source.name)
  return {
    name: source.name,
    header: names,
    length: records.length - skipped,
    async rows(indices) {
      const shifted = indices.map((i) => i + skipped)
      const rows = await parser.cells(shifted)
      const ragged = rows.findIndex((row) => row.length !== names.length)
      if (ragged >= 0) {
        const line = await records.lineOf(shifted[ragged] ?? 0)
        throw new DataError(
          `${source.name}, line ${line}: ${rows[ragged]?.length} cells, but there are ${names.length} columns.`,
          { suggestions: ['Quote cells that contain the delimiter, or name another: ?delimiter=tab or ?delimiter=;'] },
        )
      }
      return rows
    },
    lineOf: (row) => records.lineOf(row + skipped),
  }
}

/**
 * The number that a cell holds.
 *
 * @returns  NaN for an empty cell and for nan, 1 and 0 for true and false; null when it is text
 */
export function parseCell(cell: string): number | null {
  const text = cell.trim()
  if (NUMBER.test(text)) return Number(text)
  const word = text.toLowerCase()
  return Object.hasOwn(WORDS, word) ? (WORDS[word] ?? null) : null
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

const WORDS: Readonly<Record<string, number>> = {
  '': Number.NaN,
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
  true: 1,
  false: 0,
}

class RowParser {
  readonly #source: ByteSource
  readonly #records: Records
  readonly #delimiter: string

  constructor(source: ByteSource, records: Records, delimiter: string) {
    this.#source = source
    this.#records = records
    this.#delimiter = delimiter
  }

  async cells(indices: Uint32Array): Promise<string[][]> {
    const texts = await this.#records.read(indices)
    // Without quotes every delimiter separates: no parser is needed, and a pass over numbers takes half the time.
    if (!texts.some((text) => text.includes('"'))) return texts.map((text) => text.split(this.#delimiter))
    const { parse } = await import('csv-parse/sync')
    const options = { delimiter: this.#delimiter, relax_column_count: true }
    try {
      const rows = parse(texts.join('\n'), options)
      if (rows.length === texts.length) return rows
    } catch {
      // Told below, with the line: parsed together, a broken record can blame the one after it.
    }
    for (const [i, text] of texts.entries()) {
      const problem = await this.#problemOf(text, options)
      if (problem === null) continue
      const line = await this.#records.lineOf(indices[i] ?? 0)
      throw new DataError(`${this.#source.name}, line ${line}: ${problem}`, {
        suggestions: ['Cells with quotes are written "like ""this""" (RFC 4180).'],
      })
    }
    throw new DataError(`${this.#source.name} is no readable table.`, { suggestions: ['Check its quotes (RFC 4180).'] })
  }

  async #problemOf(text: string, options: { delimiter: string; relax_column_count: boolean }): Promise<string | null> {
    const { parse } = await import('csv-parse/sync')
    try {
      const rows = parse(text, options)
      return rows.length === 1 ? null : `${rows.length} rows stand where one should be.`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

function checkHeader(names: readonly string[], table: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  throw new UsageError(`${table} has two columns called "${twice}".`, {
    suggestions: ['Rename one, or say that the first row is data: ?header=no'],
  })
}
