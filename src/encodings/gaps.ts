import { attr } from '../ir/attr.js'
import { MemoryTensor } from '../ir/tensor.js'
import { denseBytes, elementCount } from '../ir/type.js'
import { buildDigits, digitCount } from './digits.js'
import { MOVED } from './dtypes.js'
import { type Builder, defineEncoding, type EncodedAs, type Spec } from './encoding.js'
import { ints, reshaped } from './ops.js'

/**
 * Where the next element is that is not zero, and what it is. The places are the running sum of the gaps, so that only
 * few operations are as long as the tensor: one lays the values into zeros, one gives the result its shape.
 *
 * MaxUnpool does the first in a single node, with a window as wide as the zeros that are to come in between. It takes
 * only float32; for other types ConstantOfShape and ScatterElements do it in two.
 * https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
 */
export const gaps = defineEncoding({
  name: 'gaps',
  summary: 'the elements that are not zero, and their distances',
  dtypes: MOVED,
  label: ({ gaps, values }, inner) => `gaps below ${gaps.form.base} + ${inner(values)}`,
  build(encoded, into, inner) {
    const { dtype, shape } = encoded
    const flat = unpooled(encoded) ? unpool(encoded, into, inner) : scatter(encoded, into, inner)
    return shape.length === 1 ? flat : reshaped(flat, { dtype, shape }, into)
  },
})

/** The shape that the values must have. */
export function gapValuesShape(dtype: string, elements: number, entries: number): readonly number[] {
  return dtype === 'float32' && entries <= elements ? [1, 1, entries] : [entries]
}

function unpooled({ values }: EncodedAs<'gaps', Spec>): boolean {
  return values.shape.length === 3
}

function unpool<V, S extends Spec>(
  encoded: EncodedAs<'gaps', S>,
  into: Builder<V, S>,
  inner: (part: EncodedAs<'gaps', S>['values']) => V,
): V {
  const { dtype, shape, values } = encoded
  const elements = elementCount(shape)
  const places = placesOf(encoded, 'int64', into)
  const attrs = { kernel_shape: attr.ints([elements - digitCount(encoded.gaps) + 1]) }
  const laid = into.node('MaxUnpool', [inner(values), places], { dtype, shape: [1, 1, elements] }, attrs)
  return shape.length === 1 ? reshaped(laid, { dtype, shape }, into) : laid
}

function scatter<V, S extends Spec>(
  encoded: EncodedAs<'gaps', S>,
  into: Builder<V, S>,
  inner: (part: EncodedAs<'gaps', S>['values']) => V,
): V {
  const { dtype, shape, values } = encoded
  const flat: Spec = { dtype, shape: [elementCount(shape)] }
  const zero = attr.tensor(new MemoryTensor(dtype, [1], new Uint8Array(denseBytes(dtype, 1))))
  const zeros = into.node('ConstantOfShape', [ints(flat.shape, into)], flat, { value: zero })
  return into.node('ScatterElements', [zeros, placesOf(encoded, 'int32', into), inner(values)], flat)
}

function placesOf<V, S extends Spec>(
  { gaps, values }: EncodedAs<'gaps', S>,
  dtype: 'int32' | 'int64',
  into: Builder<V, S>,
): V {
  const { shape } = values
  const axis = new MemoryTensor('int32', [], new Uint8Array(Int32Array.of(shape.length - 1).buffer))
  return into.node('CumSum', [buildDigits(gaps, shape, dtype, into), into.shared(axis)], { dtype, shape })
}
