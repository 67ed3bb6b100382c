import { MemoryTensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'
import { buildDigits } from './digits.js'
import { MOVED } from './dtypes.js'
import { defineEncoding, type Spec } from './encoding.js'
import { reshaped } from './ops.js'

/**
 * A bit for every element. The running count of ones numbers the elements that are not zero, and times the bit itself it
 * leads the others to a zero. Each of these steps is as long as the tensor, in int32: decoding takes more memory and time
 * than the other encodings', so it is for tensors that are a small part of a model.
 */
export const bitmask = defineEncoding({
  name: 'bitmask',
  summary: 'a bit for every element, and those that are not zero',
  dtypes: MOVED,
  label: ({ values }, inner) => `bitmask + ${inner(values)}`,
  build({ mask, values, dtype, shape }, into, inner) {
    const flat: Spec = { dtype: 'int32', shape: [elementCount(shape)] }
    const bits = buildDigits(mask, flat.shape, 'int32', into)
    const axis = into.shared(new MemoryTensor('int32', [], new Uint8Array(4)))
    const counts = into.node('CumSum', [bits, axis], flat)
    const places = into.node('Mul', [counts, bits], flat)
    const shaped = shape.length === 1 ? places : reshaped(places, { dtype: 'int32', shape }, into)
    return into.node('Gather', [inner(values), shaped], { dtype, shape })
  },
})
