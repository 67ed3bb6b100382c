import { DataError } from '../errors.js'
import { type Report, SCHEMA_VERSION } from './report.js'
import { completed, reportSchema } from './schema.js'

/**
 * A report that was saved as JSON: checked against the schema, and with what a version of mcompress that was older
 * left out as null or empty.
 *
 * @param shown  what to call it in messages: its path
 * @throws DataError when it is no JSON, no report, one of a newer schema, or broken
 */
export function readReport(text: string, shown: string): Report {
  const found = parsed(text, shown)
  const version = schemaVersion(found)
  if (version === null) {
    throw new DataError(`"${shown}" is no report of mcompress.`, {
      suggestions: ['A report is what --report FILE.json or --json wrote.'],
    })
  }
  if (version > SCHEMA_VERSION) {
    throw new DataError(
      `"${shown}" was made by a newer mcompress (schema ${version}; this one reads up to ${SCHEMA_VERSION}).`,
      { suggestions: ['Update: npm i -g mcompress'] },
    )
  }
  const result = completed(found, reportSchema())
  if ('value' in result) return result.value as Report // by its schema, which the compiler and the tests hold against it
  throw new DataError(`"${shown}" is a damaged report: ${result.at} ${result.what}.`, {
    suggestions: ['Make it again with the command that made it, or repair what was edited.'],
  })
}

function parsed(text: string, shown: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // JSON.parse quotes the text, which may be anything: a model's bytes would reach the terminal.
    throw new DataError(`"${shown}" is no JSON: ${reason.replaceAll(/\p{C}+/gu, ' ')}.`, {
      suggestions: [
        /\.onnx$/i.test(shown)
          ? `To see what is in a model: mcompress inspect ${shown}`
          : 'The other forms of a report cannot be read again: save it with --report FILE.json.',
      ],
      cause: error,
    })
  }
}

function schemaVersion(found: unknown): number | null {
  if (typeof found !== 'object' || found === null || !('schemaVersion' in found)) return null
  return Number.isInteger(found.schemaVersion) ? Number(found.schemaVersion) : null
}
