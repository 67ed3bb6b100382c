import type { Sharp } from 'sharp'
import { DataError } from '../../errors.js'

export type Channels = 'rgb' | 'bgr' | 'gray'
export type Layout = 'NCHW' | 'NHWC'
export type Resize = 'cover' | 'contain' | 'stretch'
export type Kernel = 'linear' | 'cubic' | 'lanczos3' | 'nearest'

/** What every image is brought to. */
export interface ImageForm {
  readonly height: number
  readonly width: number
  readonly channels: Channels
  readonly layout: Layout
  readonly resize: Resize
  /** Part of the resized image that is kept in the middle, 0..1: 0.875 for 224 out of 256. */
  readonly crop: number
  readonly kernel: Kernel
  /** Behind transparent parts, and beside the image where `contain` leaves room. */
  readonly background: string
}

/** [C, H, W] or [H, W, C] */
export function imageShape({ height, width, channels, layout }: ImageForm): number[] {
  const c = channels === 'gray' ? 1 : 3
  return layout === 'NCHW' ? [c, height, width] : [height, width, c]
}

/**
 * Decodes images side by side: upright as their EXIF data says, in sRGB, 8 bits.
 *
 * @returns  uint8 [N, ...imageShape]
 * @throws DataError that names the image that cannot be decoded
 */
export async function decodeImages(paths: readonly string[], form: ImageForm): Promise<Uint8Array> {
  const sharp = await loadSharp()
  const size = imageShape(form).reduce((a, b) => a * b, 1)
  const out = new Uint8Array(paths.length * size)
  await Promise.all(
    paths.map(async (path, i) => {
      const image = sharp(path, { failOn: 'error' }).autoOrient().flatten({ background: form.background })
      const pixels = await pixelsOf(fitted(image, form).toColourspace('srgb').raw(), path)
      if (pixels.length !== form.height * form.width * 3) {
        throw undecodable(path, `it decodes to ${pixels.length} values`)
      }
      arrange(pixels, form, out.subarray(i * size, (i + 1) * size))
    }),
  )
  return out
}

/** Its binary is chosen for the system when it is installed, and may be another one's. */
async function loadSharp() {
  try {
    return (await import('sharp')).default
  } catch (cause) {
    throw new DataError('Images cannot be decoded: the package sharp does not load on this system.', {
      suggestions: ['Install it for this system: npm install --include=optional sharp', 'Or give the data as .npz.'],
      cause,
    })
  }
}

function fitted(image: Sharp, { height, width, resize, crop, kernel, background }: ImageForm): Sharp {
  const fit = resize === 'stretch' ? 'fill' : resize
  const [fullWidth, fullHeight] = [Math.round(width / crop), Math.round(height / crop)]
  const resized = image.resize({
    width: fullWidth,
    height: fullHeight,
    fit,
    kernel,
    background,
    fastShrinkOnLoad: false,
  })
  if (fullWidth === width && fullHeight === height) return resized
  const [left, top] = [Math.round((fullWidth - width) / 2), Math.round((fullHeight - height) / 2)]
  return resized.extract({ left, top, width, height })
}

async function pixelsOf(image: Sharp, path: string): Promise<Uint8Array> {
  try {
    return await image.toBuffer()
  } catch (error) {
    throw undecodable(path, error instanceof Error ? error.message : String(error))
  }
}

function undecodable(path: string, why: string): DataError {
  const [line] = why.split('\n')
  return new DataError(`The image "${path}" cannot be decoded: ${line}`, {
    suggestions: ['Take it out of the folder, or write it again as .png.'],
  })
}

/** From interleaved RGB to the channels and layout wanted. */
function arrange(rgb: Uint8Array, { height, width, channels, layout }: ImageForm, out: Uint8Array): void {
  const pixels = height * width
  const order = channels === 'bgr' ? [2, 1, 0] : [0, 1, 2]
  for (let p = 0; p < pixels; p++) {
    if (channels === 'gray') {
      out[p] = luma(rgb[3 * p] ?? 0, rgb[3 * p + 1] ?? 0, rgb[3 * p + 2] ?? 0)
      continue
    }
    for (const [c, from] of order.entries())
      out[layout === 'NCHW' ? c * pixels + p : 3 * p + c] = rgb[3 * p + from] ?? 0
  }
}

/** As training code converts to gray, in integers. @see ITU-R BT.601 */
function luma(r: number, g: number, b: number): number {
  return (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16
}
