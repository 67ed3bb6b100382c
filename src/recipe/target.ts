import { constants, existsSync, realpathSync, type Stats, statSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { IoError, ioError, UsageError } from '../errors.js'

/** Where a result goes. */
export interface Target {
  /** Links followed: what a link points to is replaced, not the link. */
  readonly path: string
  /** As the user wrote it. */
  readonly shown: string
}

/**
 * Looks at the place for a result before any work is done.
 *
 * @param input  the path of the model that it is made from
 * @throws UsageError for the input itself, IoError for a place that cannot be written
 */
export async function resolveTarget(shown: string, input: string, inPlace: boolean): Promise<Target> {
  // What does not exist, or is a link to nothing, is made where it is named.
  const path = existsSync(shown) ? realpathSync.native(shown) : join(realFolder(shown), basename(shown))
  if (existsSync(path)) checkReplaced(shown, statSync(path), input, inPlace)
  const folder = dirname(path)
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw ioError(error, `Cannot write into the folder "${folder}"`, ['Choose another place with -o.'])
  })
  return { path, shown }
}

function checkReplaced(shown: string, there: Stats, input: string, inPlace: boolean): void {
  if (there.isDirectory()) {
    throw new IoError(`Cannot write "${shown}": it is a folder.`, {
      suggestions: [`Name a file: -o "${join(shown, 'model.onnx')}"`],
    })
  }
  if (!there.isFile()) {
    throw new IoError(`Cannot write "${shown}": it is no regular file.`, {
      suggestions: ['For stdout say -o -; to throw the result away, --dry-run.'],
    })
  }
  const own = statSync(input)
  if (there.ino === own.ino && there.dev === own.dev && !inPlace) {
    throw new UsageError(`The output "${shown}" is the input itself.`, {
      suggestions: ['Name another file with -o, or say --in-place to replace the input.'],
    })
  }
}

/**
 * Of a path as the system takes it: `x/..` is another folder where `x` is a link, and none where `x` is missing.
 * `realpathSync` by itself would first take the `..` out.
 */
function realFolder(shown: string): string {
  const folder = dirname(shown)
  let real: string
  try {
    real = realpathSync.native(folder)
  } catch (error) {
    throw ioError(error, `Cannot enter the folder "${folder}", where "${shown}" is to go`, [
      ...(existsSync(folder) ? [] : [`Make it: mkdir -p "${folder}"`]),
      'Or choose another place with -o.',
    ])
  }
  if (statSync(real).isDirectory()) return real
  throw new IoError(`Cannot write "${shown}": "${folder}" is no folder.`, {
    suggestions: ['Choose another place with -o.'],
  })
}
