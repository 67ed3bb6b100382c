import { defineEncoding } from './encoding.js'

export const dense = defineEncoding({
  name: 'dense',
  summary: 'as it is',
  dtypes: 'all',
  label: ({ dtype }) => dtype,
  build: ({ tensor }, into) => into.constant(tensor),
})
