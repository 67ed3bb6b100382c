import { statisticsOf } from '../distribution.js'
import { counted, type Finder } from './finding.js'

/** Weights with infinities or NaN: whatever they are multiplied by is lost. */
export const notFiniteWeights: Finder = ({ weights }) => {
  const found = weights.flatMap(({ value, tensor }) => {
    const notFinite = statisticsOf(tensor)?.notFinite ?? 0
    return notFinite > 0 ? [{ name: value.name, notFinite }] : []
  })
  if (found.length === 0) return []
  const values = found.reduce((sum, f) => sum + f.notFinite, 0)
  return [
    {
      kind: 'not-finite-weights',
      what: `${counted(values, 'value')} in ${counted(found.length, 'weight')} ${values === 1 ? 'is' : 'are'} infinite or no number.`,
      targets: found.map(({ name }) => name),
      bytes: 0,
      remedy: 'Look for an overflow where the model was trained or converted, and export it again.',
    },
  ]
}
