import { DIGIT_FORMS, type DigitForm, type Digits, wordsFor } from '../../src/encodings/digits.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { denseBytes, elementCount } from '../../src/ir/type.js'
import { tensor } from './models.js'

/**
 * Encoders as plain as can be, for tests: they lose nothing, choose nothing, and have nothing in common with those of
 * the product but the types.
 */

/** The elements as hexadecimal bytes. */
function elementsOf(dense: Tensor): string[] {
  const bytes = Buffer.from(dense.read())
  const width = denseBytes(dense.dtype, 1)
  return Array.from({ length: elementCount(dense.shape) }, (_, i) =>
    bytes.subarray(i * width, (i + 1) * width).toString('hex'),
  )
}

/** A tensor of such elements. */
function tensorOf({ dtype }: Tensor, shape: readonly number[], elements: readonly string[]): Tensor {
  return new MemoryTensor(dtype, shape, Uint8Array.from(Buffer.from(elements.join(''), 'hex')))
}

const isZero = (element: string) => /^0*$/.test(element)
const zeroOf = (dense: Tensor) => '00'.repeat(denseBytes(dense.dtype, 1))

export function digitsOf(form: DigitForm, order: Digits<Tensor>['order'], digits: readonly number[]): Digits<Tensor> {
  const { shape } = wordsFor([digits.length], form)
  const count = elementCount(shape)
  const words = Array.from({ length: count }, (_, w) => {
    let word = 0
    for (let place = form.perWord - 1; place >= 0; place--) {
      const at = order === 'planes' ? place * count + w : w * form.perWord + place
      word = word * form.base + (digits[at] ?? 0)
    }
    return word
  })
  return { form, order, words: tensor(form.dtype, shape, words) }
}

export function denseOf(of: Tensor): Encoded {
  return { encoding: 'dense', dtype: of.dtype, shape: of.shape, tensor: of }
}

/** @returns null when there are more values than digits */
export function codebookOf(dense: Tensor, form: DigitForm, order: Digits<Tensor>['order']): Encoded | null {
  const elements = elementsOf(dense)
  const palette = [...new Set(elements)]
  if (palette.length > form.base) return null
  // A byte that is looked up as a whole may hold any codes: each has a value, then.
  while (order === 'rows' && palette.length < form.base) palette.push(zeroOf(dense))
  const codes = elements.map((element) => palette.indexOf(element))
  const { dtype, shape } = dense
  return {
    encoding: 'codebook',
    dtype,
    shape,
    palette: tensorOf(dense, [palette.length], palette),
    codes: digitsOf(form, order, codes),
  }
}

/** @param inner  how the values are stored */
export function gapsOf(dense: Tensor, form: DigitForm, inner: (values: Tensor) => Encoded): Encoded {
  const elements = elementsOf(dense)
  const gaps: number[] = []
  const values: string[] = []
  let last = 0
  for (const [i, element] of elements.entries()) {
    if (isZero(element)) continue
    for (; i - last >= form.base; last += form.base - 1) {
      gaps.push(form.base - 1)
      values.push(zeroOf(dense))
    }
    gaps.push(i - last)
    values.push(element)
    last = i
  }
  while (gaps.length === 0 || gaps.length % form.perWord > 0) {
    gaps.push(0)
    values.push(values.at(-1) ?? elements[0] ?? '')
  }
  const { dtype, shape } = dense
  const isUnpooled = dtype === 'float32' && gaps.length <= elements.length
  const valuesShape = isUnpooled ? [1, 1, gaps.length] : [gaps.length]
  return {
    encoding: 'gaps',
    dtype,
    shape,
    gaps: digitsOf(form, 'planes', gaps),
    values: inner(tensorOf(dense, valuesShape, values)),
  }
}

export function bitmaskOf(dense: Tensor, inner: (values: Tensor) => Encoded): Encoded {
  const elements = elementsOf(dense)
  const values = [zeroOf(dense), ...elements.filter((element) => !isZero(element))]
  const mask = elements.map((element) => (isZero(element) ? 0 : 1))
  const [bits] = DIGIT_FORMS // of base 2
  if (bits?.base !== 2) throw new Error('There is no form for bits.')
  const { dtype, shape } = dense
  return {
    encoding: 'bitmask',
    dtype,
    shape,
    mask: digitsOf(bits, 'planes', mask),
    values: inner(tensorOf(dense, [values.length], values)),
  }
}

/** @returns null when there is more than one value */
export function repeatedOf(dense: Tensor): Encoded | null {
  const [element, ...others] = new Set(elementsOf(dense))
  if (element === undefined || others.length > 0) return null
  const { dtype, shape } = dense
  return { encoding: 'repeated', dtype, shape, element: tensorOf(dense, [1], [element]) }
}
