import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { IoError } from '../errors.js'
import { nearest } from '../nearest.js'
import { type ModelFile, readModel } from '../onnx/read.js'

/** As many names as fit into a message. */
const SHOWN = 10

/** Reads the model that the user named; an error for a wrong path says which one may have been meant. */
export function readNamedModel(path: string): ModelFile {
  try {
    return readModel(path)
  } catch (error) {
    const suggestions = error instanceof IoError ? remedies(path) : []
    if (!(error instanceof IoError) || suggestions.length === 0) throw error
    throw new IoError(error.message, { suggestions, cause: error })
  }
}

/** None when the path is that of a file. */
function remedies(path: string): string[] {
  if (!existsSync(path)) return missing(path)
  const there = statSync(path)
  if (there.isDirectory()) {
    const models = modelsIn(path)
    return models.length === 0 ? ['There is no .onnx file in it.'] : [`The models in it are: ${listed(models)}.`]
  }
  return there.isFile() ? [] : ['A pipe is read as stdin: name it -, as in: cat model.onnx | mcompress inspect -']
}

function missing(path: string): string[] {
  const folder = dirname(path)
  if (!existsSync(folder)) return [`There is no folder "${folder}".`]
  if (/[*?[\]{}]/.test(path)) return ['No file matches: a shell hands such a pattern over as it is when none does.']
  const models = modelsIn(folder)
  const near = nearest(
    basename(path),
    models.map((model) => basename(model)),
  )
  if (near !== undefined) return [`Did you mean "${join(folder, near)}"?`]
  return models.length === 0 ? ['Check the path.'] : [`Check the path. The models there are: ${listed(models)}.`]
}

function modelsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.toLowerCase().endsWith('.onnx'))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return [] // a folder that cannot be read has nothing to suggest
  }
}

function listed(paths: readonly string[]): string {
  const more = paths.length - SHOWN
  return [...paths.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
}
