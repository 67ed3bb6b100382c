import { defineOp } from './op.js'

/**
 * A lookup of rows in a table [V, D]. That the table is a matrix of floats, `weightsOf` checks: with other constants
 * Gather is arithmetic on shapes and indices.
 */
export const gather = defineOp({
  types: ['Gather'],
  weights: (node) =>
    node.int('axis', 0) === 0 ? [{ input: 0, out: 0, in: 1, kind: 'embedding', eitherSide: true }] : [],
})

export const torchEmbedding = defineOp({
  types: ['com.microsoft.TorchEmbedding'],
  weights: () => [{ input: 0, out: 0, in: 1, kind: 'embedding' }],
})

/** Words, positions and segments (optional), summed and normalized. */
export const embedLayerNormalization = defineOp({
  types: ['com.microsoft.EmbedLayerNormalization'],
  weights: (node) =>
    [2, 3, 4]
      .filter((input) => node.inputs[input])
      .map((input) => ({ input, out: 0, in: 1, kind: 'embedding' as const })),
})
