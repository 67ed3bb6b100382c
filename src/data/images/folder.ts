import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DataError, ioError } from '../../errors.js'

/** What sharp decodes in every build of it. */
const DECODABLE = ['.jpg', '.jpeg', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']
/** Images all the same: left out silently they would falsify the result. */
const NOT_DECODABLE = ['.bmp', '.heic', '.heif', '.jxl', '.jp2', '.tga', '.psd', '.ppm', '.pgm', '.pnm', '.exr']

export interface ImageFile {
  readonly path: string
  /** Below the folder, with `/` on every system: what is sorted, shown, and found in a labels file. */
  readonly name: string
}

export function isImage(path: string): boolean {
  return DECODABLE.includes(extname(path).toLowerCase())
}

/**
 * All images below a folder, sorted by name (code units, so that every machine agrees). Hidden files and folders
 * and `__MACOSX` are passed over.
 *
 * @throws DataError when there are none, or an image of a kind that cannot be decoded
 */
export async function imagesBelow(folder: string): Promise<ImageFile[]> {
  const images: ImageFile[] = []
  const others: string[] = []
  const visit = async (path: string, name: string): Promise<void> => {
    for (const entry of await entriesOf(path)) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue
      const below = { path: join(path, entry.name), name: name === '' ? entry.name : `${name}/${entry.name}` }
      if (entry.isDirectory()) await visit(below.path, below.name)
      else if (isImage(entry.name)) images.push(below)
      else others.push(below.name)
    }
  }
  await visit(folder, '')
  const unknown = others.find((name) => NOT_DECODABLE.includes(extname(name).toLowerCase()))
  if (unknown !== undefined) {
    throw new DataError(`"${join(folder, unknown)}" is an image of a kind that cannot be decoded.`, {
      suggestions: [`Convert it to .png, or take it out of the folder. Decoded are: ${DECODABLE.join(' ')}`],
    })
  }
  if (images.length === 0) {
    throw new DataError(`There are no images in "${folder}" (${others.length} other files).`, {
      suggestions: [`Images are files that end in ${DECODABLE.join(' ')}`],
    })
  }
  return images.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    throw ioError(error, `Cannot read the folder "${folder}"`)
  }
}
