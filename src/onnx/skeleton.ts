import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { Model } from '../ir/graph.js'
import type { FileRange } from '../ir/tensor.js'
import { encode } from './encode.js'
import { modelMessage } from './message-of.js'
import { tensorsOf, toBytes } from './write.js'

const EXTERNAL_FROM_BYTES = 1024

/** A model for a session: its nodes, and tensors as external data that point into the files where they lie. */
export interface Skeleton {
  readonly bytes: Uint8Array
  /** The folder that external data is relative to. */
  readonly folder: string
}

/**
 * ONNX Runtime takes external data from any offset of any file, an `.onnx` file too: so a session never
 * needs the weights in JavaScript. What lies in no file, or not below the folder, goes inside.
 */
export function skeleton(model: Model): Skeleton {
  const real = realPaths()
  const folder = commonFolder([...tensorsOf(model)].flatMap(({ range }) => (range ? [real(range.source.path)] : [])))
  const locationOf = (range: FileRange): string | null => {
    const way = relative(folder, real(range.source.path))
    return isOutside(way) ? null : way
  }
  const message = modelMessage(model, {
    external: (tensor) => {
      if (tensor.range === undefined || tensor.byteLength < EXTERNAL_FROM_BYTES) return null
      const location = locationOf(tensor.range)
      return location === null ? null : { location, offset: tensor.range.offset, length: tensor.byteLength }
    },
  })
  return { bytes: toBytes(encode('ModelProto', message)), folder }
}

/** The innermost folder that all files lie below; that of the first where there is none, on several drives. */
function commonFolder(paths: readonly string[]): string {
  const [first = process.cwd(), ...others] = [...new Set(paths.map((path) => dirname(path)))]
  let folder = first
  while (others.some((other) => isOutside(relative(folder, other)))) {
    const outer = dirname(folder)
    if (outer === folder) return first
    folder = outer
  }
  return folder
}

function isOutside(way: string): boolean {
  return way.startsWith('..') || isAbsolute(way)
}

/** Links followed: ONNX Runtime refuses a link out of the folder, and caches of models are full of such links. */
function realPaths(): (path: string) => string {
  const known = new Map<string, string>()
  return (path) => {
    const real = known.get(path) ?? (existsSync(path) ? realpathSync.native(path) : resolve(path))
    known.set(path, real)
    return real
  }
}
