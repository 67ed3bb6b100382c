import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { InvalidModelError, IoError } from '../errors.js'
import type { FileRange } from '../ir/tensor.js'
import { type OpenSource, openSource } from './file-source.js'
import { invalid } from './invalid.js'
import type { Entries } from './messages.js'

/**
 * The files beside a model that hold its external data; each is opened once.
 *
 * A location must stay inside the model's folder, links followed: a model is downloaded, and must not make
 * us read other files of the user.
 *
 * @see ONNX docs, ExternalData: location, offset and length, in bytes
 */
export class ExternalData {
  readonly #folder: string
  /** By path: two locations may name one file. */
  readonly #files = new Map<string, OpenSource>()

  constructor(modelPath: string) {
    this.#folder = dirname(resolve(modelPath))
  }

  /** The files opened so far. */
  get files(): readonly OpenSource[] {
    return [...this.#files.values()]
  }

  /**
   * @param where   the tensor and its file, for messages
   * @param needed  bytes that its type and shape need
   * @throws InvalidModelError, IoError
   */
  range(where: string, entries: Entries, needed: number): FileRange {
    const value = (key: string) => entries.find((e) => e.key === key)?.value
    const location = value('location')
    if (location === undefined || location === '') {
      throw invalid(`Tensor ${where} is marked as external data, but has no location.`)
    }
    const offset = byteCount(where, 'offset', value('offset') ?? '0')
    const length = byteCount(where, 'length', value('length') ?? String(needed))
    if (length !== needed) {
      throw invalid(`External data of tensor ${where} has ${length} bytes, its shape needs ${needed}.`)
    }
    const source = this.#open(where, location)
    if (offset + length > source.size) {
      throw new InvalidModelError(
        `Tensor ${where} wants bytes ${offset} to ${offset + length} of "${location}", which has ${source.size}.`,
        { suggestions: ['Copy or download that file again, completely.'] },
      )
    }
    return { source, offset, length }
  }

  #open(where: string, location: string): OpenSource {
    const path = resolve(this.#folder, location)
    const known = this.#files.get(path)
    if (known) return known
    const outside = (target: string, folder: string) => {
      const way = relative(folder, target)
      return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
    }
    const refuse = (why: string): never => {
      throw new InvalidModelError(`External data of tensor ${where} lies outside of the model's folder: ${why}.`, {
        suggestions: ['Put the data file beside the model and let its location be a plain file name.'],
      })
    }
    if (isAbsolute(location)) refuse(`"${location}" is an absolute path`)
    if (outside(path, this.#folder)) refuse(`"${location}" leads out of it`)
    if (!existsSync(path)) {
      throw new IoError(`External data file "${location}" of tensor ${where} is missing in "${this.#folder}".`, {
        suggestions: ['Copy the data file to where the model is; both belong together.'],
      })
    }
    if (outside(realpathSync(path), realpathSync(this.#folder))) refuse(`"${location}" is a link that leads out of it`)
    const source = openSource(path)
    this.#files.set(path, source)
    return source
  }
}

function byteCount(where: string, key: string, text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw invalid(`External data of tensor ${where} has ${key} "${text}", which is no byte count.`)
  }
  return value
}
