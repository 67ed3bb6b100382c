import { MemoryTensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'
import { buildDigits, type DigitForm, type Digits } from './digits.js'
import { MOVED } from './dtypes.js'
import { type Builder, defineEncoding, type Spec } from './encoding.js'
import { castTo, firstOf } from './ops.js'

/**
 * A palette of K values and the place of each element in it (Han et al. 2016, arXiv:1510.00149, without the Huffman
 * code). Large weights have their codes in rows: a byte of two or more codes is looked up in a table of all bytes, which
 * takes half of the lookups and less memory than taking the bytes apart.
 */
export const codebook = defineEncoding({
  name: 'codebook',
  summary: 'a palette of at most 256 values',
  dtypes: MOVED,
  label: ({ palette }) => `codebook of ${elementCount(palette.shape)}`,
  build({ palette, codes, dtype, shape }, into) {
    const stored = into.constant(palette)
    const values = palette.dtype === dtype ? stored : castTo(dtype, stored, palette.shape, into)
    if (codes.order === 'planes') {
      return into.node('Gather', [values, buildDigits(codes, shape, 'int32', into)], { dtype, shape })
    }
    const { form, words } = codes
    const places = into.shared(placesOfBytes(form))
    const table: Spec = { dtype, shape: [256, form.perWord] }
    const bytes = into.node('Gather', [values, castTo('int32', places, table.shape, into, true)], table)
    const looked: Spec = { dtype, shape: [...words.shape, form.perWord] }
    const found = into.node('Gather', [bytes, wholeWords(codes, into)], looked)
    return firstOf(found, looked, shape, into)
  },
})

function wholeWords<V, S extends Spec>({ words }: Digits<S>, into: Builder<V, S>): V {
  return castTo('int32', into.constant(words), words.shape, into)
}

/** uint8[256, perWord]: the digits of every byte. */
function placesOfBytes({ base, perWord }: DigitForm): MemoryTensor {
  const digits = Uint8Array.from(
    { length: 256 * perWord },
    (_, i) => (Math.floor(i / perWord) / base ** (i % perWord)) % base,
  )
  return new MemoryTensor('uint8', [256, perWord], digits)
}
