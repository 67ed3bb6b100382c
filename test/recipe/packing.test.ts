import assert from 'node:assert/strict'
import { sketch } from '../../fixtures/sketch.js'
import { packingReport } from '../../src/recipe/packing.js'

describe('packingReport', () => {
  const s = sketch('packing')
  const x = s.input('x', ['N', 4])
  const small = s.weight('small', [4, 2])
  const large = s.weight('large', [4, 8])
  const unread = s.weight('unread', [3])
  s.output('a', s.node('MatMul', 'first', [x, large]), null)
  s.output('b', s.node('MatMul', 'second', [x, large]), null)
  s.output('c', s.node('MatMul', 'third', [x, small]), null)
  const packed = { dtype: 'float32', encoding: 'codebook of 4', sparsity: 0.25, error: 0.01 } as const
  const point = { metric: 'top1', unit: 'fraction', better: 'higher', base: 0.9, value: 0.89, chosen: false } as const

  it('names the weights, the largest first, with the first node that reads each', () => {
    const { weights, bound, consumers } = packingReport({
      bound: '2 bits',
      weights: [
        { ...packed, value: small, shape: [4, 2], bytesBefore: 32, bytes: 20 },
        { ...packed, value: large, shape: [4, 8], bytesBefore: 128, bytes: 36 },
        { ...packed, value: unread, shape: [3], bytesBefore: 12, bytes: 12 },
      ],
      curve: [],
    })

    assert.deepEqual(
      weights.map(({ weight, node, op, elements, bitsPerWeight }) => [weight, node, op, elements, bitsPerWeight]),
      [
        ['large', 'first', 'MatMul', 32, 9],
        ['small', 'third', 'MatMul', 8, 20],
        ['unread', null, null, 3, 32],
      ],
    )
    assert.deepEqual(weights[0], {
      weight: 'large',
      node: 'first',
      op: 'MatMul',
      dtype: 'float32',
      shape: [4, 8],
      elements: 32,
      encoding: 'codebook of 4',
      bytesBefore: 128,
      bytes: 36,
      bitsPerWeight: 9,
      sparsity: 0.25,
      error: 0.01,
    })
    assert.deepEqual([bound, consumers], ['2 bits', []])
  })

  it('has the curve with the smallest file first, and no bits where there are no elements', () => {
    const curve = [
      { ...point, bound: 'b', bytes: 200 },
      { ...point, bound: 'a', bytes: 100 },
    ]
    const empty = { ...packed, value: unread, shape: [0], bytesBefore: 0, bytes: 8 }
    const report = packingReport({ bound: 'lossless', weights: [empty], curve })

    assert.deepEqual(
      report.curve.map(({ bytes }) => bytes),
      [100, 200],
    )
    assert.equal(report.weights[0]?.bitsPerWeight, 0)
  })
})
