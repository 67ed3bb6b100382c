import { attr } from '../ir/attr.js'
import { defineEncoding } from './encoding.js'
import { ints } from './ops.js'

export const repeated = defineEncoding({
  name: 'repeated',
  summary: 'one value, everywhere the same',
  label: () => 'repeated value',
  build({ element, dtype, shape }, into) {
    return into.node('ConstantOfShape', [ints(shape, into)], { dtype, shape }, { value: attr.tensor(element) })
  },
})
