import { UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import type { DataSource, Loader } from './dataset.js'

/** Options that every format takes: they are read before a format is chosen. */
export const COMMON_OPTIONS = [
  { key: 'format', value: 'NAME', summary: 'the format, when the file name does not tell it' },
] as const

/** The start of a Windows path without length limit; its question mark starts no options. */
const EXTENDED_PATH = '\\\\?\\'

/**
 * Parses `PATH[,PATH...][?key=value&...]`.
 *
 * Values are percent-decoded. In paths `%2C`, `%3F` and `%25` stand for a comma, a question mark and a percent
 * sign, everything else stands for itself. `random?n=64` has no file: its path is the word.
 *
 * @throws UsageError that shows the part that is wrong
 */
export function parseSpec(spec: string): DataSource {
  const mark = spec.indexOf('?', spec.startsWith(EXTENDED_PATH) ? EXTENDED_PATH.length : 0)
  const paths = (mark < 0 ? spec : spec.slice(0, mark)).split(',').map(decodePath)
  if (paths.some((path) => path.trim() === '')) {
    throw new UsageError(
      paths.length === 1 ? `The data "${spec}" names no file.` : `The data "${spec}" has an empty path between commas.`,
      { suggestions: ['Write PATH[,PATH...][?key=value&...], for example test.npz or random?n=64.'] },
    )
  }
  return { spec, paths, options: mark < 0 ? {} : parseOptions(spec.slice(mark + 1), spec) }
}

/** The path of a format that reads one file. @throws UsageError when there are more */
export function onlyPath({ spec, paths }: DataSource, format: string): string {
  const [path] = paths
  if (path !== undefined && paths.length === 1) return path
  throw new UsageError(`${format} data is one file; "${spec}" names ${paths.length}.`, {
    suggestions: ['Name one file. A comma in its name is written %2C.'],
  })
}

/**
 * Checks that a format knows every option that it is given.
 *
 * @throws UsageError that names the nearest option and all others
 */
export function checkOptions(source: DataSource, loader: Loader): void {
  if (loader.anyOption === true) return
  const known = [...loader.options, ...COMMON_OPTIONS].map(({ key }) => key)
  for (const key of Object.keys(source.options)) {
    if (known.includes(key)) continue
    throw new UsageError(`Unknown option "${key}" for ${loader.name} data (in "${source.spec}").`, {
      suggestions: didYouMean(key, known, `options of ${loader.name}`),
    })
  }
}

function decodePath(path: string): string {
  return path.replace(/%(2c|3f|25)/gi, (code) => decodeURIComponent(code))
}

function parseOptions(text: string, spec: string): Record<string, string> {
  const options: Record<string, string> = {}
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    if (equals <= 0) {
      throw new UsageError(`Option "${part}" in "${spec}" is not of the form key=value.`, {
        suggestions: [equals === 0 ? 'Put its name before the =.' : `Write ${part}=VALUE.`],
      })
    }
    const key = part.slice(0, equals)
    if (Object.hasOwn(options, key)) {
      throw new UsageError(`Option "${key}" is given twice in "${spec}".`, { suggestions: ['Leave one of them out.'] })
    }
    options[key] = decodeValue(part.slice(equals + 1), key, spec)
  }
  return options
}

function decodeValue(value: string, key: string, spec: string): string {
  try {
    return decodeURIComponent(value)
  } catch (cause) {
    throw new UsageError(`The value of "${key}" in "${spec}" is not valid percent-encoding: ${value}`, {
      suggestions: ['Write a percent sign as %25.'],
      cause,
    })
  }
}
