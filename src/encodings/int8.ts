import { elementCount } from '../ir/type.js'
import { MULTIPLIED } from './dtypes.js'
import { defineEncoding } from './encoding.js'
import { castTo } from './ops.js'

/**
 * Cast and Mul instead of DequantizeLinear: ONNX Runtime folds these two at load, and never folds that one.
 * https://onnxruntime.ai/docs/performance/graph-optimizations.html
 */
export const int8 = defineEncoding({
  name: 'int8',
  summary: '255 steps of equal size, for all or by channel',
  dtypes: MULTIPLIED,
  label: ({ scale }) => (elementCount(scale.shape) > 1 ? 'int8 by channel' : 'int8'),
  build({ codes, scale, dtype, shape }, into) {
    const whole = castTo(dtype, into.constant(codes), shape, into)
    return into.node('Mul', [whole, into.constant(scale)], { dtype, shape })
  },
})
