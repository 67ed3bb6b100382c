import { attr } from '../../ir/attr.js'
import type { Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { constantBytes, initializerBytes, nodeBytes } from '../../onnx/bytes.js'
import { type Affine, after, at, perChannel, type Step, stepOf, unchanged } from '../affine.js'
import type { Edit } from '../edit.js'
import { areFinite, floatsLike, floatsOf } from '../floats.js'
import { type Linear, linearOf, type Side } from '../linear.js'
import { defineRule } from './rule.js'

/**
 * A scale and a shift per channel behind a layer go into its weight and bias; a BatchNormalization is both:
 *
 *   s (w * x + b) + t   =>   (s w) * x + (s b + t)
 *
 * In front of a layer the same, for a scale anywhere, for a shift where no zeros are put around the input:
 *
 *   w * (s x + t) + b   =>   (w s) * x + (b + sum over inputs of w t)
 *
 * A whole chain of steps is put together in float64 first, and the weight is rounded once. A weight that others read
 * stays as it is: it would have to be stored twice.
 */
export const foldScales = defineRule({
  name: 'fold-scales',
  apply: (edit) => {
    for (const node of edit.nodes(...LAYERS)) {
      const layer = linearOf(edit, node)
      if (layer !== null) foldBehind(edit, layer)
    }
    for (const node of edit.nodes(...LAYERS)) {
      const layer = linearOf(edit, node)
      if (layer !== null) foldBefore(edit, layer)
    }
  },
})

const LAYERS = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'] as const

/** Past this a shift may be most of what it is added to, and its product with the weight would drown the rest. */
const MOST_SHIFT = 64

function foldBehind(edit: Edit, layer: Linear): void {
  const [y] = layer.node.outputs
  const steps = y ? asFarAsItGoes(stepsBehind(edit, y, layer), layer) : []
  const last = steps.at(-1)
  if (!y || last === undefined) return
  const { scale, shift } = joined(steps, layer.out)
  const planned = plan(edit, layer, steps, { scale, channelOf: layer.out.channelOf, biasScale: scale, added: shift })
  if (planned === null) return
  if (layer.biasInput === null && planned.bias !== null) {
    addBehind(edit, layer, last, y, planned.bias)
    steps.pop()
  } else if (!edit.replace(last.to, y)) return
  commit(edit, layer, planned)
  removeSteps(edit, layer, steps)
}

/** A MatMul has no bias: the steps behind it may end in the one Add that is left of them. */
function asFarAsItGoes(steps: readonly Step[], layer: Linear): Step[] {
  for (let n = steps.length; n > 0; n--) {
    const part = steps.slice(0, n)
    const endsInAdd = n > 1 && part.at(-1)?.node.op === 'Add'
    if (layer.biasInput !== null || endsInAdd || joined(part, layer.out).shift.every((t) => t === 0)) return part
  }
  return []
}

function addBehind(edit: Edit, layer: Linear, { node, from }: Step, y: Value, bias: Tensor): void {
  const shift = edit.addConstant(node, `${layer.weight.name}_bias`, bias)
  const were = node.inputs.filter((value) => value !== from)
  for (const [index, value] of [...node.inputs.entries()]) edit.model.setInput(node, index, value === from ? y : shift)
  edit.drop(were)
}

function stepsBehind(edit: Edit, y: Value, layer: Linear): Step[] {
  const steps: Step[] = []
  for (let value = y; ; ) {
    const reader = edit.soleReader(value)
    if (reader === null || reader.node.graph !== layer.node.graph) return steps
    const step = stepOf(edit, reader.node, layer.out)
    if (step === null || step.from !== value) return steps
    steps.push(step)
    value = step.to
  }
}

function foldBefore(edit: Edit, layer: Linear): void {
  const steps = stepsBefore(edit, layer)
  const [first] = steps
  if (first === undefined) return
  const { scale, shift } = joined(steps, layer.in)
  const isShifted = shift.some((t) => t !== 0)
  if (isShifted && (layer.padded || layer.biasInput === null || shift.some((t) => Math.abs(t) > MOST_SHIFT))) return
  const added = isShifted ? sums(layer, shift) : null
  const planned = plan(edit, layer, steps, { scale, channelOf: layer.in.channelOf, biasScale: null, added })
  if (planned === null) return
  edit.model.setInput(layer.node, 0, first.from)
  commit(edit, layer, planned)
  removeSteps(edit, layer, steps)
}

function stepsBefore(edit: Edit, layer: Linear): Step[] {
  const { node, in: side } = layer
  const steps: Step[] = []
  for (let value = node.inputs[0] ?? null; value?.producer; ) {
    const { producer } = value
    if (producer.graph !== node.graph || edit.soleReader(value) === null) break
    const step = stepOf(edit, producer, side)
    if (step === null || !isUnbroadcast(edit, step.from, side)) break
    steps.unshift(step)
    value = step.from
  }
  return steps
}

/** Whether a value has the rank and the channels that the layer reads, so that no step gave them to it. */
function isUnbroadcast(edit: Edit, value: Value, { axis, rank, channels }: Side): boolean {
  const shape = edit.facts.shapeOf(value)
  return shape !== null && shape.length === rank && shape.at(axis) === channels
}

function joined(steps: readonly Step[], side: Side): Affine {
  return steps.reduce<Affine>(after, unchanged(side.channels))
}

/** What a shift of the inputs adds to each output: the sum over the weight. */
function sums({ tensor, in: inputs, out, factor }: Linear, shift: Float64Array): Float64Array {
  const added = new Float64Array(out.channels)
  const weight = floatsOf(tensor) ?? []
  // By index: an iterator would make an array of two for every element.
  for (let e = 0; e < weight.length; e++) {
    const channel = out.channelOf(e)
    added[channel] = at(added, channel) + at(weight, e) * at(shift, inputs.channelOf(e)) * factor
  }
  return added
}

/** What becomes of a layer: w' = w * scale[channel], b' = b * biasScale + added. */
interface Fold {
  readonly scale: Float64Array
  /** The channel of the scale for each element of the weight. */
  readonly channelOf: (e: number) => number
  /** Per output; null for 1. */
  readonly biasScale: Float64Array | null
  /** Per output; null for 0. */
  readonly added: Float64Array | null
}

/** The new tensors; null for one that stays. */
interface Planned {
  readonly weight: Tensor | null
  readonly bias: Tensor | null
}

/** @returns null where it cannot be done, or the file would grow */
function plan(edit: Edit, layer: Linear, steps: readonly Step[], fold: Fold): Planned | null {
  const { scale, channelOf } = fold
  const { tensor, node, weight: value } = layer
  let weight: Tensor | null = null
  if (scale.some((s) => s !== 1)) {
    if (!isOwn(edit, value)) return refuse(edit, node, 'other nodes read its weight')
    const scaled = floatsOf(tensor)?.map((w, e) => w * at(scale, channelOf(e)))
    if (scaled === undefined || !areFinite(scaled)) return refuse(edit, node, 'its weight would overflow')
    weight = floatsLike(tensor, tensor.shape, scaled)
  }
  if (fold.biasScale === null && fold.added === null) return { weight, bias: null }
  const old = biasOf(edit, layer)
  if (old === null) return refuse(edit, node, 'its bias is no constant with a number for each output')
  const numbers = old.map(
    (b, c) => b * (fold.biasScale ? at(fold.biasScale, c) : 1) + (fold.added ? at(fold.added, c) : 0),
  )
  if (numbers.every((b, c) => b === at(old, c))) return { weight, bias: null }
  const bias = floatsLike(tensor, [layer.out.channels], numbers)
  if (!areFinite(floatsOf(bias) ?? new Float32Array())) return refuse(edit, node, 'its bias would overflow')
  return grows(edit, layer, steps, bias) ? null : { weight, bias }
}

function refuse(edit: Edit, node: Node, why: string): null {
  edit.skip(node.label, `scales around it not folded: ${why}`)
  return null
}

/** Whether the new bias takes more than what goes for it. */
function grows(edit: Edit, { node, biasInput, weight }: Linear, steps: readonly Step[], bias: Tensor): boolean {
  const old = biasInput === null ? null : (node.inputs[biasInput] ?? null)
  const going = new Set(steps.flatMap((step) => [...step.node.inputs]))
  if (old !== null) going.add(old)
  let bytes = initializerBytes(`${weight.name}_bias`, bias) + weight.name.length + 7
  for (const value of going) if (value !== null && isOwn(edit, value)) bytes -= constantBytes(value)
  for (const step of steps) bytes -= nodeBytes(step.node)
  return bytes > 0
}

/** A constant that one node reads, and that is no part of the interface: so it may be changed. */
function isOwn(edit: Edit, value: Value): boolean {
  return edit.facts.constantOf(value) !== null && value.uses.size === 1 && !value.graph.inputs.includes(value)
}

/** The bias as it is added, in float64; zeros for none; null for one that is no constant vector. */
function biasOf(edit: Edit, layer: Linear): Float64Array | null {
  const { biasInput, out, node, biasFactor } = layer
  const none = new Float64Array(out.channels)
  if (biasInput === null || !node.inputs[biasInput]) return none
  const tensor = edit.constant(node, biasInput)
  const numbers = tensor && perChannel(tensor, out.rank === 2 ? out : { ...out, axis: 0, rank: 1 })
  return numbers?.map((b) => b * biasFactor) ?? null
}

function commit(edit: Edit, { node, weight, biasInput }: Linear, { weight: tensor, bias }: Planned): void {
  if (tensor !== null) edit.model.setConstant(weight, tensor)
  if (bias === null || biasInput === null) return
  const old = node.inputs[biasInput] ?? null
  if (old !== null && isOwn(edit, old)) edit.model.setConstant(old, bias)
  else {
    edit.model.setInput(node, biasInput, edit.addConstant(node, `${weight.name}_bias`, bias))
    edit.drop([old])
  }
  if (node.attrs.has('beta')) edit.model.setAttr(node, 'beta', attr.float(1))
}

function removeSteps(edit: Edit, { node }: Linear, steps: readonly Step[]): void {
  for (const step of steps.toReversed()) {
    edit.change(step.node.label, `${step.node.op} folded into ${node.op}`)
    edit.remove(step.node)
  }
}
