import type { NdArray } from '../../src/runtime/array.js'

/** Where the windows of a convolution lie. */
export interface Window {
  /** Of the input [N, C, H, W], or [N, C, L]. */
  readonly shape: readonly number[]
  readonly kernel: readonly number[]
  readonly groups?: number
  readonly strides?: readonly number[]
  readonly dilations?: readonly number[]
  /** Begins, then ends. */
  readonly pads?: readonly number[]
  readonly autoPad?: 'SAME_UPPER' | 'SAME_LOWER' | 'VALID'
}

/** Every window of every group as a row [C/g * k...], read one number at a time. */
export function windowsOf(x: NdArray, window: Window): number[][][] {
  const { kernel, groups = 1 } = window
  const [n = 0, channels = 0, ...sizes] = x.shape
  const strides = window.strides ?? sizes.map(() => 1)
  const dilations = window.dilations ?? sizes.map(() => 1)
  const begins = sizes.map((_, a) => beginOf(window, a))
  const ends = sizes.map((_, a) => endOf(window, a))
  const counts = sizes.map((size, a) => {
    const reach = ((kernel[a] ?? 0) - 1) * (dilations[a] ?? 0) + 1
    return Math.floor((size + (begins[a] ?? 0) + (ends[a] ?? 0) - reach) / (strides[a] ?? 0)) + 1
  })
  const per = channels / groups
  const found = Array.from({ length: groups }, (): number[][] => [])
  for (let sample = 0; sample < n; sample++) {
    for (const [group, rows] of found.entries()) {
      for (const place of places(counts)) {
        const row: number[] = []
        for (let c = group * per; c < (group + 1) * per; c++) {
          for (const offset of places(kernel)) {
            const where = place.map(
              (p, a) => p * (strides[a] ?? 0) + (offset[a] ?? 0) * (dilations[a] ?? 0) - (begins[a] ?? 0),
            )
            row.push(read(x, [sample, c, ...where]))
          }
        }
        rows.push(row)
      }
    }
  }
  return found
}

function padding({ shape, kernel, strides, dilations }: Window, axis: number): number {
  const [size, stride] = [shape[axis + 2] ?? 0, strides?.[axis] ?? 1]
  const reach = ((kernel[axis] ?? 0) - 1) * (dilations?.[axis] ?? 1) + 1
  return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
}

function beginOf(window: Window, axis: number): number {
  if (window.autoPad === 'SAME_UPPER') return Math.floor(padding(window, axis) / 2)
  if (window.autoPad === 'SAME_LOWER') return Math.ceil(padding(window, axis) / 2)
  return window.pads?.[axis] ?? 0
}

function endOf(window: Window, axis: number): number {
  if (window.autoPad?.startsWith('SAME')) return padding(window, axis) - beginOf(window, axis)
  return window.pads?.[axis + window.kernel.length] ?? 0
}

export function* places(counts: readonly number[]): Iterable<number[]> {
  const [first, ...rest] = counts
  if (first === undefined) yield []
  else for (let i = 0; i < first; i++) for (const others of places(rest)) yield [i, ...others]
}

export function read({ shape, data }: NdArray, index: readonly number[]): number {
  if (index.some((i, a) => i < 0 || i >= (shape[a] ?? 0))) return 0
  return Number(data[index.reduce((at, i, a) => at * (shape[a] ?? 0) + i, 0)])
}
