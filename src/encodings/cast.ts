import { MOVED } from './dtypes.js'
import { defineEncoding } from './encoding.js'
import { castTo } from './ops.js'

/** float16 has 11 significant bits up to 65504, bfloat16 has 8 and the range of float32. bfloat16 needs opset 13. */
export const cast = defineEncoding({
  name: 'cast',
  summary: 'every element in a narrower type: float16, bfloat16, small integers',
  dtypes: MOVED,
  label: ({ stored }) => stored.dtype,
  build: ({ stored, dtype, shape }, into) => castTo(dtype, into.constant(stored), shape, into),
})
