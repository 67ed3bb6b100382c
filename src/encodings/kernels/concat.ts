import { denseBytes, elementCount } from '../../ir/type.js'
import { axisOf, type Kernel, widthOf } from './kernel.js'

/** https://onnx.ai/onnx/operators/onnx__Concat.html */
export const concat: Kernel = {
  ops: ['Concat'],
  plan(node, inputs) {
    const parts = inputs.filter((part) => part !== null)
    const [first] = parts
    const axis = first ? axisOf(node.int('axis', 0), first.shape.length) : null
    if (!first || axis === null || parts.length < inputs.length || widthOf(first) === null) return null
    const { dtype } = first
    const alike = parts.every(
      (part) =>
        part.dtype === dtype &&
        part.shape.length === first.shape.length &&
        part.shape.every((size, i) => i === axis || size === first.shape[i]),
    )
    if (!alike) return null
    const shape = first.shape.map((size, i) =>
      i === axis ? parts.reduce((n, p) => n + (p.shape[axis] ?? 0), 0) : size,
    )
    const rows = elementCount(shape.slice(0, axis))
    const run = (blocks: readonly Uint8Array[]) => {
      const out = new Uint8Array(denseBytes(dtype, elementCount(shape)))
      let at = 0
      for (let row = 0; row < rows; row++) {
        for (const block of blocks) {
          const bytes = block.byteLength / rows
          out.set(block.subarray(row * bytes, (row + 1) * bytes), at)
          at += bytes
        }
      }
      return out
    }
    return { out: { dtype, shape }, run }
  },
}
