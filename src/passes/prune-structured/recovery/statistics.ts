import { attr } from '../../../ir/attr.js'
import type { Node, Value } from '../../../ir/graph.js'
import type { View } from '../../../rewrites/columns.js'
import { type Layer, madeBy, readBy } from './layer.js'
import type { Pair } from './pair.js'

/**
 * Sums over the rows of a batch, by output of the pair. x are the inputs of a layer [g, K], t what it has to compute
 * [g, R].
 */
export interface FitOutputs {
  /** The number of rows [1]. */
  readonly n: string
  readonly x: string
  readonly t: string
  /** Sum of t^2 [g, R] */
  readonly tt: string
  /** Sum of x x^T [g, K, K] */
  readonly xx: string
  /** Sum of t x^T [g, R, K] */
  readonly tx: string
}

/** The same of what a layer has to compute, t [R], and of how far it is from that, d = t - y [R]. */
export interface ShiftOutputs {
  readonly n: string
  readonly t: string
  readonly tt: string
  readonly d: string
  readonly dd: string
}

/** Of the inputs of a normalization [C], now and before. */
export interface DriftOutputs {
  readonly n: string
  readonly now: { readonly x: string; readonly xx: string }
  readonly past: { readonly x: string; readonly xx: string }
}

/**
 * Where the inputs of a layer come from: from the cut model as it is now, or from the model before, of which the same
 * channels are looked at.
 */
export type InputsFrom = 'after' | 'before'

/** @param view  of what the layer reads in the cut model */
export function drawFit(pair: Pair, layer: Layer, view: View, from: InputsFrom): FitOutputs {
  const value = inputsOf(pair, layer, from)
  const groups = view.kind === 'patches' ? view.groups : 1
  const x = pair.columns({ ...view, value }) // [g, K, T]
  const t = rowsOf(pair, layer, pair.before(madeBy(layer.dense)), layer.keptOut, groups) // [g, R, T]
  const turned = pair.node('Transpose', [x], { perm: attr.ints([0, 2, 1]) })
  return {
    n: pair.output(countOf(pair, x, 2)),
    x: pair.output(pair.reduce('ReduceSum', x, [2])),
    t: pair.output(pair.reduce('ReduceSum', t, [2])),
    tt: pair.output(pair.reduce('ReduceSumSquare', t, [2])),
    xx: pair.output(pair.node('MatMul', [x, turned])),
    tx: pair.output(pair.node('MatMul', [t, turned])),
  }
}

export function drawShift(pair: Pair, layer: Layer, from: InputsFrom): ShiftOutputs {
  const t = rowsOf(pair, layer, pair.before(madeBy(layer.dense)), layer.keptOut, 1) // [1, R, T]
  const y = rowsOf(pair, layer, from === 'after' ? pair.after(madeBy(layer.node)) : fedAsBefore(pair, layer), null, 1)
  const d = pair.node('Sub', [t, y])
  const sum = (op: 'ReduceSum' | 'ReduceSumSquare', value: Value) => pair.output(pair.reduce(op, value, [0, 2]))
  return {
    n: pair.output(countOf(pair, t, 2)),
    t: sum('ReduceSum', t),
    tt: sum('ReduceSumSquare', t),
    d: sum('ReduceSum', d),
    dd: sum('ReduceSumSquare', d),
  }
}

export function drawDrift(pair: Pair, node: Node, dense: Node, kept: Int32Array | null): DriftOutputs {
  const rows = (value: Value | null | undefined) => {
    if (!value) throw new Error(`"${node.label}" has no input.`)
    return pair.reshape(pair.float32(value), [0, 0, -1]) // [N, C, H * ...]
  }
  const now = rows(pair.after(node).inputs[0])
  const [input] = dense.inputs
  const past = rows(input ? pair.slices(pair.before(input), kept, 1) : null)
  const sums = (x: Value) => ({
    x: pair.output(pair.reduce('ReduceSum', x, [0, 2])),
    xx: pair.output(pair.reduce('ReduceSumSquare', x, [0, 2])),
  })
  const count = pair.node('Mul', [countOf(pair, now, 0), countOf(pair, now, 2)])
  return { n: pair.output(count), now: sums(now), past: sums(past) }
}

function inputsOf(pair: Pair, layer: Layer, from: InputsFrom): Value {
  if (from === 'after') return pair.after(readBy(layer, layer.node))
  return pair.slices(pair.before(readBy(layer, layer.dense)), layer.keptIn, layer.inAxis)
}

/** What the layer, as it has been cut, makes of the inputs that it had before. */
function fedAsBefore(pair: Pair, layer: Layer): Value {
  const { op, domain, attrs, inputs }: Node = pair.after(layer.node)
  const fed = inputs.map((value, index) => (index === layer.activation ? inputsOf(pair, layer, 'before') : value))
  return pair.node(op, fed, Object.fromEntries(attrs), domain)
}

/** An output [..., R, ...] as [g, R / g, T] */
function rowsOf(pair: Pair, layer: Layer, output: Value, kept: Int32Array | null, groups: number): Value {
  const rows = pair.turned(pair.float32(pair.slices(output, kept, layer.outAxis)), layer.outAxis, layer.rank)
  return pair.reshape(rows, [groups, layer.rows / groups, -1])
}

/** The extent of an axis, float32 [1]. */
function countOf(pair: Pair, value: Value, axis: number): Value {
  const extent = pair.node('Gather', [pair.node('Shape', [value]), pair.ints('axis', [axis])])
  return pair.float32(extent)
}
