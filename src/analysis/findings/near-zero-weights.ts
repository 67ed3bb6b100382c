import { elementCount } from '../../ir/type.js'
import { statisticsOf } from '../distribution.js'
import { counted, type Finder } from './finding.js'

/** Of normal weights about 4 % are that near to zero. */
const MUCH = 0.3

/** Weights that pruning costs little: many of their values are at most a hundredth of the largest, and not yet zero. */
export const nearZeroWeights: Finder = ({ weights }) => {
  const found = weights
    .filter(({ skip, main }) => skip === null && main.kind === 'weight')
    .flatMap(({ value, tensor }) => {
      const statistics = statisticsOf(tensor)
      if (!statistics?.distribution) return []
      const size = elementCount(tensor.shape)
      const near = Math.round(statistics.distribution.nearZero * (size - statistics.notFinite)) - statistics.zeros
      return near >= MUCH * size ? [{ name: value.name, near, size }] : []
    })
  if (found.length === 0) return []
  const near = found.reduce((sum, f) => sum + f.near, 0)
  const size = found.reduce((sum, f) => sum + f.size, 0)
  const share = `${((100 * near) / size).toFixed(0)} %`
  return [
    {
      kind: 'near-zero-weights',
      what: `In ${counted(found.length, 'weight')} ${share} of the values are nearly zero: at most a hundredth of the largest.`,
      targets: found.map(({ name }) => name),
      bytes: 0,
      remedy: `mcompress prune --sparsity ${Math.floor((10 * near) / size) / 10} --pack takes the smallest out, and the file is smaller by them; with --eval-data it tells what that costs.`,
    },
  ]
}
