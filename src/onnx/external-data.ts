import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { InvalidModelError, IoError } from '../errors.js'
import type { FileRange, FileSource } from '../ir/tensor.js'
import { openSource } from './file-source.js'
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
  readonly #files = new Map<string, FileSource>()

  constructor(modelPath: string) {
    this.#folder = dirname(resolve(modelPath))
  }

  /** The files opened so far. */
  get files(): readonly FileSource[] {
    return [...this.#files.values()]
  }

  /** @throws InvalidModelError, IoError */
  range(tensor: string, entries: Entries, needed: number): FileRange {
    const value = (key: string) => entries.find((e) => e.key === key)?.value
    const location = value('location')
    if (location === undefined || location === '') {
      throw new InvalidModelError(`Tensor "${tensor}" is marked as external data, but has no location.`)
    }
    const source = this.#open(tensor, location)
    const offset = integer(tensor, 'offset', value('offset') ?? '0')
    const length = integer(tensor, 'length', value('length') ?? String(needed))
    if (length !== needed) {
      throw new InvalidModelError(`External data of tensor "${tensor}" has ${length} bytes, its shape needs ${needed}.`)
    }
    if (offset + length > source.size) {
      throw new InvalidModelError(
        `Tensor "${tensor}" wants bytes ${offset} to ${offset + length} of "${location}", which has ${source.size}.`,
        { suggestions: ['Copy or download that file again, completely.'] },
      )
    }
    return { source, offset, length }
  }

  #open(tensor: string, location: string): FileSource {
    const known = this.#files.get(location)
    if (known) return known
    const path = resolve(this.#folder, location)
    const outside = (target: string, folder: string) => {
      const way = relative(folder, target)
      return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
    }
    const refuse = (why: string): never => {
      throw new InvalidModelError(`External data of tensor "${tensor}" lies outside of the model's folder: ${why}.`, {
        suggestions: ['Put the data file beside the model and let its location be a plain file name.'],
      })
    }
    if (isAbsolute(location)) refuse(`"${location}" is an absolute path`)
    if (outside(path, this.#folder)) refuse(`"${location}" leads out of it`)
    if (!existsSync(path)) {
      throw new IoError(`External data file "${location}" of tensor "${tensor}" is missing in "${this.#folder}".`, {
        suggestions: ['Copy the data file to where the model is; both belong together.'],
      })
    }
    if (outside(realpathSync(path), realpathSync(this.#folder))) refuse(`"${location}" is a link that leads out of it`)
    const source = openSource(path)
    this.#files.set(location, source)
    return source
  }
}

function integer(tensor: string, key: string, text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidModelError(`External data of tensor "${tensor}" has ${key} "${text}", which is no byte count.`)
  }
  return value
}
