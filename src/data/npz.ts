import { DataError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import { askedNormalization, VALUE_OPTIONS } from './array/normalize.js'
import { type Column, columnsDataset, normalizedFields } from './columns.js'
import type { DataSource, Loader } from './dataset.js'
import { fieldsOption } from './options.js'
import { fileBytes } from './source/bytes.js'
import { npyColumn } from './source/npy-array.js'
import { openMember, type ZipMember, zipMembers } from './source/zip.js'
import { onlyPath } from './spec.js'

/** Archives of numpy.savez (members stay on disk) and numpy.savez_compressed (members are unpacked once). */
export const npz: Loader = {
  name: 'npz',
  summary: 'a NumPy archive, each array a field; the first axis is the samples',
  options: [
    {
      key: 'fields',
      value: 'NAME[:ARRAY],...',
      summary: 'the arrays to use, under other names if wanted (default: all)',
    },
    ...VALUE_OPTIONS,
  ],
  accepts: (paths) => paths.length === 1 && /\.npz$/i.test(paths[0] ?? ''),
  async open(source) {
    const archive = await fileBytes(onlyPath(source, 'npz'))
    const columns: Record<string, Column> = {}
    for (const [name, member] of chosenMembers(await zipMembers(archive), source)) {
      columns[name] = await npyColumn(await openMember(archive, member))
    }
    return columnsDataset(source.spec, normalizedFields(columns, askedNormalization(source, 1), source))
  },
}

function chosenMembers(members: readonly ZipMember[], source: DataSource): Map<string, ZipMember> {
  const arrays = new Map<string, ZipMember>()
  for (const member of members) {
    if (member.name.endsWith('.npy')) arrays.set(member.name.slice(0, -'.npy'.length), member)
  }
  if (arrays.size === 0) {
    const found = members.map((m) => m.name).slice(0, 5)
    throw new DataError(`"${source.spec}" holds no arrays (members: ${found.join(', ') || 'none'}).`, {
      suggestions: ['Write it with numpy.savez: its members end in .npy.'],
    })
  }
  const chosen = new Map<string, ZipMember>()
  for (const { name, from } of fieldsOption(source) ?? []) {
    const member = arrays.get(from)
    if (member === undefined) {
      throw new DataError(`"${source.spec}" has no array "${from}".`, {
        suggestions: didYouMean(from, [...arrays.keys()], 'arrays in the file'),
      })
    }
    chosen.set(name, member)
  }
  return chosen.size > 0 ? chosen : arrays
}
