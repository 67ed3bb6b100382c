import type { Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import type { Shape } from '../../ir/type.js'
import { numbersOf, type Param, param } from '../../ops/param.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * Nodes that give back one of their inputs, whatever it holds:
 *
 *   x * 1,  x + 0,  x - 0,  x / 1,  x ^ 1     where the constant does not broadcast x
 *   Reshape, Expand, Flatten to the shape of x; Transpose by 0, 1, 2, ...; Cast to the type of x
 *   Slice of everything; Pad by nothing; Tile by 1; Concat and Sum of one thing
 */
export const noOps = defineRule({
  name: 'no-ops',
  reveals: true,
  apply: (edit) => {
    for (const node of edit.nodes()) {
      const { label, op } = node
      const kept = node.domain === '' ? TABLE[op]?.(node, edit) : undefined
      if (!kept) continue
      const others = node.inputs.filter((value) => value !== kept)
      if (!edit.bypass(node, kept)) continue
      edit.change(label, `${op} without effect removed`)
      edit.drop(others)
    }
  },
})

type Kept = Value | null | undefined
/** @returns the input that the node gives back, if it surely does */
type Test = (node: Node, edit: Edit) => Kept

const neutral =
  (element: number, sides: readonly number[]): Test =>
  (node, edit) => {
    for (const side of sides) {
      const constant = edit.constant(node, side)
      const other = node.inputs[1 - side]
      if (constant && other && isAll(constant, element) && broadcastsInto(constant.shape, edit.facts.shapeOf(other))) {
        return other
      }
    }
    return null
  }

const only: Test = (node) => (node.inputs.length === 1 ? node.inputs[0] : null)

const whenShapeStays: Test = (node, edit) => {
  const [input] = node.inputs
  const [output] = node.outputs
  return input && output && isSameShape(edit.facts.shapeOf(input), edit.facts.shapeOf(output)) ? input : null
}

const TABLE: Readonly<Record<string, Test>> = {
  Add: neutral(0, [0, 1]),
  Sub: neutral(0, [1]),
  Mul: neutral(1, [0, 1]),
  Div: neutral(1, [1]),
  Pow: (node, edit) => (sameDType(node, edit) ? neutral(1, [1])(node, edit) : null),
  Sum: only,
  Mean: only,
  Max: only,
  Min: only,
  Concat: (node, edit) => (node.inputs.length === 1 ? node.inputs[0] : theOnlyFull(node, edit)),
  Cast: (node, edit) => (sameDType(node, edit) ? node.inputs[0] : null),
  CastLike: (node, edit) => (sameDType(node, edit) ? node.inputs[0] : null),
  Reshape: whenShapeStays,
  Flatten: whenShapeStays,
  Squeeze: whenShapeStays,
  Unsqueeze: whenShapeStays,
  Expand: (node, edit) => {
    const input = whenShapeStays(node, edit)
    if (input) return input
    const shape = paramOf(node, edit, 'shape')
    const [x] = node.inputs
    const rank = x ? edit.facts.rankOf(x) : null
    return isNumbers(shape) && shape.every((d) => d === 1) && rank !== null && shape.length <= rank ? x : null
  },
  Tile: (node, edit) => {
    const repeats = paramOf(node, edit, 'repeats')
    return edit.opsetOf(node) >= 6 && isNumbers(repeats) && repeats.every((n) => n === 1) ? node.inputs[0] : null
  },
  Transpose: (node) => {
    const perm = node.ints('perm')
    return perm?.every((axis, i) => axis === i) ? node.inputs[0] : null
  },
  Pad: (node, edit) => {
    const pads = node.ints('paddings') ?? paramOf(node, edit, 'pads')
    return isNumbers(pads) && pads.every((n) => n === 0) ? node.inputs[0] : null
  },
  Slice: (node, edit) => (isWhole(node, edit) ? node.inputs[0] : null),
  Split: (node) => (node.outputs.length === 1 ? node.inputs[0] : null),
}

function paramOf(node: Node, edit: Edit, name: string): Param {
  return param(node, name, (value) => edit.facts.constantOf(value))
}

function isNumbers(p: Param): p is readonly number[] {
  return typeof p !== 'string'
}

function isAll(tensor: Tensor, element: number): boolean {
  // A vector per channel, at most: whole weights that are all ones do not occur.
  if (tensor.byteLength > 1 << 20) return false
  const numbers = numbersOf(tensor)
  return numbers !== null && numbers.length > 0 && numbers.every((x) => x === element)
}

/** Whether broadcasting with a constant leaves the shape of x: then x may be of any size where the constant is 1. */
function broadcastsInto(constant: readonly number[], x: Shape | null): boolean {
  if (constant.length === 0) return true
  if (x === null || constant.length > x.length) return false
  return constant.every((d, i) => d === 1 || d === x[x.length - constant.length + i])
}

function isSameShape(a: Shape | null, b: Shape | null): boolean {
  return a !== null && a.length === b?.length && a.every((d, i) => d !== null && d === b[i])
}

function sameDType(node: Node, edit: Edit): boolean {
  const [input] = node.inputs
  const [output] = node.outputs
  const dtype = input ? edit.facts.dtypeOf(input) : null
  return dtype !== null && output !== null && output !== undefined && dtype === edit.facts.dtypeOf(output)
}

/** Of several things that are put together, the only one that is not empty along the axis. */
function theOnlyFull(node: Node, edit: Edit): Kept {
  const axis = node.int('axis', 1)
  const full = node.inputs.filter((value) => value && edit.facts.shapeOf(value)?.at(axis) !== 0)
  return full.length === 1 ? full[0] : null
}

/** Whether every axis is cut from its start to an end that no extent passes. */
function isWhole(node: Node, edit: Edit): boolean {
  const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((name) => paramOf(node, edit, name))
  const [x] = node.inputs
  if (!x || !starts || !ends || !isNumbers(starts) || !isNumbers(ends)) return false
  if (axes === 'computed' || (steps !== 'absent' && (!steps || !isNumbers(steps) || steps.some((n) => n !== 1))))
    return false
  const shape = edit.facts.shapeOf(x)
  return starts.every((start, i) => {
    const extent = shape?.at(axes && isNumbers(axes) ? (axes[i] ?? 0) : i)
    const end = ends[i] ?? 0
    return start === 0 && (end >= 2 ** 31 - 1 || (typeof extent === 'number' && end >= extent))
  })
}
