import type { Layout } from '../../rewrites/weight-matrix.js'
import { magnitudesOf } from './keys.js'
import type { AxisMember } from './masks.js'

/** Below every score of a weight whose inputs are not always zero, above that of a zero. */
const DEAD = Number.MIN_VALUE

/**
 * What a weight is worth: its magnitude times the norm of the inputs that it meets,
 *
 *   score[i, j] = |W[i, j]| * ||X_j||_2
 *
 * A zero has score 0. A weight whose inputs are always zero comes next.
 *
 * @param squares  of each input the sum of squares over the calibration data [groups, columns]
 * @returns        in the order in which the weights are stored; float64, since products may leave the range of float32
 * @throws         UnsupportedModelError when a weight is not finite
 * @see            Sun et al. 2023, arXiv:2306.11695, equation 1
 */
export function wandaScores(member: AxisMember, layout: Layout, squares: Float64Array): Float64Array {
  const scores = Float64Array.from(magnitudesOf(member.tensor, member.name))
  const { groups, rows, columns, rowOffsets, columnOffsets } = layout
  for (let group = 0; group < groups; group++) {
    const norms = squares.subarray(group * columns, (group + 1) * columns).map(Math.sqrt)
    for (let row = group * rows; row < (group + 1) * rows; row++) {
      const start = rowOffsets[row] as number // inside the arrays, as are the next
      for (let c = 0; c < columns; c++) {
        const at = start + (columnOffsets[c] as number)
        const magnitude = scores[at] as number
        if (magnitude !== 0) scores[at] = Math.max(DEAD, magnitude * (norms[c] as number))
      }
    }
  }
  return scores
}
