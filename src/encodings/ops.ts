import { attr } from '../ir/attr.js'
import { MemoryTensor } from '../ir/tensor.js'
import { type DType, dtypeCode, elementCount } from '../ir/type.js'
import type { Builder, Spec } from './encoding.js'

/** The few ops that most encodings need. */

export function castTo<V, S extends Spec>(
  dtype: DType,
  value: V,
  shape: readonly number[],
  into: Builder<V, S>,
  shared = false,
): V {
  const attrs = { to: attr.int(dtypeCode(dtype)) }
  return into[shared ? 'sharedNode' : 'node']('Cast', [value], { dtype, shape }, attrs)
}

export function reshaped<V, S extends Spec>(value: V, out: Spec, into: Builder<V, S>): V {
  const [first, second] = out.shape
  const isRow = out.shape.length === 3 && first === 1 && second === 1 // of any length: one shape serves all
  return into.node('Reshape', [value, ints(isRow ? [1, 1, -1] : out.shape, into)], out)
}

/** The first elements, as many as the shape has, in that shape. */
export function firstOf<V, S extends Spec>(value: V, is: Spec, shape: readonly number[], into: Builder<V, S>): V {
  const count = elementCount(is.shape)
  const wanted = elementCount(shape)
  if (wanted === count) return is.shape.join() === shape.join() ? value : reshaped(value, { ...is, shape }, into)
  const flat = reshaped(value, { ...is, shape: [count] }, into)
  const cut: Spec = { ...is, shape: [wanted] }
  const first = into.node('Slice', [flat, ints([0], into), ints([wanted], into)], cut)
  return shape.length === 1 ? first : reshaped(first, { ...is, shape }, into)
}

/** int64[n]: a shape, or places. */
export function ints<V, S extends Spec>(values: readonly number[], into: Builder<V, S>): V {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
  return into.shared(new MemoryTensor('int64', [values.length], bytes))
}

/** One integer, of shape [1]. */
export function integer<V, S extends Spec>(dtype: 'int32' | 'int64', value: number, into: Builder<V, S>): V {
  const { buffer } = dtype === 'int32' ? Int32Array.of(value) : BigInt64Array.of(BigInt(value))
  return into.shared(new MemoryTensor(dtype, [1], new Uint8Array(buffer)))
}
