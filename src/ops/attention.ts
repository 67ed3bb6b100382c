import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { defineOp, type NodeShapes, type WeightSpec } from './op.js'

/*
 * Attention multiplies twice, Q with K and the scores with V:
 *
 *   MACs = B * S * T * (width of all query heads + width of the output)
 *
 * S queries, T keys with those of the past. Masks save nothing here; softmax does not count.
 */

/** The projection of all three in one matrix [input, Q + K + V]. */
const PROJECTION: readonly WeightSpec[] = [{ input: 1, out: 1, in: 0, kind: 'weight' }]

/** ONNX Attention: Q [B, heads, S, d] or [B, S, heads*d], K likewise, past_key [B, heads, P, d]. */
export const attention = defineOp({
  types: ['Attention'],
  macs: (node, shapes) => {
    const q = shapes.input(0)
    const k = shapes.input(1)
    const y = shapes.output(0)
    const past = pastLength(node, shapes, 4, 2)
    if (q === null || k === null || y === null || past === null) return null
    const keys = k.at(-2)
    return keys === undefined ? null : (elementCount(q) + elementCount(y)) * (keys + past)
  },
})

/** com.microsoft.Attention: a projection of the input [B, S, D], then attention; past [2, B, heads, P, d]. */
export const projectedAttention = defineOp({
  types: ['com.microsoft.Attention'],
  weights: () => PROJECTION,
  macs: (node, shapes) => projectedAttentionMacs(node, shapes, 4),
})

/** @param past  the input that holds keys and values of earlier calls */
export function projectedAttentionMacs(node: Node, shapes: NodeShapes, past: number): number | null {
  const x = shapes.input(0)
  const w = shapes.input(1)
  const earlier = pastLength(node, shapes, past, 3)
  if (x === null || w === null || earlier === null) return null
  const [b = 0, s = 0, d = 0] = x
  const projected = w[1] ?? 0
  const [queries = projected / 3, , values = projected / 3] = node.ints('qkv_hidden_sizes') ?? []
  return b * s * (d * projected + (s + earlier) * (queries + values))
}

/**
 * com.microsoft.MultiHeadAttention: query [B, S, D]; key [B, T, D] or [B, heads, T, d]; query or key may pack more
 * than one as [B, T, heads, 3 or 2, d]. past_key [B, heads, P, d].
 */
export const multiHeadAttention = defineOp({
  types: ['com.microsoft.MultiHeadAttention'],
  macs: (node, shapes) => {
    const q = shapes.input(0)
    const k = node.inputs[1] ? shapes.input(1) : q
    const y = shapes.output(0)
    const past = pastLength(node, shapes, 6, 2)
    if (q === null || k === null || y === null || past === null) return null
    const keys = k.length === 4 ? k[2] : k[1]
    const queries = q.length === 5 ? elementCount(q) / 3 : elementCount(q)
    return keys === undefined ? null : (queries + elementCount(y)) * (keys + past)
  },
})

/** com.microsoft.GroupQueryAttention: fewer heads of keys than of queries, which changes no product's size. */
export const groupQueryAttention = defineOp({
  types: ['com.microsoft.GroupQueryAttention'],
  macs: (_, shapes) => {
    const y = shapes.output(0) // [B, S, heads*d], as wide as the queries
    const keys = shapes.output(1)?.[2] // present_key [B, heads, T, d]
    return y === null || keys === undefined ? null : 2 * elementCount(y) * keys
  },
})

/** Their cost hangs on values and not on shapes alone (packed tokens, windows, tables of pages). */
export const packedAttention = defineOp({
  types: ['com.microsoft.PackedAttention', 'com.microsoft.DecoderMaskedSelfAttention'],
  weights: () => PROJECTION,
  macs: () => null,
})

/** A second projection, for the tokens that attend to all others. */
export const longformerAttention = defineOp({
  types: ['com.microsoft.LongformerAttention'],
  weights: () => [...PROJECTION, { input: 4, out: 1, in: 0, kind: 'weight' }],
  macs: () => null,
})

export const attentionByValue = defineOp({
  types: [
    'com.microsoft.DecoderMaskedMultiHeadAttention',
    'com.microsoft.LinearAttention',
    'com.microsoft.PackedMultiHeadAttention',
    'com.microsoft.PagedAttention',
    'com.microsoft.SparseAttention',
  ],
  macs: () => null,
})

/** 0 without that input. */
function pastLength(node: Node, shapes: NodeShapes, input: number, axis: number): number | null {
  return node.inputs[input] ? (shapes.input(input)?.[axis] ?? null) : 0
}
