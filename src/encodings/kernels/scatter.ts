import { denseBytes, elementCount } from '../../ir/type.js'
import { words32 } from './arrays.js'
import { placeIn } from './gather.js'
import { axisOf, type Kernel, UndecodableError, widthOf } from './kernel.js'
import { denseStrides, unitsIn } from './strided.js'
import { smallIntegers } from './wide.js'

const NONE = new Uint8Array(0)

/** Of several values for one place the last stays. https://onnx.ai/onnx/operators/onnx__ScatterElements.html */
export const scatterElements: Kernel = {
  ops: ['ScatterElements', 'Scatter'],
  plan(node, [data, indices, updates]) {
    const width = data ? widthOf(data) : null
    const axis = data ? axisOf(node.int('axis', 0), data.shape.length) : null
    if (!data || !indices || !updates || width === null || axis === null) return null
    if (indices.dtype !== 'int32' && indices.dtype !== 'int64') return null
    if ((node.string('reduction') ?? 'none') !== 'none' || updates.dtype !== data.dtype) return null
    if (indices.shape.join() !== updates.shape.join() || indices.shape.length !== data.shape.length) return null
    if (indices.shape.some((size, i) => i !== axis && size > (data.shape[i] ?? 0))) return null
    const { dtype, shape } = data
    const isWide = indices.dtype === 'int64'
    const run = (from: Uint8Array, indexBytes: Uint8Array, values: Uint8Array) => {
      const out = from.slice()
      const places = isWide ? smallIntegers(words32(indexBytes)) : words32(indexBytes)
      const targets = targetsOf(places, indices.shape, shape, axis)
      lay(values, width, targets, out)
      return out
    }
    return { out: { dtype, shape }, run: ([from = NONE, places = NONE, values = NONE]) => run(from, places, values) }
  },
}

/** Which element of the data each place means. */
function targetsOf(
  places: Int32Array,
  indices: readonly number[],
  shape: readonly number[],
  axis: number,
): Int32Array | Float64Array {
  const size = shape[axis] ?? 0
  const strides = denseStrides(shape)
  const stride = strides[axis] ?? 1
  const targets = elementCount(shape) < 2 ** 31 ? new Int32Array(places.length) : new Float64Array(places.length)
  if (indices.length === 1) {
    for (let i = 0; i < places.length; i++) targets[i] = placeIn(size, places[i] as number)
    return targets
  }
  const at = indices.map(() => 0)
  let offset = 0 // of where the indices stand, the axis aside
  for (let i = 0; i < places.length; i++) {
    targets[i] = offset + stride * placeIn(size, places[i] as number)
    for (let k = at.length - 1; k >= 0; k--) {
      const step = k === axis ? 0 : (strides[k] ?? 0)
      const next = (at[k] ?? 0) + 1
      offset += step
      at[k] = next
      if (next < (indices[k] ?? 1)) break
      at[k] = 0
      offset -= step * next
    }
  }
  return targets
}

/**
 * Values among zeros; the places count through the whole result. The size is taken from the window, as no output_shape
 * says it. https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
 */
export const maxUnpool: Kernel = {
  ops: ['MaxUnpool'],
  plan(node, [values, indices, given]) {
    const kernel = node.ints('kernel_shape')
    const width = values ? widthOf(values) : null
    if (!values || !indices || given || width === null || indices.dtype !== 'int64' || kernel === undefined) return null
    const { dtype } = values
    if (kernel.length !== values.shape.length - 2 || indices.shape.join() !== values.shape.join()) return null
    const strides = node.ints('strides')
    const pads = node.ints('pads')
    const sizes = kernel.map((window, i) => {
      const padding = (pads?.[i] ?? 0) + (pads?.[i + kernel.length] ?? 0)
      return ((values.shape[i + 2] ?? 0) - 1) * (strides?.[i] ?? 1) + window - padding
    })
    const shape = [...values.shape.slice(0, 2), ...sizes]
    if (shape.some((size) => size < 0)) return null
    const count = elementCount(shape)
    const run = (from: Uint8Array, indexBytes: Uint8Array) => {
      const targets = smallIntegers(words32(indexBytes))
      for (const target of targets) {
        if (target < 0 || target >= count) throw new UndecodableError(`place ${target} is asked for, of ${count}`)
      }
      const out = new Uint8Array(denseBytes(dtype, count))
      lay(from, width, targets, out)
      return out
    }
    return { out: { dtype, shape }, run: ([from = NONE, places = NONE]) => run(from, places) }
  },
}

function lay(values: Uint8Array, width: 1 | 2 | 4 | 8, targets: Int32Array | Float64Array, out: Uint8Array): void {
  const [a, b] = [unitsIn(values, width), unitsIn(out, width)]
  if (width === 8) {
    for (let i = 0; i < targets.length; i++) {
      const t = 2 * (targets[i] as number)
      b[t] = a[2 * i] as number
      b[t + 1] = a[2 * i + 1] as number
    }
  } else for (let i = 0; i < targets.length; i++) b[targets[i] as number] = a[i] as number
}
