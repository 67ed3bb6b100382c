import { elementCount } from '../ir/type.js'
import { axisAt, keepAll } from './axis-at.js'
import { tieTo } from './broadcast.js'
import type { Axis, Coupler } from './coupling.js'
import { defineOp, type NodeShapes } from './op.js'

/**
 * Each step of each sequence multiplies by all of W and R:
 *
 *   MACs = T * B * D * G*H * (I + H)      W: [D, G*H, I]   R: [D, G*H, H]
 *
 * D directions, G gates (LSTM 4, GRU 3, RNN 1). Sequences count with their full length; the elementwise work,
 * peepholes included, does not count.
 */
export function recurrentMacs(shapes: NodeShapes): number | null {
  const x = shapes.input(0) // [T, B, I], with layout 1 [B, T, I]
  const w = shapes.input(1)
  const r = shapes.input(2)
  if (x === null || w === null || r === null) return null
  return elementCount(x.slice(0, 2)) * (elementCount(w) + elementCount(r))
}

/** @see ONNX LSTM, GRU, RNN. What R is multiplied with, the hidden states, never leaves the node. */
export const rnn = defineOp({
  types: ['LSTM', 'GRU', 'RNN'],
  weights: () => [
    { input: 1, out: 1, in: 2, kind: 'weight', activation: { input: 0, over: -1, shared: true } },
    { input: 2, out: 1, in: 2, kind: 'weight' },
  ],
  macs: (_, shapes) => recurrentMacs(shapes),
  couple: coupleRecurrent,
  cut: (c) => {
    const [, , hidden = 0] = c.inputShape(2).after
    if (c.node.attrs.has('hidden_size')) c.setInt('hidden_size', hidden)
  },
  upgrade: { 7: (u) => u.setAttr('output_sequence', null) }, // an output that is named is made since
})

const GATES: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 }

/**
 * A hidden unit has a row for each gate, and a column of R: where it is not read, what is computed of it is not either.
 *
 *   X [T, B, I]   W [D, G*H, I]   R [D, G*H, H]   B [D, 2*G*H]   state [D, B, H]   peepholes [D, 3*H]
 *   Y [T, D, B, H]      with layout 1: X [B, T, I], state [B, D, H], Y [B, T, D, H]
 */
function coupleRecurrent(c: Coupler): void {
  const [w, r] = [c.input(1), c.input(2)]
  const [directions, hidden] = [axisAt(c, r, 0), axisAt(c, r, 2)]
  const batchFirst = c.node.int('layout', 0) !== 0
  const [first, second, features] = [0, 1, 2].map((i) => axisAt(c, c.input(0), i)) as [Axis, Axis, Axis] // as many
  const [time, batch] = batchFirst ? [second, first] : [first, second]
  keepAll(c, [time, directions, axisAt(c, w, 0)], 'each step of each direction follows from the one before')
  c.tie(features, axisAt(c, w, 2))
  c.contract(0, 2)
  c.contract(2, 2)
  const gates = GATES[c.node.op] ?? 1
  for (const [input, blocks] of [
    [1, gates],
    [2, gates],
    [3, 2 * gates],
    [7, 3],
  ] as const) {
    if (c.has(input)) tieBlocks(c, c.input(input), blocks, hidden)
  }
  const state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
  tieTo(c, 4, [batch])
  for (const input of [5, 6]) tieTo(c, input, state)
  c.output(0, batchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden])
  for (const output of [1, 2]) c.output(output, state)
}

/** Axis 1 holds a block of all hidden units for each gate. */
function tieBlocks(c: Coupler, axes: readonly Axis[], count: number, hidden: Axis): void {
  c.keep(axisAt(c, axes, 0), 'a direction is a layer of its own')
  const [blocks, within] = c.split(axisAt(c, axes, 1), [count, hidden.size])
  if (!blocks || !within) c.refuse(`it has no ${count} gates`)
  c.keep(blocks, 'a hidden unit has all gates')
  c.tie(within, hidden)
}
