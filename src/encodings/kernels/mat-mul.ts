import { elementCount } from '../../ir/type.js'
import { bytesOf } from '../../ir/walk.js'
import { isHalfType, type Numbers, numbersIn, words16 } from './arrays.js'
import { narrowed, widened } from './halves.js'
import type { Kernel } from './kernel.js'

/**
 * Of two matrices. Sums are kept in float64 and rounded once; ONNX Runtime rounds at every step, in an order that
 * depends on the processor: the results may differ in their last bits.
 */
export const matMul: Kernel = {
  ops: ['MatMul'],
  plan(_, [a, b]) {
    if (a?.shape.length !== 2 || b?.shape.length !== 2 || a.dtype !== b.dtype || a.shape[1] !== b.shape[0]) return null
    const { dtype } = a
    if (dtype !== 'float32' && dtype !== 'float64' && !isHalfType(dtype)) return null
    const [rows = 0, inner = 0] = a.shape
    const [, columns = 0] = b.shape
    const floats = (bytes: Uint8Array): Numbers =>
      isHalfType(dtype) ? widened(dtype, words16(bytes)) : numbersIn(dtype, bytes)
    const run = (left: Numbers, right: Numbers) => {
      const out = dtype === 'float64' ? new Float64Array(rows * columns) : new Float32Array(rows * columns)
      const sums = new Float64Array(columns)
      for (let row = 0; row < rows; row++) {
        sums.fill(0)
        for (let k = 0; k < inner; k++) {
          const x = left[row * inner + k] as number
          for (let column = 0, at = k * columns; column < columns; column++, at++) {
            sums[column] = (sums[column] as number) + x * (right[at] as number)
          }
        }
        out.set(sums, row * columns)
      }
      return isHalfType(dtype) && out instanceof Float32Array ? bytesOf(narrowed(dtype, out)) : bytesOf(out)
    }
    const shape = [rows, columns]
    return {
      out: { dtype, shape },
      run: ([left = NONE, right = NONE]) => (elementCount(shape) === 0 ? NONE : run(floats(left), floats(right))),
    }
  },
}

const NONE = new Uint8Array(0)
