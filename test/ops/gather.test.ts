import assert from 'node:assert/strict'
import { opOf } from '../../src/ops/index.js'
import { nodeOf, weightSpecs } from './one-node.js'

describe('Gather', () => {
  it('looks rows up in a table: an embedding, without multiplications', () => {
    assert.deepEqual(weightSpecs('Gather', [[100, 8], [5]]), [
      { input: 0, out: 0, in: 1, kind: 'embedding', eitherSide: true },
    ])
    assert.equal(opOf(nodeOf('Gather', [[100, 8], [5]]))?.macs, undefined)
  })

  it('is nothing of the kind along another axis', () => {
    assert.deepEqual(weightSpecs('Gather', [[100, 8], [5]], { axis: 1 }), [])
  })

  it('is fused with a normalization for up to three tables', () => {
    const inputs = [[1, 7], [1, 7], [100, 8], [32, 8], [2, 8]] as const // biome-ignore format: one line

    const tables = (n: number) => weightSpecs('com.microsoft.EmbedLayerNormalization', inputs.slice(0, n)).length
    assert.equal(tables(5), 3)
    assert.equal(tables(4), 2)
  })
})
