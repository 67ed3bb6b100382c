import { attr } from '../ir/attr.js'
import { MOVED } from './dtypes.js'
import { defineEncoding } from './encoding.js'
import { ints } from './ops.js'

export const repeated = defineEncoding({
  name: 'repeated',
  summary: 'one value, everywhere the same',
  dtypes: MOVED,
  label: () => 'repeated value',
  build({ element, dtype, shape }, into) {
    return into.node('ConstantOfShape', [ints(shape, into)], { dtype, shape }, { value: attr.tensor(element) })
  },
})
