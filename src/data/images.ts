import { statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { UsageError } from '../errors.js'
import { channelAxis, normalize, PIXEL_OPTIONS, pixelNormalization } from './array/normalize.js'
import type { DataSource, FieldType, LoadContext, Loader, NdArray, Port } from './dataset.js'
import { type Channels, decodeImages, type ImageForm, imageShape, type Layout } from './images/decode.js'
import { type ImageFile, imagesBelow, isImage } from './images/folder.js'
import { imageLabels, LABEL_OPTIONS, labelArray } from './images/labels.js'
import { indexedDataset } from './indexed.js'
import { badOption, choiceOption, numberOption } from './options.js'
import { portFor, samplePart } from './port.js'
import { onlyPath } from './spec.js'

/** Photos in a folder, decoded when they are asked for. The names sorted are the order. */
export const images: Loader = {
  name: 'images',
  summary: 'a folder of images (.jpg .png .webp .gif .tiff .avif): the field `data`, and `label` with labels=',
  options: [
    { key: 'size', value: 'N|HxW', summary: 'height and width in pixels (default: as the input says)' },
    { key: 'layout', value: 'NCHW|NHWC', summary: 'order of the axes (default: as the input says)' },
    { key: 'channels', value: 'rgb|bgr|gray', summary: 'default: gray for an input with one channel, otherwise rgb' },
    {
      key: 'resize',
      value: 'cover|contain|stretch',
      summary: 'cover (default) cuts off what is too long, contain pads, stretch distorts',
    },
    {
      key: 'crop',
      value: 'FRACTION',
      summary: 'the middle part that is kept of the resized image (default 1), as in 224/256',
    },
    { key: 'kernel', value: 'linear|cubic|lanczos3|nearest', summary: 'how pixels are interpolated (default: linear)' },
    { key: 'background', value: 'COLOR', summary: 'behind transparent parts and for contain (default: black)' },
    ...PIXEL_OPTIONS,
    ...LABEL_OPTIONS,
  ],
  accepts: (paths) => paths.every(isImage) || (paths.length === 1 && isFolder(paths[0] ?? '')),
  async open(source, context) {
    const areFiles = source.paths.every(isImage)
    const folder = areFiles ? dirname(source.paths[0] ?? '') : onlyPath(source, 'images')
    const files = areFiles ? source.paths.map(fileOf) : await imagesBelow(folder)
    const port = portFor('data', context.inputs, 4)
    const form = formOf(source, port, context)
    const labels = await imageLabels(files, folder, source)
    const normalization = pixelNormalization(source, port)
    const shape = imageShape(form)
    const axis = normalization === null ? null : channelAxis(normalization, shape, source)
    const data: FieldType = { dtype: normalization === null ? 'uint8' : 'float32', shape }
    const label: FieldType = { dtype: labels instanceof Int32Array ? 'int32' : 'float64', shape: [] }
    return indexedDataset({
      spec: source.spec,
      length: files.length,
      fields: labels === null ? { data } : { data, label },
      async take(indices) {
        const paths = Array.from(indices, (i) => files[i]?.path ?? '')
        const pixels: NdArray = {
          dtype: 'uint8',
          shape: [indices.length, ...shape],
          data: await decodeImages(paths, form),
        }
        const array = normalization === null ? pixels : normalize(pixels, normalization, axis, source.spec)
        return labels === null ? { data: array } : { data: array, label: labelArray(labels, indices) }
      },
    })
  },
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function fileOf(path: string): ImageFile {
  return { path, name: basename(path) }
}

/** As the options say; what they leave open follows the input's shape. */
function formOf(source: DataSource, port: Port | null, { dims }: LoadContext): ImageForm {
  const sample = port === null ? null : samplePart(port, dims)
  const input = sample?.length === 3 ? sample : [null, null, null]
  const layout = choiceOption(source, 'layout', ['NCHW', 'NHWC']) ?? layoutOf(input)
  const [c, h, w] = layout === 'NCHW' ? input : [input[2], input[0], input[1]]
  const channels: Channels = choiceOption(source, 'channels', ['rgb', 'bgr', 'gray']) ?? (c === 1 ? 'gray' : 'rgb')
  const [height, width] = sizeOf(source) ?? [h ?? null, w ?? null]
  if (height === null || width === null) {
    throw new UsageError(`The model leaves the size of the images in "${source.spec}" open.`, {
      suggestions: [`Say it: "${source.spec}${source.spec.includes('?') ? '&' : '?'}size=224" or size=HEIGHTxWIDTH`],
    })
  }
  return {
    height,
    width,
    channels,
    layout,
    resize: choiceOption(source, 'resize', ['cover', 'contain', 'stretch']) ?? 'cover',
    crop: cropOf(source),
    kernel: choiceOption(source, 'kernel', ['linear', 'cubic', 'lanczos3', 'nearest']) ?? 'linear',
    background: backgroundOf(source),
  }
}

/** Channels come last only where the shape says so: 1 or 3 at the end and not at the start. */
function layoutOf([first, , last]: readonly (number | null)[]): Layout {
  const isChannels = (d: number | null | undefined) => d === 1 || d === 3
  return isChannels(last) && !isChannels(first) ? 'NHWC' : 'NCHW'
}

function sizeOf(source: DataSource): [number, number] | null {
  const text = source.options.size
  if (text === undefined) return null
  const [, height = '', width = height] = /^([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?$/i.exec(text) ?? []
  if (height === '') throw badOption(source, 'size', 'is no size in pixels', 'Write size=224, or size=HEIGHTxWIDTH.')
  return [Number(height), Number(width)]
}

function cropOf(source: DataSource): number {
  const crop = numberOption(source, 'crop', { max: 1 }) ?? 1
  if (crop <= 0) throw badOption(source, 'crop', 'is not above 0', 'Write a fraction such as crop=0.875.')
  return crop
}

function backgroundOf(source: DataSource): string {
  const color = source.options.background ?? 'black'
  if (/^#[0-9a-f]{6}$/i.test(color) || Object.hasOwn(COLORS, color)) return COLORS[color] ?? color
  throw badOption(source, 'background', 'is no color', 'Write black, gray, white, or %23 and six hexadecimal digits.')
}

const COLORS: Readonly<Record<string, string>> = { black: '#000000', gray: '#808080', white: '#ffffff' }
