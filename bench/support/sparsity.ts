import { elementCount } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'

/** The share of zeros, 0..1, in the float32 initializers of rank 2 and more: what all tools compared here prune. */
export function weightSparsity(path: string): number {
  let [zeros, elements] = [0, 0]
  for (const { constant } of readModel(path).model.main.initializers) {
    if (constant?.dtype !== 'float32' || constant.shape.length < 2) continue
    elements += elementCount(constant.shape)
    for (const chunk of constant.chunks()) {
      for (const w of new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)) if (w === 0) zeros++
    }
  }
  return zeros / elements
}
