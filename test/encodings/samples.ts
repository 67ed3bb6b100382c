import { digitForm } from '../../src/encodings/digits.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { elementCount } from '../../src/ir/type.js'
import { nibbles, tensor } from './models.js'

export { store } from './models.js'

const numbers = (count: number, below: number) => Array.from({ length: count }, (_, i) => (i * 7) % below)
const f32 = (shape: readonly number[], values: readonly number[]) => tensor('float32', shape, values)
const dense = (of: Tensor): Encoded => ({ encoding: 'dense', dtype: of.dtype, shape: of.shape, tensor: of })

/** A float32 matrix, small in each of the ways that there are. */
export function samples(shape: readonly [number, number]): readonly Encoded[] {
  const elements = elementCount(shape)
  const made = { dtype: 'float32' as const, shape }
  const codes = tensor('int8', shape, numbers(elements, 99))
  const ones = Math.ceil(elements / 16)
  return [
    { encoding: 'cast', ...made, stored: tensor('float16', shape, numbers(elements, 999)) },
    {
      encoding: 'int8',
      ...made,
      codes,
      scale: f32(
        [shape[0], 1],
        numbers(shape[0], 5).map((x) => x + 1),
      ),
    },
    { encoding: 'int8', ...made, codes, scale: f32([1], [0.5]) },
    nibbles('planes', shape),
    nibbles('rows', shape),
    bytewise(shape),
    ...[16, 40, 256].map((base) => sparse(shape, base)),
    {
      encoding: 'bitmask',
      ...made,
      mask: {
        form: digitForm(2),
        order: 'planes',
        words: tensor('uint8', [1, elements / 8], numbers(elements / 8, 2)),
      },
      values: {
        encoding: 'int8',
        dtype: 'float32',
        shape: [1 + ones],
        codes: tensor('int8', [1 + ones], numbers(1 + ones, 50)),
        scale: f32([1], [2]),
      },
    },
    {
      encoding: 'low-rank',
      ...made,
      left: {
        encoding: 'cast',
        dtype: 'float32',
        shape: [shape[0], 3],
        stored: tensor('float16', [shape[0], 3], numbers(3 * shape[0], 99)),
      },
      right: dense(f32([3, shape[1]], numbers(3 * shape[1], 7))),
    },
    { encoding: 'repeated', ...made, element: f32([1], [2.5]) },
  ]
}

/** Codes of a byte each. */
function bytewise(shape: readonly number[]): Encoded {
  const count = elementCount(shape)
  const words = tensor('uint8', [1, count], numbers(count, 251))
  const palette = f32([256], numbers(256, 256))
  return {
    encoding: 'codebook',
    dtype: 'float32',
    shape,
    palette,
    codes: { form: digitForm(256), order: 'planes', words },
  }
}

/** So many that computing with them ahead would not be shorter. */
const WORDS = 400

/** A few numbers at distances of 0 and 1. */
function sparse(shape: readonly number[], base: number): Encoded {
  const form = digitForm(base)
  const count = WORDS * form.perWord
  const words = tensor(form.dtype, [1, WORDS], Array(WORDS).fill(1))
  const values = dense(f32([1, 1, count], numbers(count, 9)))
  return { encoding: 'gaps', dtype: 'float32', shape, gaps: { form, order: 'planes', words }, values }
}
