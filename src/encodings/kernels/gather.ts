import { denseBytes, elementCount } from '../../ir/type.js'
import { words32 } from './arrays.js'
import { axisOf, type Kernel, UndecodableError, widthOf } from './kernel.js'
import { unitsIn } from './strided.js'
import { smallIntegers } from './wide.js'

/** Longer blocks are copied as a whole. */
const MOST_UNITS = 16

/** https://onnx.ai/onnx/operators/onnx__Gather.html */
export const gather: Kernel = {
  ops: ['Gather'],
  plan(node, [data, indices]) {
    const width = data ? widthOf(data) : null
    const axis = data ? axisOf(node.int('axis', 0), data.shape.length) : null
    if (!data || !indices || width === null || axis === null) return null
    if (indices.dtype !== 'int32' && indices.dtype !== 'int64') return null
    const isWide = indices.dtype === 'int64'
    const rows = elementCount(data.shape.slice(0, axis))
    const size = data.shape[axis] ?? 0
    const block = elementCount(data.shape.slice(axis + 1)) * width
    const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)]
    const { dtype } = data
    const run = (from: Uint8Array, places: Int32Array) => {
      const out = new Uint8Array(denseBytes(dtype, elementCount(shape)))
      const unit = width === 8 ? 4 : width
      const [a, b] = [unitsIn(from, unit), unitsIn(out, unit)]
      const units = block / unit
      for (let row = 0; row < rows; row++) {
        const [source, target] = [row * size * units, row * places.length * units]
        if (units === 1) elements(a, source, size, places, b, target)
        else if (units === 2) pairs(a, source, size, places, b, target)
        else blocks(a, source, size, places, b, target, units)
      }
      return out
    }
    return {
      out: { dtype, shape },
      run: ([from = NONE, places = NONE]) => run(from, isWide ? smallIntegers(words32(places)) : words32(places)),
    }
  },
}

const NONE = new Uint8Array(0)
type Units = ReturnType<typeof unitsIn>

function elements(a: Units, source: number, size: number, places: Int32Array, b: Units, target: number): void {
  for (let i = 0; i < places.length; i++) {
    b[target + i] = a[source + placeIn(size, places[i] as number)] as number
  }
}

function pairs(a: Units, source: number, size: number, places: Int32Array, b: Units, target: number): void {
  for (let i = 0, t = target; i < places.length; i++, t += 2) {
    const s = source + 2 * placeIn(size, places[i] as number)
    b[t] = a[s] as number
    b[t + 1] = a[s + 1] as number
  }
}

function blocks(
  a: Units,
  source: number,
  size: number,
  places: Int32Array,
  b: Units,
  target: number,
  units: number,
): void {
  for (let i = 0, t = target; i < places.length; i++, t += units) {
    const s = source + units * placeIn(size, places[i] as number)
    if (units > MOST_UNITS) b.set(a.subarray(s, s + units), t)
    else for (let u = 0; u < units; u++) b[t + u] = a[s + u] as number
  }
}

/** Places may count from the end. @throws UndecodableError outside */
export function placeIn(size: number, place: number): number {
  const from0 = place < 0 ? place + size : place
  if (from0 >= 0 && from0 < size) return from0
  throw new UndecodableError(`place ${place} is asked for, of ${size}`)
}
