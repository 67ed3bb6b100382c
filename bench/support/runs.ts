import { basename } from 'node:path'
import { Rng } from '../../src/data/rng.js'
import { elementCount } from '../../src/ir/type.js'
import type { NdArray, Port } from '../../src/runtime/array.js'
import { openSession } from '../../src/runtime/session.js'

/** Arrays by name: what a run takes, or what it gives. */
export type Arrays = Readonly<Record<string, NdArray>>
type Shapes = Readonly<Record<string, readonly number[]>>

/** What real models are fed, by file name: two sets of extents each. The sampling rate of Silero is 16 kHz or 8 kHz. */
const SHAPES: Readonly<Record<string, readonly Shapes[]>> = {
  'bare.onnx': [{ x: [2, 4] }],
  'ch_PP-OCRv4_det_infer.onnx': [{ x: [1, 3, 64, 64] }, { x: [2, 3, 64, 96] }],
  'ch_PP-OCRv4_rec_infer.onnx': [{ x: [1, 3, 48, 64] }, { x: [3, 3, 48, 104] }],
  'ch_ppocr_mobile_v2.0_cls_infer.onnx': [{ x: [1, 3, 48, 64] }, { x: [2, 3, 48, 192] }],
  'silero_vad_legacy.onnx': [
    { input: [1, 512], h: [2, 1, 64], c: [2, 1, 64] },
    { input: [3, 1536], h: [2, 3, 64], c: [2, 3, 64] },
  ],
  'silero_vad_v5.onnx': [
    { input: [1, 512], state: [2, 1, 128] },
    { input: [3, 256], state: [2, 3, 128] },
  ],
  'silero_vad_v6.onnx': [
    { input: [1, 512], state: [2, 1, 128] },
    { input: [3, 256], state: [2, 3, 128] },
  ],
}

/**
 * Two sets of made-up inputs, the same ones for models with the same inputs.
 *
 * @param source  the model that the inputs belong to, or that it was made from
 */
export function feedsOf(inputs: readonly Port[], source: string): readonly Arrays[] {
  return (SHAPES[basename(source)] ?? [{}, {}]).map((shapes, i) => {
    const rng = new Rng(i + 1)
    return Object.fromEntries(inputs.map((port) => [port.name, made(port, shapes[port.name], i, rng)]))
  })
}

/**
 * Outputs of a model for two sets of made-up inputs, the same ones for models with the same inputs.
 *
 * @param source  the model that it was made from
 * @param level   how far ONNX Runtime optimizes it itself
 */
export async function outputsOf(
  path: string,
  source = path,
  level: 'disabled' | 'basic' | 'all' = 'all',
): Promise<readonly Arrays[]> {
  const session = await openSession({ path }, { threads: 1, level })
  try {
    const runs: Arrays[] = []
    for (const feeds of feedsOf(session.inputs, source)) runs.push(await session.run(feeds))
    return runs
  } finally {
    await session.release()
  }
}

/** Rounding may change an output by this share of its largest number. */
const TOLERANCE = 1e-5

/**
 * What rounding may change the outputs of a model by. Where ONNX Runtime's own optimizations change them by more (a
 * steep sigmoid behind many layers), nobody can tell less apart.
 */
export async function tolerance(path: string, outputs: readonly Arrays[], source = path): Promise<number> {
  return Math.max(TOLERANCE, difference(await outputsOf(path, source, 'disabled'), outputs) ?? 0)
}

/** Whether two runs gave the same outputs to the last bit, NaN and the sign of zeros included. */
export function sameBits(is: readonly Arrays[], was: readonly Arrays[]): boolean {
  return was.every((outputs, i) =>
    Object.entries(outputs).every(([name, { dtype, shape, data }]) => {
      const other = is[i]?.[name]
      if (other?.dtype !== dtype || `${other.shape}` !== `${shape}`) return false
      if (!ArrayBuffer.isView(data) || !ArrayBuffer.isView(other.data)) return `${other.data}` === `${data}` // strings
      return bytesOf(data).equals(bytesOf(other.data))
    }),
  )
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** The largest difference between two runs, as a share of the largest number in the output; null for other types or shapes. */
export function difference(is: readonly Arrays[], was: readonly Arrays[]): number | null {
  let most = 0
  for (const [i, outputs] of was.entries()) {
    for (const [name, { dtype, shape, data }] of Object.entries(outputs)) {
      const other = is[i]?.[name]
      if (other?.dtype !== dtype || `${other.shape}` !== `${shape}`) return null
      const [x, y] = [Array.from(data, Number), Array.from(other.data, Number)]
      const scale = x.reduce((n, v) => (Number.isFinite(v) ? Math.max(n, Math.abs(v)) : n), Number.MIN_VALUE)
      for (const [j, wanted] of x.entries()) {
        const found = y[j] ?? Number.NaN
        if (!Object.is(found, wanted) && found !== wanted) most = Math.max(most, Math.abs(found - wanted) / scale)
      }
    }
  }
  return most
}

function made(port: Port, known: readonly number[] | undefined, run: number, rng: Rng): NdArray {
  const shape = known ?? (port.shape ?? []).map((d) => (typeof d === 'number' ? d : run + 2))
  const n = elementCount(shape)
  const noise = () => 2 * rng.uniform() - 1
  switch (port.dtype) {
    case 'float32':
      return {
        dtype: 'float32',
        shape,
        data: shape.length === 4 ? picture(shape, rng) : Float32Array.from({ length: n }, noise),
      }
    case 'float64':
      return { dtype: 'float64', shape, data: Float64Array.from({ length: n }, noise) }
    case 'float16':
      return { dtype: 'float16', shape, data: new Uint16Array(n).fill(0x3800) } // 0.5
    case 'int64': {
      const value = port.name === 'sr' ? [16000n, 8000n][run] : 1n
      return { dtype: 'int64', shape, data: new BigInt64Array(n).fill(value ?? 1n) }
    }
    case 'int32':
      return { dtype: 'int32', shape, data: new Int32Array(n).fill(1) }
    case 'bool':
      return { dtype: 'bool', shape, data: new Uint8Array(n).fill(1) }
    case 'string':
      return { dtype: 'string', shape, data: Array<string>(n).fill('') }
    default:
      throw new Error(`No values for input "${port.name}" of type ${port.dtype}.`)
  }
}

/** Dark strokes on a light ground, and a little noise: in noise alone a text detector finds nothing to compare. */
function picture(shape: readonly number[], rng: Rng): Float32Array {
  const [height, width] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1]
  return Float32Array.from({ length: elementCount(shape) }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height]
    const isLine = y > height * 0.35 && y < height * 0.65 && x > width * 0.1 && x < width * 0.9
    const isDark = isLine && ((x >> 1) * 7 + (y >> 2) * 5) % 3 === 0
    return (isDark ? -2 : 2) + 0.2 * rng.uniform()
  })
}
