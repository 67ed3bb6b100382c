import { randomBytes } from 'node:crypto'
import { constants, existsSync, statSync } from 'node:fs'
import { access, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { IoError, ioError, UsageError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import { type ModelFile, readModel } from '../onnx/read.js'
import { encodeModel, MAX_SINGLE_FILE_BYTES, planExternal, writeFile } from '../onnx/write.js'
import { type Verification, verifyOutput } from './verify-output.js'

export interface PublishOptions {
  /** What the model was made from. */
  readonly input: ModelFile
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (done: number) => void
  /** Works with the verified files (the `.onnx` first) before they get their name. What it throws, stops the publication. */
  readonly whileStaged?: (paths: readonly [string, ...string[]]) => Promise<void>
  /** False takes the files away again at the end: a dry run. */
  readonly keep: boolean
}

/**
 * Gives a model its file: written beside the target, kept by the device, verified, renamed. External data is named
 * by its hash and comes first, so that at every moment the target is either the old model or the new one, whole.
 * On failure nothing is left behind, and what was there is untouched.
 *
 * @throws IoError, VerificationError
 */
export async function publish(model: Model, target: string, options: PublishOptions): Promise<Verification> {
  const staged = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.tmp`)
  const left = new Set<string>()
  try {
    const dataPath = await stage(model, target, staged, left, options)
    const verification = await verifyOutput(staged, options.input, target)
    await options.whileStaged?.(dataPath === null ? [staged] : [staged, dataPath])
    options.signal?.throwIfAborted()
    if (options.keep) {
      const replaced = dataFilesOf(target)
      await moveTo(staged, target)
      left.clear()
      await removeStale(replaced, target, dataPath)
    }
    return verification
  } finally {
    for (const path of left) await unlink(path).catch(() => {}) // a failure to clean up must not hide the first one
  }
}

/** Looks at the target before any work is done. @throws UsageError, IoError */
export async function checkTarget(target: string, input: string, inPlace: boolean): Promise<void> {
  const folder = dirname(resolve(target))
  if (!existsSync(folder)) {
    throw new IoError(`Cannot write "${target}": the folder "${folder}" does not exist.`, {
      suggestions: [`mkdir -p "${folder}"`],
    })
  }
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw ioError(error, `Cannot write into "${folder}"`, ['Choose another place with -o.'])
  })
  if (!existsSync(target)) return
  const there = statSync(target)
  if (there.isDirectory()) {
    throw new IoError(`Cannot write "${target}": it is a folder.`, {
      suggestions: [`Name a file: -o "${join(target, 'model.onnx')}"`],
    })
  }
  const own = statSync(input)
  if (there.ino === own.ino && there.dev === own.dev && !inPlace) {
    throw new UsageError(`The output "${target}" is the input itself.`, {
      suggestions: ['Name another file with -o, or say --in-place to replace the input.'],
    })
  }
}

/** @returns the path of the data file, when there is one */
async function stage(
  model: Model,
  target: string,
  staged: string,
  left: Set<string>,
  options: PublishOptions,
): Promise<string | null> {
  const inside = encodeModel(model)
  const write = (path: string, encoded: typeof inside, hash = false) =>
    writeFile(path, encoded, {
      hash,
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: (bytes) => options.onProgress?.(bytes / Math.max(1, inside.length)),
    })
  if (options.input.external.length === 0 && inside.length <= MAX_SINGLE_FILE_BYTES) {
    left.add(staged)
    await write(staged, inside)
    return null
  }
  const plan = planExternal(model)
  const unnamed = `${staged}.data`
  left.add(unnamed)
  const hash = await write(unnamed, plan, true)
  const location = `${stem(target)}.${hash?.slice(0, 8)}.data`
  const dataPath = join(dirname(target), location)
  if (!existsSync(dataPath)) left.add(dataPath) // the same bytes may be there already, for a model of somebody's
  await moveTo(unnamed, dataPath)
  left.delete(unnamed)
  const outside = encodeModel(model, { location, plan })
  left.add(staged)
  await write(staged, outside)
  return dataPath
}

async function moveTo(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
    // The new name itself must survive a crash, too.
    const folder = await open(dirname(resolve(to)), 'r')
    await folder.sync().catch(() => {}) // not every file system can
    await folder.close()
  } catch (error) {
    throw ioError(error, `Cannot write "${to}"`, ['Choose another place with -o.'])
  }
}

function stem(path: string): string {
  return basename(path, extname(path))
}

/** Data files of ours that the model at this path uses; none when it is no model. */
function dataFilesOf(path: string): string[] {
  if (!existsSync(path)) return []
  try {
    return readModel(path).external.map((file) => resolve(file.path))
  } catch {
    return [] // whatever is there will be replaced; only files that are surely its own go with it
  }
}

/** Only files that carry the target's own name and a hash: nobody else's. */
async function removeStale(replaced: readonly string[], target: string, current: string | null): Promise<void> {
  const own = new RegExp(`^${stem(target).replace(/[^\w-]/g, '\\$&')}\\.[0-9a-f]{8}\\.data$`)
  for (const path of replaced) {
    const sameFolder = dirname(path) === dirname(resolve(target))
    if (path === (current && resolve(current)) || !sameFolder || !own.test(basename(path))) continue
    await unlink(path).catch(() => {}) // somebody took it away already
  }
}
