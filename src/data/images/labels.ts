import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError, UsageError } from '../../errors.js'
import { didYouMean } from '../../nearest.js'
import { CLASSES_OPTION, classesOption, sortedNames, unknownClass } from '../classes.js'
import type { DataSource, NdArray } from '../dataset.js'
import { range } from '../rng.js'
import { openCsv, parseCell } from '../source/csv-table.js'
import type { ImageFile } from './folder.js'

export const LABEL_OPTIONS = [
  {
    key: 'labels',
    value: 'folder|FILE.csv',
    summary:
      'folder: the sub-folder is the class; a table: file name and label in columns file and label, or the first two',
  },
  CLASSES_OPTION,
] as const

/**
 * The label of every image: class numbers (int32), or numbers as a table has them (float64).
 *
 * @param folder  a labels file is looked for here first, then where the command runs
 * @returns       null when the option is not given
 * @throws DataError for an image without a label, or a label without its image
 */
export async function imageLabels(
  images: readonly ImageFile[],
  folder: string,
  source: DataSource,
): Promise<Int32Array | Float64Array | null> {
  const option = source.options.labels
  if (option === undefined) {
    if (source.options.classes === undefined) return null
    throw new UsageError(`classes= in "${source.spec}" needs labels.`, { suggestions: ['Add labels=folder.'] })
  }
  const classes = await classesOption(source)
  if (option === 'folder') return numbered(images, images.map(folderOf), classes)
  const texts = await labelsInTable(images, await labelsFile(option, folder), folder)
  const values = texts.map(parseCell)
  const isNumeric = values.every((v) => v !== null && !Number.isNaN(v))
  if (classes !== undefined || !isNumeric) return numbered(images, texts, classes)
  return Float64Array.from(values, (v) => v ?? Number.NaN)
}

/** The part of the labels that belongs to these samples. */
export function labelArray(labels: Int32Array | Float64Array, indices: Uint32Array): NdArray {
  const shape = [indices.length]
  if (labels instanceof Int32Array) {
    return { dtype: 'int32', shape, data: Int32Array.from(indices, (i) => labels[i] ?? 0) }
  }
  return { dtype: 'float64', shape, data: Float64Array.from(indices, (i) => labels[i] ?? 0) }
}

function folderOf({ path, name }: ImageFile): string {
  const slash = name.indexOf('/')
  if (slash > 0) return name.slice(0, slash)
  throw new DataError(`"${path}" lies in no sub-folder: with labels=folder its folder is its class.`, {
    suggestions: ['Move it into the folder of its class, or give the labels in a table: labels=FILE.csv'],
  })
}

function numbered(images: readonly ImageFile[], names: readonly string[], given: string[] | undefined): Int32Array {
  const classes = given ?? sortedNames(names)
  const numbers = new Map(classes.map((name, i) => [name, i]))
  return Int32Array.from(names, (name, i) => {
    const number = numbers.get(name)
    if (number === undefined) throw unknownClass(name, classes, `"${images[i]?.path}"`)
    return number
  })
}

async function labelsFile(option: string, folder: string): Promise<string> {
  const inside = join(folder, option)
  return (await exists(inside)) ? inside : option
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

const FILE_COLUMNS = ['file', 'filename', 'file_name', 'image', 'path', 'name']
const LABEL_COLUMNS = ['label', 'labels', 'y', 'class', 'target']

async function labelsInTable(images: readonly ImageFile[], path: string, folder: string): Promise<string[]> {
  const table = await openCsv(path, { delimiter: undefined, header: await hasHeader(path) })
  if (table.header.length < 2) {
    throw new DataError(`${table.name} has one column; a file name and a label are needed.`, {
      suggestions: ['Write lines like photo1.jpg,cat below the header file,label.'],
    })
  }
  const file = Math.max(0, columnOf(FILE_COLUMNS, table.header))
  const found = columnOf(LABEL_COLUMNS, table.header)
  const label = found >= 0 ? found : file === 0 ? 1 : 0
  const labels = new Map<string, string>()
  for (const [i, row] of (await table.rows(range(table.length))).entries()) {
    const name = (row[file] ?? '').trim().replaceAll('\\', '/').replace(/^\.\//, '')
    if (labels.has(name)) {
      throw new DataError(`${table.name}, line ${await table.lineOf(i)}: "${name}" stands there twice.`, {
        suggestions: ['Leave one of the lines out.'],
      })
    }
    labels.set(name, (row[label] ?? '').trim())
  }
  const texts = images.map(({ name, path: image }) => {
    const text = labels.get(name)
    labels.delete(name)
    if (text !== undefined && text !== '') return text
    throw new DataError(`"${image}" has no label in ${table.name}.`, {
      suggestions: [`Add the line "${name},LABEL", or take the image out of the folder.`],
    })
  })
  const [orphan] = labels.keys()
  if (orphan !== undefined) {
    const names = images.map(({ name }) => name)
    throw new DataError(`${table.name} has a label for "${orphan}", which is no image in "${folder}".`, {
      suggestions: names.length > 20 ? ['Write names as below the folder.'] : didYouMean(orphan, names, 'images'),
    })
  }
  return texts
}

/** Names of files are text, so that only words of a header tell it from a row. */
async function hasHeader(path: string): Promise<boolean> {
  const table = await openCsv(path, { delimiter: undefined, header: false })
  const [first = []] = await table.rows(Uint32Array.of(0))
  return columnOf(FILE_COLUMNS, first) >= 0 || columnOf(LABEL_COLUMNS, first) >= 0
}

function columnOf(names: readonly string[], header: readonly string[]): number {
  return header.findIndex((name) => names.includes(name.trim().toLowerCase()))
}
