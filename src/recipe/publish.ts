import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { chmod, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { IoError, ioError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import { type ModelFile, readModel } from '../onnx/read.js'
import { encodeModel, MAX_SINGLE_FILE_BYTES, planExternal, writeFile } from '../onnx/write.js'
import type { Target } from './target.js'
import { Temporary } from './temporary.js'
import { type Verification, verifyOutput } from './verify-output.js'

export interface PublishOptions {
  /** What the model was made from. */
  readonly input: ModelFile
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 of the phase; null when its end is not known */
  readonly onProgress?: ((phase: string, done: number | null) => void) | undefined
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
export async function publish(model: Model, target: Target, options: PublishOptions): Promise<Verification> {
  const temporary = new Temporary()
  try {
    const [staged, dataPath] = await stage(model, target, temporary, options)
    options.onProgress?.('Verifying', null)
    const verification = await verifyOutput(staged, options.input, target.shown)
    await options.whileStaged?.(dataPath === undefined ? [staged] : [staged, dataPath])
    options.signal?.throwIfAborted()
    if (options.keep) {
      const replaced = dataFilesOf(target.path)
      await takeName(staged, target)
      temporary.release(staged)
      if (dataPath !== undefined) temporary.release(dataPath)
      await removeStale(replaced, target.path, dataPath)
    }
    return verification
  } finally {
    await temporary.clear()
  }
}

/** @returns the model under a temporary name and, when there is one, its data file under the final name */
async function stage(
  model: Model,
  { path, shown }: Target,
  temporary: Temporary,
  { input, signal, onProgress }: PublishOptions,
): Promise<[model: string, data?: string]> {
  const inside = encodeModel(model)
  const write = async (encoded: typeof inside, ending: string, hash = false) => {
    const written = temporary.add(join(dirname(path), `.mcompress-${randomBytes(4).toString('hex')}.${ending}`))
    const sha256 = await writeFile(written, encoded, {
      hash,
      ...(signal ? { signal } : {}),
      // Writing is fast where the system keeps what is written; the device then takes its time.
      onProgress: (bytes) =>
        bytes < encoded.length
          ? onProgress?.('Writing', bytes / encoded.length)
          : onProgress?.('Waiting for the disk', null),
    }).catch((error: unknown) => {
      throw saidOf(shown, written, error)
    })
    return { written, sha256 }
  }
  const plan = planExternal(model)
  // Packed weights may be too small to lie outside, though they did.
  const isSingle = input.external.length === 0 || plan.length === 0
  if (isSingle && inside.length <= MAX_SINGLE_FILE_BYTES) return [(await write(inside, 'tmp')).written]
  const { written, sha256 } = await write(plan, 'data.tmp', true)
  const location = `${stem(path)}.${sha256?.slice(0, 8)}.data`
  const dataPath = join(dirname(path), location)
  // The same bytes may be there already, for the model that is replaced: then they must outlive a failure.
  if (!existsSync(dataPath)) temporary.add(dataPath)
  await takeName(written, { path: dataPath, shown })
  temporary.release(written)
  return [(await write(encodeModel(model, { location, plan }), 'tmp')).written, dataPath]
}

/** The user knows the target, not the temporary file that the error is about. */
function saidOf(shown: string, written: string, error: unknown): unknown {
  if (!(error instanceof IoError && error.message.includes(written))) return error
  return new IoError(error.message.replaceAll(written, shown), { suggestions: error.suggestions, cause: error })
}

/** Under the new name a file has the permissions of the one that it replaces. */
async function takeName(from: string, { path, shown }: Target): Promise<void> {
  try {
    if (existsSync(path)) await chmod(from, statSync(path).mode & 0o777).catch(() => {}) // not every file system can
    await rename(from, path)
    // The new name itself must survive a crash, too.
    const folder = await open(dirname(path), 'r')
    await folder.sync().catch(() => {}) // not every file system can
    await folder.close()
  } catch (error) {
    throw ioError(error, `Cannot write "${shown}"`, ['Choose another place with -o.'])
  }
}

function stem(path: string): string {
  return basename(path, extname(path))
}

/** Data files that the model at this path uses; none when it is no model. */
function dataFilesOf(path: string): string[] {
  if (!existsSync(path)) return []
  try {
    return readModel(path).external.map((file) => file.path)
  } catch {
    return [] // whatever is there will be replaced; only files that are surely its own go with it
  }
}

/** Only files that carry the target's own name and a hash, and that no other model beside it uses. */
async function removeStale(replaced: readonly string[], target: string, current: string | undefined): Promise<void> {
  const own = new RegExp(`^${stem(target).replace(/[^\w-]/g, '\\$&')}\\.[0-9a-f]{8}\\.data$`)
  const stale = replaced.filter(
    (path) => path !== current && dirname(path) === dirname(target) && own.test(basename(path)),
  )
  if (stale.length === 0) return
  const used = new Set(modelsBeside(target).flatMap(dataFilesOf))
  for (const path of stale) if (!used.has(path)) await unlink(path).catch(() => {}) // somebody took it away already
}

function modelsBeside(target: string): string[] {
  const folder = dirname(target)
  return readdirSync(folder)
    .filter((name) => name.toLowerCase().endsWith('.onnx') && name !== basename(target))
    .map((name) => join(folder, name))
}
