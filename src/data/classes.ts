import { readFile } from 'node:fs/promises'
import { DataError, ioError, UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import type { DataSource } from './dataset.js'
import { listOption } from './options.js'

export const CLASSES_OPTION = {
  key: 'classes',
  value: 'NAME,NAME,...|FILE.txt',
  summary: 'class names in the order of the model, or a file with one a line (default: sorted)',
} as const

/** The class names that the user gives, in the model's order; undefined when none are given. */
export async function classesOption(source: DataSource): Promise<string[] | undefined> {
  const given = listOption(source, 'classes')
  if (given === undefined) return undefined
  const file = given.length === 1 && /\.txt$/i.test(given[0] ?? '') ? given[0] : undefined
  const names = file === undefined ? given : await linesOf(file)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new UsageError(`The class "${twice}" is listed twice (classes=${source.options.classes ?? ''}).`, {
      suggestions: ['Each class stands once; its place is its number.'],
    })
  }
  return names
}

/** Sorted by code unit: the same on every machine, whatever its language. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...new Set(names)].sort()
}

export function unknownClass(name: string, classes: readonly string[], where: string): DataError {
  const all = classes.length <= 20
  return new DataError(`${where}: "${name}" is none of the ${classes.length} classes.`, {
    suggestions: all ? didYouMean(name, classes, 'classes') : ['Check the names given with ?classes='],
  })
}

async function linesOf(path: string): Promise<string[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw ioError(error, `Cannot read the class names in "${path}"`)
  }
  const lines = text.split('\n').map((line) => line.trim())
  while (lines.at(-1) === '') lines.pop()
  if (lines.length === 0 || lines.includes('')) {
    throw new DataError(
      `"${path}" has ${lines.length === 0 ? 'no class names' : 'an empty line among the class names'}.`,
      {
        suggestions: ['Write one class name a line; the first line is class 0.'],
      },
    )
  }
  return lines
}
