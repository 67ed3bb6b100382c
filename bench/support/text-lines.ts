import type { PathCommand } from 'opentype.js'
import type { Sharp } from 'sharp'
import { Rng } from '../../src/data/rng.js'
import { outlines } from './fonts.js'
import { type LineStyle, type Rgb, randomStyle } from './line-style.js'
import { type Box, boxOf, moved, type Point, pathData } from './outline.js'
import { randomText } from './random-text.js'

/** A picture of a line of text, as a text detector would cut it out. */
export interface TextLine {
  readonly text: string
  readonly style: LineStyle
  readonly height: number
  readonly width: number
  /** [height, width, 3], red, green, blue */
  readonly pixels: Uint8Array
}

/** What a model takes: its input is [N, 3, height, width]. */
export interface InputSize {
  readonly height: number
  readonly width: number
}

/** PP-OCR: `cls_image_shape` and `rec_image_shape` of its inference tools. */
export const CLASSIFIER_SIZE: InputSize = { height: 48, width: 192 }
export const RECOGNITION_SIZE: InputSize = { height: 48, width: 320 }

/**
 * The line that a seed and a number stand for: always the same with the same versions of the packages.
 *
 * @param size     a line is as high as this, and at most as wide: longer ones are squeezed, as PP-OCR does
 * @param hardest  see {@link randomStyle}
 */
export async function randomLine(seed: number, index: number, size: InputSize, hardest: number): Promise<TextLine> {
  const rng = new Rng(seed, index)
  const [text, style] = [randomText(rng), randomStyle(rng, hardest)]
  return { text, style, ...(await drawn(text, style, size, rng)) }
}

/** The same picture upside down. */
export function turned(line: TextLine): TextLine {
  const { pixels } = line
  const result = new Uint8Array(pixels.length)
  for (let from = 0, to = pixels.length - 3; to >= 0; from += 3, to -= 3) {
    result.set(pixels.subarray(from, from + 3), to)
  }
  return { ...line, pixels: result }
}

/**
 * What PP-OCR makes of a picture for its classifier and its recogniser: (x / 255 - 0.5) / 0.5, and 0 to the right of
 * what is narrower.
 *
 * @returns float32 [3, height, width]
 */
export function normalized({ pixels, width, height }: TextLine, size: InputSize): Float32Array {
  const result = new Float32Array(3 * size.height * size.width)
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const [from, to] = [3 * y * width + c, (c * size.height + y) * size.width]
      for (let x = 0; x < width; x++) result[to + x] = (pixels[from + 3 * x] ?? 0) / 127.5 - 1
    }
  }
  return result
}

type Picture = Pick<TextLine, 'height' | 'width' | 'pixels'>

async function drawn(text: string, style: LineStyle, size: InputSize, rng: Rng): Promise<Picture> {
  const { default: sharp } = await import('sharp')
  const shape = bent(outlines(text, style.font, style.spacing), style)
  const frame = framed(boxOf(shape), style)
  const seen = { height: style.pixels, width: Math.max(1, Math.round((style.pixels * frame.width) / frame.height)) }
  let camera = sharp(Buffer.from(svg(shape, frame, seen, style))).removeAlpha()
  if (style.blur >= 0.3) camera = camera.blur(style.blur) // what libvips takes at least
  const raw = noisy(await rgb(camera), style.noise, rng)
  const file = await sharp(raw, { raw: { ...seen, channels: 3 } })
    .jpeg({ quality: style.quality })
    .toBuffer()
  const { height } = size
  const width = Math.min(size.width, Math.ceil((height * frame.width) / frame.height))
  return { height, width, pixels: await rgb(sharp(file).resize({ height, width, fit: 'fill', kernel: 'linear' })) }
}

async function rgb(picture: Sharp): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await picture.toColourspace('srgb').raw().toBuffer()
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** The geometry of a style, applied around the middle of the text. */
function bent(text: readonly PathCommand[], style: LineStyle): PathCommand[] {
  const { stretch, shear, taper, sag } = style
  const [sin, cos] = [Math.sin(style.rotation), Math.cos(style.rotation)]
  const { left, top, width, height } = boxOf(text)
  const [middleX, middleY] = [left + width / 2, top + height / 2]
  return moved(text, ([x, y]: Point) => {
    const along = (x - middleX) / (width / 2) // -1..1
    const up = (middleY - y) * (1 + (taper * along) / 2) - sag * height * (1 - along * along)
    const right = (x - middleX) * stretch + shear * up
    return [cos * right + sin * up, sin * right - cos * up]
  })
}

function framed({ left, top, width, height }: Box, { margins }: LineStyle): Box {
  return {
    left: left - margins.left * height,
    top: top - margins.top * height,
    width: width + (margins.left + margins.right) * height,
    height: height * (1 + margins.top + margins.bottom),
  }
}

function svg(text: readonly PathCommand[], frame: Box, seen: InputSize, { ink, paper, ruled }: LineStyle): string {
  const scale = seen.height / frame.height
  const inPixels = moved(text, ([x, y]) => [(x - frame.left) * scale, (y - frame.top) * scale])
  const rule = `<rect y="${0.85 * seen.height}" width="100%" height="${0.04 * seen.height}" fill="${css(ink)}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${seen.width}" height="${seen.height}">
<linearGradient id="paper"><stop stop-color="${css(paper[0])}"/><stop offset="1" stop-color="${css(paper[1])}"/></linearGradient>
<rect width="100%" height="100%" fill="url(#paper)"/>${ruled ? rule : ''}
<path d="${pathData(inPixels)}" fill="${css(ink)}"/>
</svg>`
}

function css(colour: Rgb): string {
  return `rgb(${colour.join(',')})`
}

/** Grain: the same on all channels, as of a sensor in poor light. */
function noisy(pixels: Uint8Array, std: number, rng: Rng): Uint8ClampedArray {
  const result = new Uint8ClampedArray(pixels)
  for (let i = 0; i < result.length; i += 3) {
    const grain = std * rng.normal()
    for (let c = i; c < i + 3; c++) result[c] = (pixels[c] ?? 0) + grain // clamps and rounds
  }
  return result
}
