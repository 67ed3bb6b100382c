import assert from 'node:assert/strict'
import { macsOf, weightSpecs } from './one-node.js'

/** input, router, fc1, no bias, fc2, no bias, fc3 */
const GATED = [[2, 5, 16], [10, 4], [4, 24, 16], null, [4, 16, 24], null, [4, 24, 16]] as const

describe('MoE', () => {
  it('sends each token through k experts', () => {
    const macs = macsOf('com.microsoft.MoE', GATED, [[2, 5, 16]], { k: 2 })

    assert.equal(macs, 10 * 2 * 3 * 24 * 16)
  })

  it('has the matrices of its experts as weights, however many there are', () => {
    const inputs = (shapes: Parameters<typeof weightSpecs>[1]) =>
      weightSpecs('com.microsoft.MoE', shapes).map((spec) => spec.input)

    assert.deepEqual(inputs(GATED), [2, 4, 6])
    assert.deepEqual(inputs(GATED.slice(0, 5)), [2, 4])
  })
})
