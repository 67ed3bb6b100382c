import { broadcastShape, broadcastStrides } from './broadcast.js'
import { axisOf, integersOf, type Kernel, parameter, widthOf } from './kernel.js'
import { denseStrides, strided } from './strided.js'

const NONE = new Uint8Array(0)

/** https://onnx.ai/onnx/operators/onnx__Transpose.html */
export const transpose: Kernel = {
  ops: ['Transpose'],
  plan(node, [data]) {
    const width = data ? widthOf(data) : null
    if (!data || width === null) return null
    const strides = denseStrides(data.shape)
    const perm = node.ints('perm') ?? data.shape.map((_, i) => data.shape.length - 1 - i)
    const isPermutation = perm.length === data.shape.length && new Set(perm).size === perm.length
    if (!isPermutation || perm.some((axis) => data.shape[axis] === undefined)) return null
    const shape = perm.map((axis) => data.shape[axis] ?? 0)
    const steps = perm.map((axis) => strides[axis] ?? 0)
    return { out: { dtype: data.dtype, shape }, run: ([bytes = NONE]) => strided(bytes, width, 0, shape, steps) }
  },
}

/** https://onnx.ai/onnx/operators/onnx__Slice.html */
export const slice: Kernel = {
  ops: ['Slice'],
  plan(node, inputs) {
    const [data] = inputs
    const width = data ? widthOf(data) : null
    const starts = parameter(node, 'starts', inputs, 1)
    const ends = parameter(node, 'ends', inputs, 2)
    const axes = parameter(node, 'axes', inputs, 3)
    const steps = parameter(node, 'steps', inputs, 4)
    if (!data || width === null || !starts || !ends || axes === null || steps === null) return null
    const shape = [...data.shape]
    const strides = denseStrides(data.shape)
    let offset = 0
    for (const [i, start] of starts.entries()) {
      const axis = axisOf(axes?.[i] ?? i, shape.length)
      const [end, step] = [ends[i], steps?.[i] ?? 1]
      if (axis === null || end === undefined || step === 0) return null
      const range = rangeOf(start, end, step, shape[axis] ?? 0)
      offset += range.first * (strides[axis] ?? 0)
      shape[axis] = range.count
      strides[axis] = (strides[axis] ?? 0) * step
    }
    return { out: { dtype: data.dtype, shape }, run: ([bytes = NONE]) => strided(bytes, width, offset, shape, strides) }
  },
}

/** From -1 down an end counts from the other end; what lies outside is clamped. */
function rangeOf(start: number, end: number, step: number, size: number): { first: number; count: number } {
  const clamp = (at: number, least: number, most: number) => Math.min(Math.max(at < 0 ? at + size : at, least), most)
  const [first, last] =
    step > 0 ? [clamp(start, 0, size), clamp(end, 0, size)] : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)]
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) }
}

/** https://onnx.ai/onnx/operators/onnx__Expand.html */
export const expand: Kernel = {
  ops: ['Expand'],
  plan(_, [data, target]) {
    const width = data ? widthOf(data) : null
    const wanted = integersOf(target)
    const shape = data && wanted && broadcastShape(data.shape, wanted)
    if (!data || width === null || !shape) return null
    const strides = broadcastStrides(data.shape, shape)
    return { out: { dtype: data.dtype, shape }, run: ([bytes = NONE]) => strided(bytes, width, 0, shape, strides) }
  },
}

/** Each axis becomes two: which copy, and which place in it. https://onnx.ai/onnx/operators/onnx__Tile.html */
export const tile: Kernel = {
  ops: ['Tile'],
  plan(_, [data, times]) {
    const width = data ? widthOf(data) : null
    const repeats = integersOf(times)
    if (!data || width === null || repeats?.length !== data.shape.length || repeats.some((n) => n < 0)) return null
    const strides = denseStrides(data.shape)
    const halves = data.shape.flatMap((size, axis) => [repeats[axis] ?? 1, size])
    const steps = strides.flatMap((stride) => [0, stride])
    const shape = data.shape.map((size, axis) => size * (repeats[axis] ?? 1))
    return { out: { dtype: data.dtype, shape }, run: ([bytes = NONE]) => strided(bytes, width, 0, halves, steps) }
  },
}
