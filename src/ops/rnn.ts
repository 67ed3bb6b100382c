import { elementCount } from '../ir/type.js'
import type { NodeShapes } from './op.js'
import { defineOp } from './op.js'

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
  upgrade: { 7: (u) => u.setAttr('output_sequence', null) }, // an output that is named is made since
})
