import assert from 'node:assert/strict'
import { maskLayer, maskNM, maskRows } from '../../../src/passes/prune/masks.js'
import { wandaScores } from '../../../src/passes/prune/wanda.js'
import type { Layout } from '../../../src/rewrites/weight-matrix.js'
import { memberOf } from './pools.js'

/** [rows, columns] as it is stored. */
function matrix(values: readonly number[], rows: number) {
  const columns = values.length / rows
  const member = { ...memberOf(values), shape: [rows, columns], out: 0, in: 1 }
  const range = (n: number, step: number) => Int32Array.from({ length: n }, (_, i) => i * step)
  const layout: Layout = {
    groups: 1,
    rows,
    columns,
    rowOffsets: range(rows, columns),
    columnOffsets: range(columns, 1),
    places: 1,
  }
  return { member, layout }
}

describe('Wanda', () => {
  it('scores a weight by its magnitude times the norm of its inputs', () => {
    const { member, layout } = matrix([1, -2, 3, -4, 5, 6], 2)

    const scores = wandaScores(member, layout, Float64Array.of(4, 9, 0.25))

    assert.deepEqual(scores, Float64Array.of(2, 6, 1.5, 8, 15, 3))
  })

  it('takes the norms of its own group, and finds weights where they are stored', () => {
    // [M, C/g, k] = [2, 2, 1] in two groups, stored as [C/g, M]
    const member = { ...memberOf([1, 2, 3, 4]), shape: [2, 2], out: 1, in: 0 }
    const layout: Layout = {
      groups: 2,
      rows: 1,
      columns: 2,
      rowOffsets: Int32Array.of(0, 1),
      columnOffsets: Int32Array.of(0, 2),
      places: 1,
    }

    assert.deepEqual(wandaScores(member, layout, Float64Array.of(1, 4, 9, 16)), Float64Array.of(1, 6, 6, 16))
  })

  it('compares within each output row: the paper, figure 1', () => {
    const { member, layout } = matrix([4, 0.1, -1, 1, 3, -1.9, -0.1, 2, -0.5, 2, 0.2, 0.3], 3)
    const scores = wandaScores(member, layout, Float64Array.of(1, 4, 9, 64))

    const { mask, zerosAfter } = maskRows(member, 0.5, scores)

    // scores by row: 4 .2 3 8 | 3 3.8 .3 16 | .5 4 .6 2.4
    const gone = Array.from({ length: 12 }, (_, i) => (mask.has(i) ? 1 : 0))
    assert.deepEqual(gone, [0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    assert.equal(zerosAfter, 6)
  })

  it('lets weights whose inputs are always zero go first, behind the zeros that are there', () => {
    const { member, layout } = matrix([9, 0, 1, 2, 9, 3, 0, 4], 2)
    const scores = wandaScores(member, layout, Float64Array.of(0, 1, 1, 1))

    const half = maskRows(member, 0.5, scores)
    const gone = Array.from({ length: 8 }, (_, i) => (half.mask.has(i) ? 1 : 0))
    assert.deepEqual(gone, [1, 1, 0, 0, 1, 0, 1, 0])
    assert.deepEqual([half.zerosBefore, half.zerosAfter], [2, 4])
    assert.deepEqual([maskNM(member, 1, 4, scores).zerosAfter, maskLayer(member, 0.75, scores).zerosAfter], [6, 6])
  })

  it('keeps the order of weights whose scores float32 would take for zero or infinite', () => {
    const { member, layout } = matrix([1e-38, 2e-38, 3e38, 1e38], 1)

    const [a = 0, b = 0, c = 0, d = 0] = wandaScores(member, layout, Float64Array.of(1e-20, 1e-20, 1e20, 1e20))

    assert.ok(0 < a && a < b && d < c && Number.isFinite(c))
  })
})
