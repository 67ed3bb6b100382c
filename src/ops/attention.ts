import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { axisAt, keepAll } from './axis-at.js'
import { tieTo } from './broadcast.js'
import type { Axis, Coupler, Cutter } from './coupling.js'
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
  couple: coupleAttention,
  cut: cutAttention,
})

/** com.microsoft.Attention: a projection of the input [B, S, D], then attention; past [2, B, heads, P, d]. */
export const projectedAttention = defineOp({
  types: ['com.microsoft.Attention'],
  weights: () => PROJECTION,
  macs: (node, shapes) => projectedAttentionMacs(node, shapes, 4),
  couple: coupleProjected,
  cut: cutProjected,
})

/** @param past  the input that holds keys and values of earlier calls */
export function projectedAttentionMacs(node: Node, shapes: NodeShapes, past: number): number | null {
  const x = shapes.input(0)
  const w = shapes.input(1)
  const earlier = pastLength(node, shapes, past, 3)
  if (x === null || w === null || earlier === null) return null
  const [b = 0, s = 0, d = 0] = x
  const projected = w[1] ?? 0
  // Attributes say the widths as they were before a cut, shapes as they are; queries are as wide as keys.
  const values = shapes.output(0)?.[2] ?? node.ints('qkv_hidden_sizes')?.[2] ?? projected / 3
  const queries = (projected - values) / 2
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
  couple: coupleMultiHead,
  cut: (c) => scaleInt(c, 'num_heads', shareLeft(c.outputShape(0), 2)),
})

/** com.microsoft.GroupQueryAttention: fewer heads of keys than of queries, which changes no product's size. */
export const groupQueryAttention = defineOp({
  types: ['com.microsoft.GroupQueryAttention'],
  macs: (_, shapes) => {
    const y = shapes.output(0) // [B, S, heads*d], as wide as the queries
    const keys = shapes.output(1)?.[2] // present_key [B, heads, T, d]
    return y === null || keys === undefined ? null : 2 * elementCount(y) * keys
  },
  couple: coupleGrouped,
  cut: cutGrouped,
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

/** Positions turn pairs of elements of each head: X [B, S, heads*d] or [B, heads, S, d]. */
export const rotaryEmbedding = defineOp({
  types: ['RotaryEmbedding', 'com.microsoft.RotaryEmbedding'],
  couple: (c) => {
    const x = c.input(0)
    if (x.length === 3) headsOf(c, axisAt(c, x, 2), [rotaryHeads(c, axisAt(c, x, 2).size)])
    keepAll(c, x.length === 3 ? x.slice(1, 2) : x.slice(2), 'its elements are turned by their positions')
    keepInputs(c, [1, 2, 3])
    c.output(0, x)
  },
  cut: (c) => {
    const x = c.inputShape(0)
    if (x.before.length === 3) scaleInt(c, 'num_heads', shareLeft(x, 2))
  },
})

/** com.microsoft may leave the number to the cosines [positions, d/2]. */
function rotaryHeads(c: Coupler, width: number): number {
  const stated = c.node.int('num_heads', 0)
  if (stated > 0 || c.node.domain === '') return stated
  return width / (2 * axisAt(c, c.input(2), -1).size)
}

const TOKENS = 'all of it attends to all of it'
const WIDTH = 'scores are scaled by the width of a head'

/** Cuts an axis of heads behind each other, [groups, ..., width]. @returns the heads, outer first; their widths stay */
function headsOf(c: Coupler, axis: Axis, counts: readonly number[]): readonly Axis[] {
  const factors = c.split(axis, [...counts, axis.size / counts.reduce((n, count) => n * count, 1)])
  c.keep(axisAt(c, factors, -1), WIDTH)
  const heads = factors.slice(0, -1)
  for (const factor of heads) c.heads(factor)
  return heads
}

/** A value with an axis of heads (stretched where it has one element), of which nothing else can change. */
function tieHeads(c: Coupler, input: number, axis: number, heads: Axis): void {
  if (!c.has(input)) return
  for (const [i, own] of c.input(input).entries()) {
    if (i !== axis) c.keep(own, TOKENS)
    else if (own.size !== 1) c.tie(own, heads)
  }
}

/** Masks, lengths and the like. */
function keepInputs(c: Coupler, inputs: readonly number[]): void {
  for (const input of inputs) if (c.has(input)) keepAll(c, c.input(input), TOKENS)
}

/** Sets an output with an axis of heads, if it is there. */
function outputWithHeads(c: Coupler, output: number, axis: number, heads: Axis): void {
  if (!c.node.outputs[output]) return
  const y = c.outputShape(output).map((size, i) => (i === axis ? heads : c.fixed(size, TOKENS)))
  c.output(output, y)
}

/** Sets the first output, [B, S, heads*d]. */
function outputOfTokens(c: Coupler, heads: readonly Axis[]): void {
  const shape = c.outputShape(0)
  const count = heads.reduce((n, { size }) => n * size, 1)
  const last = c.merge([...heads, c.fixed((shape.at(-1) ?? 0) / count, WIDTH)])
  c.output(0, [...shape.slice(0, -1).map((size) => c.fixed(size, TOKENS)), last])
}

function partsOf(c: Coupler, axis: Axis, sizes: readonly number[]): Axis[] {
  let at = 0
  return sizes.map((size) => {
    const start = at
    at += size
    const indices = Array.from({ length: size }, (_, i) => start + i)
    return c.select(axis, indices)
  })
}

/**
 * Inputs: X [B, S, D], W [D, Q + K + V], bias, mask, past [2, B, heads, P, d], scores to be added [B, heads, S, T].
 * A head has columns in each of the three parts of W.
 */
function coupleProjected(c: Coupler): void {
  const [x, columns] = [c.input(0), axisAt(c, c.input(1), 1)]
  c.tie(axisAt(c, x, 2), axisAt(c, c.input(1), 0))
  c.contract(0, 2)
  keepAll(c, x.slice(0, 2), TOKENS)
  tieTo(c, 2, [columns])
  const third = columns.size / 3
  const parts = partsOf(c, columns, c.node.ints('qkv_hidden_sizes') ?? [third, third, third])
  const heads = sameHeads(c, parts, c.node.int('num_heads', 0))
  keepInputs(c, [3, 6])
  tieHeads(c, 4, 2, heads)
  tieHeads(c, 5, 1, heads)
  outputOfTokens(c, [heads])
  outputWithHeads(c, 1, 2, heads)
}

function cutProjected(c: Cutter): void {
  const left = shareLeft(c.outputShape(0), 2)
  const sizes = c.node.ints('qkv_hidden_sizes')?.map((size) => size * left)
  if (sizes) c.setInts('qkv_hidden_sizes', sizes)
  scaleInt(c, 'num_heads', left)
}

/** The same heads in each of several axes. */
function sameHeads(c: Coupler, axes: readonly Axis[], count: number): Axis {
  const all = axes.flatMap((axis) => headsOf(c, axis, [count]))
  const heads = axisAt(c, all, 0)
  for (const other of all) c.tie(heads, other)
  return heads
}

/**
 * Query, key and value, then the bias of all three, a mask of keys, scores to be added [B, heads, S, T], past keys and
 * values [B, heads, P, d], and what tells of the past.
 */
function coupleMultiHead(c: Coupler): void {
  const count = c.node.int('num_heads', 0)
  const heads = ownHeads(c, c.input(0), count)
  for (const input of [1, 2]) if (c.has(input)) c.tie(heads, ownHeads(c, c.input(input), count))
  if (c.has(3)) {
    const bias = axisAt(c, c.input(3), 0)
    const values = c.outputShape(0).at(-1) ?? 0
    const keys = (bias.size - values) / 2
    c.tie(heads, sameHeads(c, partsOf(c, bias, [keys, keys, values]), count))
  }
  keepInputs(c, [4, 8, 9])
  for (const input of [5, 6, 7]) tieHeads(c, input, 1, heads)
  outputOfTokens(c, [heads])
  for (const output of [1, 2, 3]) outputWithHeads(c, output, 1, heads)
}

/** The heads of [B, T, heads*d], [B, heads, T, d], or of several values packed as [B, T, heads, 3 or 2, d]. */
function ownHeads(c: Coupler, axes: readonly Axis[], count: number): Axis {
  const at = axes.length === 4 ? 1 : 2
  const own = axisAt(c, axes, at)
  keepAll(
    c,
    axes.filter((axis) => axis !== own),
    TOKENS,
  )
  return axes.length === 3 ? axisAt(c, headsOf(c, own, [count]), 0) : own
}

/**
 * Each head of keys serves a block of heads of queries: Q [B, S, groups * heads per group * d], which may hold K and V
 * [B, S, groups * d] behind it; past keys and values [B, groups, P, d]. Then lengths, tables of angles and positions,
 * scores to be added [B, heads, S, T], and a score for each head that attends to nothing.
 */
function coupleGrouped(c: Coupler): void {
  const [count, groupCount] = [c.node.int('num_heads', 0), c.node.int('kv_num_heads', 0)]
  for (const input of [12, 13]) if (c.has(input)) c.refuse('its past is quantized')
  const x = c.input(0)
  const width = axisAt(c, x, 2).size / (c.has(1) ? count : count + 2 * groupCount)
  const sizes = [count, groupCount, groupCount].map((heads) => heads * width)
  const parts = c.has(1) ? [0, 1, 2].map((i) => axisAt(c, c.input(i), 2)) : partsOf(c, axisAt(c, x, 2), sizes)
  for (const input of [0, 1, 2]) if (c.has(input)) keepAll(c, c.input(input).slice(0, 2), TOKENS)
  const queries = headsOf(c, axisAt(c, parts, 0), [groupCount, count / groupCount])
  const groups = sameHeads(c, parts.slice(1), groupCount)
  c.tie(groups, axisAt(c, queries, 0))
  keepInputs(c, [5, 6, 7, 8, 9])
  for (const input of [3, 4]) tieHeads(c, input, 1, groups)
  if (c.has(10)) tieHeads(c, 10, 1, c.merge(queries))
  if (c.has(11)) tieHeads(c, 11, 0, c.merge(queries))
  outputOfTokens(c, queries)
  for (const output of [1, 2]) outputWithHeads(c, output, 1, groups)
  outputWithHeads(c, 3, 1, c.merge(queries))
}

/** A group goes with all of its heads, or all groups lose as many; of all three in one, what is no query is half keys. */
function cutGrouped(c: Cutter): void {
  const [count, groupCount] = [c.node.int('num_heads', 0), c.node.int('kv_num_heads', 0)]
  const queries = c.outputShape(0)
  const width = (queries.before[2] ?? 0) / count
  const packed = ((c.inputShape(0).after[2] ?? 0) - (queries.after[2] ?? 0)) / 2
  const keys = c.has(1) ? (c.inputShape(1).after[2] ?? 0) : packed
  if (keys !== groupCount * width) c.setInt('kv_num_heads', keys / width)
  scaleInt(c, 'num_heads', shareLeft(queries, 2))
}

/**
 * Query, key and value [B, heads, T, d] or [B, T, heads*d], a mask that is stretched to [B, heads, S, T], past keys and
 * values [B, heads, P, d], and lengths. Each head of keys serves a block of heads of queries.
 */
function coupleAttention(c: Coupler): void {
  const [q, k, v] = [c.input(0), c.input(1), c.input(2)]
  const isFlat = q.length === 3
  const at = isFlat ? 2 : 1
  const groupCount = isFlat ? c.node.int('kv_num_heads', 0) : axisAt(c, k, 1).size
  const count = isFlat ? c.node.int('q_num_heads', 0) : axisAt(c, q, 1).size
  for (const axes of [q, k, v]) {
    keepAll(
      c,
      axes.filter((_, i) => i !== at),
      TOKENS,
    )
  }
  const perGroup = count / groupCount
  const queryAxis = axisAt(c, q, at)
  const queries = isFlat ? headsOf(c, queryAxis, [groupCount, perGroup]) : c.split(queryAxis, [groupCount, perGroup])
  const groups = axisAt(c, queries, 0)
  for (const axes of [k, v]) {
    const own = axisAt(c, axes, at)
    c.tie(groups, isFlat ? axisAt(c, headsOf(c, own, [groupCount]), 0) : own)
  }
  c.heads(groups)
  if (c.has(3)) tieHeads(c, 3, c.input(3).length - 3, c.merge(queries))
  for (const input of [4, 5]) tieHeads(c, input, 1, groups)
  keepInputs(c, [6])
  if (isFlat) outputOfTokens(c, queries)
  else outputWithHeads(c, 0, 1, queryAxis)
  for (const output of [1, 2]) outputWithHeads(c, output, 1, groups)
  outputWithHeads(c, 3, 1, c.merge(queries))
}

function cutAttention(c: Cutter): void {
  const at = c.inputShape(0).before.length === 3 ? 2 : 1
  scaleInt(c, 'q_num_heads', shareLeft(c.inputShape(0), at))
  scaleInt(c, 'kv_num_heads', shareLeft(c.inputShape(1), at))
}

function shareLeft({ before, after }: ReturnType<Cutter['inputShape']>, axis: number): number {
  return (after[axis] ?? 0) / (before[axis] ?? 1)
}

/** An attribute that counts what a share is left of. */
function scaleInt(c: Cutter, name: string, left: number): void {
  const count = c.node.int(name, 0)
  if (count > 0 && left !== 1) c.setInt(name, Math.round(count * left))
}
