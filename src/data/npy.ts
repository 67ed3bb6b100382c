import { basename } from 'node:path'
import { UsageError } from '../errors.js'
import { askedNormalization, VALUE_OPTIONS } from './array/normalize.js'
import { type Column, columnsDataset, normalizedFields } from './columns.js'
import type { Loader } from './dataset.js'
import { openBytes } from './source/bytes.js'
import { npyColumn } from './source/npy-array.js'

const ENDING = /\.npy(\.gz)?$/i

/** Arrays of numpy.save. Uncompressed files stay on disk; a batch reads what it needs. */
export const npy: Loader = {
  name: 'npy',
  summary: 'NumPy arrays, each file a field of its own name (x.npy,y.npy); the first axis is the samples',
  options: VALUE_OPTIONS,
  accepts: (paths) => paths.every((path) => ENDING.test(path)),
  async open(source) {
    const columns: Record<string, Column> = {}
    for (const path of source.paths) {
      const name = basename(path).replace(ENDING, '')
      if (Object.hasOwn(columns, name)) {
        throw new UsageError(`Two files of "${source.spec}" are called ${name}: a field needs a name of its own.`, {
          suggestions: ['Rename one of the files.'],
        })
      }
      columns[name] = await npyColumn(await openBytes(path))
    }
    return columnsDataset(source.spec, normalizedFields(columns, askedNormalization(source, 1), source))
  },
}
