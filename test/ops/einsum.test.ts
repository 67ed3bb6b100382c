import assert from 'node:assert/strict'
import { axesOf, macsOf, weightSpecs } from './one-node.js'

const SCORES = [[2, 4, 5, 8], [2, 4, 6, 8]] as const // biome-ignore format: one line

describe('Einsum', () => {
  it('takes one multiplication for each combination of the labels of two operands', () => {
    assert.equal(macsOf('Einsum', SCORES, [[2, 4, 5, 6]], { equation: 'bhid,bhjd->bhij' }), 2 * 4 * 5 * 6 * 8)
    assert.equal(macsOf('Einsum', [[3], [4]], [[3, 4]], { equation: 'i,j->ij' }), 12)
  })

  it('multiplies three operands from left to right, and drops a label as soon as nobody needs it', () => {
    const shapes = [[2, 3], [3, 5], [5, 7]] as const // biome-ignore format: one line

    // ij,jk -> ik takes 2*3*5; then ik,kl -> il takes 2*5*7
    assert.equal(macsOf('Einsum', shapes, [[2, 7]], { equation: 'ij,jk,kl->il' }), 30 + 70)
  })

  it('knows ellipses, blanks, and the output that goes without saying', () => {
    assert.equal(
      macsOf(
        'Einsum',
        [
          [2, 4, 5, 8],
          [8, 3],
        ],
        [[2, 4, 5, 3]],
        { equation: ' ... d , d e -> ... e' },
      ),
      40 * 24,
    )
    assert.equal(
      macsOf(
        'Einsum',
        [
          [5, 7],
          [7, 3],
        ],
        [[5, 3]],
        { equation: 'ij,jk' },
      ),
      105,
    )
  })

  it('takes the larger extent where one is broadcast', () => {
    assert.equal(
      macsOf(
        'Einsum',
        [
          [1, 5, 7],
          [4, 7, 3],
        ],
        [[4, 5, 3]],
        { equation: 'bij,bjk->bik' },
      ),
      4 * 105,
    )
  })

  it('takes nothing to transpose or to sum one operand', () => {
    assert.equal(macsOf('Einsum', [[5, 7]], [[7, 5]], { equation: 'ij->ji' }), 0)
  })

  it('has a weight where a label is summed over and another is its own', () => {
    assert.deepEqual(
      axesOf(
        'Einsum',
        1,
        [
          [2, 5, 8],
          [4, 8, 3],
        ],
        { equation: 'bsd,hde->bshe' },
      ),
      [0, 1],
    )
    assert.deepEqual(
      axesOf(
        'Einsum',
        1,
        [
          [2, 5, 8],
          [8, 3],
        ],
        { equation: '...d,de->...e' },
      ),
      [1, 0],
    )
    assert.deepEqual(
      axesOf(
        'Einsum',
        0,
        [
          [9, 3, 8],
          [2, 8],
        ],
        { equation: 'o...i,bi->bo...' },
      ),
      [0, -1],
    )
    assert.deepEqual(weightSpecs('Einsum', [[3], [3]], { equation: 'i,i->i' }), [])
  })

  it('says null without an equation', () => {
    assert.equal(
      macsOf(
        'Einsum',
        [
          [5, 7],
          [7, 3],
        ],
        [[5, 3]],
      ),
      null,
    )
  })
})
