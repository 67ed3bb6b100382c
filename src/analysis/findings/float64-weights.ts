import { counted, type Finder } from './finding.js'

/** Weights in double precision, mostly by accident: NumPy's default. */
export const float64Weights: Finder = ({ weights, bytesOf }) => {
  const found = weights.filter(({ tensor }) => tensor.dtype === 'float64')
  if (found.length === 0) return []
  return [
    {
      kind: 'float64-weights',
      what: `${counted(found.length, 'weight')} ${found.length === 1 ? 'is' : 'are'} stored as float64.`,
      targets: found.map(({ value }) => value.name),
      bytes: Math.floor(found.reduce((sum, { value }) => sum + bytesOf(value), 0) / 2),
      remedy: 'Export the model in float32: half of the bytes, and faster.',
    },
  ]
}
