import { stat } from 'node:fs/promises'
import { ioError, UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import type { DataSource, Dataset, LoadContext, Loader } from './dataset.js'
import * as table from './index.js'
import { checkOptions, parseSpec } from './spec.js'

export const loaders: readonly Loader[] = Object.values(table)

/**
 * Opens what `--data` names.
 *
 * @param spec  `PATH[,PATH...][?key=value&...]`
 * @throws UsageError for an unknown format or option; IoError for a missing file; DataError for unusable content
 */
export async function openDataset(spec: string, context: LoadContext): Promise<Dataset> {
  const source = parseSpec(spec)
  const loader = await loaderFor(source)
  checkOptions(source, loader)
  if (loader !== table.random) await checkFiles(source)
  try {
    return await loader.open(source, context)
  } catch (error) {
    throw ioError(error, `Cannot read the data "${spec}"`)
  }
}

async function loaderFor(source: DataSource): Promise<Loader> {
  const { format } = source.options
  if (format !== undefined) {
    const named = loaders.find(({ name }) => name === format)
    if (named !== undefined) return named
    throw new UsageError(`Unknown data format "${format}" (in "${source.spec}").`, {
      suggestions: didYouMean(
        format,
        loaders.map(({ name }) => name),
        'formats',
      ),
    })
  }
  const loader = loaders.find(({ accepts }) => accepts(source.paths))
  if (loader !== undefined) return loader
  await checkFiles(source) // a mistyped path is the likelier mistake
  throw new UsageError(`The format of the data "${source.spec}" is not recognised.`, {
    suggestions: [
      ...loaders.map(({ name, summary }) => `${name}: ${summary}`),
      'If the file only has another ending, name the format: ?format=NAME',
    ],
  })
}

async function checkFiles({ paths }: DataSource): Promise<void> {
  for (const path of paths) {
    try {
      await stat(path)
    } catch (error) {
      throw ioError(error, `Cannot read the data "${path}"`, [
        'Data is PATH[,PATH...][?key=value&...], or random?n=64 for made-up inputs.',
      ])
    }
  }
}
