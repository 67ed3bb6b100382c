import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { defineOp, type NodeShapes, type WeightSpec } from './op.js'

/**
 * Every element of the output is a sum over the filter of its channel, in any layout and any number of dimensions:
 *
 *   MACs = N * M * OH * OW * (C/g * kH * kW)
 *
 * Padding is counted like any other input.
 *
 * @param weight  the input that holds the filters [M, C/g, kH, kW]
 */
export function convMacs(weight: number): (node: Node, shapes: NodeShapes) => number | null {
  return (_, shapes) => {
    const y = shapes.output(0)
    const w = shapes.input(weight)
    return y === null || w === null ? null : elementCount(y) * elementCount(w.slice(1))
  }
}

/** The filters [M, C/g, k...] of a convolution. */
export function filters(input: number): WeightSpec {
  return { input, out: 0, in: 1, kind: 'weight' }
}

/** Forms whose windows lie at fixed places of a channels-first input. */
const PLAIN: ReadonlySet<string> = new Set(['Conv', 'FusedConv'])

/** @see ONNX Conv, DeformConv; ONNX Runtime's fused and channels-last forms keep the layout of the filters. */
export const conv = defineOp({
  types: ['Conv', 'DeformConv', 'com.microsoft.FusedConv', 'com.microsoft.NhwcConv', 'com.microsoft.NhwcFusedConv'],
  weights: ({ op }) => [{ ...filters(1), ...(PLAIN.has(op) && { activation: { input: 0, over: 'patches' } }) }],
  macs: convMacs(1),
})

/**
 * Every element of the input is spread over the filters of its channel:
 *
 *   MACs = N * C * IH * IW * (M/g * kH * kW)      W: [C, M/g, kH, kW]
 *
 * What `pads` cuts off the output afterwards is counted.
 */
export const convTranspose = defineOp({
  types: ['ConvTranspose', 'com.microsoft.ConvTransposeWithDynamicPads'],
  weights: () => [{ input: 1, out: 1, in: 0, kind: 'weight' }],
  macs: (_, shapes) => {
    const x = shapes.input(0)
    const w = shapes.input(1)
    return x === null || w === null ? null : elementCount(x) * elementCount(w.slice(1))
  },
})
