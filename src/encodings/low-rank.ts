import { MULTIPLIED } from './dtypes.js'
import { defineEncoding, type Spec } from './encoding.js'
import { reshaped } from './ops.js'

/** Two narrow factors whose product is the weight: r (m + n) numbers instead of m n. */
export const lowRank = defineEncoding({
  name: 'low-rank',
  summary: 'two narrow factors, multiplied at load',
  dtypes: MULTIPLIED,
  label: ({ left }, inner) => `rank ${left.shape[1]} + ${inner(left)}`,
  build({ left, right, dtype, shape }, into, inner) {
    const product: Spec = { dtype, shape: [left.shape[0] ?? 0, right.shape[1] ?? 0] }
    const made = into.node('MatMul', [inner(left), inner(right)], product)
    return product.shape.join() === shape.join() ? made : reshaped(made, { dtype, shape }, into)
  },
})
