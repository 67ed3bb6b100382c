import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { axisAt, keepAll } from './axis-at.js'
import { tieTo } from './broadcast.js'
import type { Axis, Coupler, Cutter } from './coupling.js'
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
  couple: coupleConv,
  cut: cutConv,
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
  couple: coupleConvTranspose,
  cut: cutConvTranspose,
})

const WINDOWS = 'its windows slide along it'

/**
 *   X.C = [g][C/g]      W [M, C/g, k...], M = [g][M/g]      Y.C = M
 *
 * With groups either all of them lose the same channels, or a group goes as a whole. Where each channel is a group
 * (depthwise) nothing is summed over channels.
 */
function coupleConv(c: Coupler): void {
  const { op } = c.node
  if (op.startsWith('Nhwc')) c.refuse('its channels come last')
  const [x, w] = [c.input(0), c.input(1)]
  const [channels, filters] = [axisAt(c, x, 1), axisAt(c, w, 0)]
  const group = c.node.int('group', 1)
  const [groups, within] = inGroups(c, channels, group)
  const [groupsOfFilters] = inGroups(c, filters, group)
  c.tie(groups, groupsOfFilters)
  c.tie(within, axisAt(c, w, 1))
  if (within.size > 1) c.contract(0, 1)
  keepAll(c, w.slice(2), WINDOWS)
  const y = outputOfWindows(c, x, filters)
  if (op === 'DeformConv') tieOffsets(c, channels, y)
  else {
    tieTo(c, 2, [filters])
    tieTo(c, 3, y) // what the fused forms add
  }
}

function inGroups(c: Coupler, axis: Axis, groups: number): readonly [Axis, Axis] {
  const [outer, inner] = c.split(axis, [groups, axis.size / groups])
  return outer && inner ? [outer, inner] : c.refuse(`it has ${groups} groups`)
}

/** Sets the output [N, M, ...] of windows over X [N, C, ...]. */
function outputOfWindows(c: Coupler, x: readonly Axis[], made: Axis): readonly Axis[] {
  keepAll(c, x.slice(2), WINDOWS)
  const positions = c.outputShape(0).slice(2)
  const y = [axisAt(c, x, 0), made, ...positions.map((size) => c.fixed(size, WINDOWS))]
  c.output(0, y)
  return y
}

/** Offsets [N, og * 2*k, ...] and the mask [N, og * k, ...] of DeformConv are those of blocks of C/og channels. */
function tieOffsets(c: Coupler, channels: Axis, y: readonly Axis[]): void {
  const [owners] = inGroups(c, channels, c.node.int('offset_group', 1))
  c.keep(owners, 'each group of its offsets belongs to a block of channels')
  tieTo(c, 3, y.slice(1, 2))
  for (const input of [2, 4]) {
    if (!c.has(input)) continue
    const [batch, ...others] = c.input(input)
    if (batch) tieTo(c, input, [axisAt(c, y, 0), ...others])
    keepAll(c, others, 'it says where the windows lie')
  }
}

function cutConv(c: Cutter): void {
  setGroups(c, c.inputShape(0).after[1], c.inputShape(1).after[1])
}

/** W [C, M/g, k...], so that Y.C = [g][M/g]. */
function coupleConvTranspose(c: Coupler): void {
  const [x, w] = [c.input(0), c.input(1)]
  const channels = axisAt(c, x, 1)
  const [groups, within] = inGroups(c, channels, c.node.int('group', 1))
  c.tie(channels, axisAt(c, w, 0))
  if (within.size > 1) c.contract(0, 1)
  keepAll(c, w.slice(2), WINDOWS)
  const made = c.merge([groups, axisAt(c, w, 1)])
  outputOfWindows(c, x, made)
  const bias = c.node.op === 'ConvTransposeWithDynamicPads' ? 3 : 2
  tieTo(c, bias, [made])
}

function cutConvTranspose(c: Cutter): void {
  setGroups(c, c.outputShape(0).after[1], c.inputShape(1).after[1])
}

function setGroups(c: Cutter, channels = 0, perGroup = 0): void {
  const group = channels / perGroup
  if (group !== c.node.int('group', 1)) c.setInt('group', group)
}
