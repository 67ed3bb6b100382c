import type { Node, Value } from '../ir/graph.js'
import { constantOf } from '../ir/walk.js'
import type { Axis, CoupleRule, Coupler, Cutter } from './coupling.js'
import { numbersOf, param } from './param.js'
import { range } from './selection.js'

/** The extent of an axis of what a Shape looks at. */
export interface Extent {
  readonly shape: Node
  readonly axis: number
}

/** A number that is stored, an extent as it is, or anything else. */
export type Element = number | Extent | 'unknown'

type ShapeOf = (value: Value) => readonly number[] | null

/** No shape has more axes. */
const MOST = 64

/**
 * What the elements of a vector of integers (or a scalar) are, as far back as they are only moved about.
 *
 *   Concat(Slice(Shape(x), 0, 2), [7, 7])     ->   the extents 0 and 1 of x, two numbers that are stored
 *
 * @returns null for what is no vector, or more than moved about
 */
export function extentsOf(vector: Value, shapeOf: ShapeOf): readonly Element[] | null {
  const constant = constantOf(vector)
  const shape = constant?.shape ?? shapeOf(vector)
  const length = shape?.[0] ?? 1
  if (shape === null || shape.length > 1 || length > MOST) return null
  if (constant !== null) return numbersOf(constant)
  const { producer } = vector
  const elements = (producer && RULES[producer.type]?.(producer, shapeOf)) ?? null
  return elements?.length === length ? elements : null
}

type Rule = (node: Node, shapeOf: ShapeOf) => readonly Element[] | null

const same: Rule = ({ inputs: [x] }, shapeOf) => (x ? extentsOf(x, shapeOf) : null)

const RULES: Readonly<Record<string, Rule>> = {
  Cast: same,
  Identity: same,
  Squeeze: same,
  Unsqueeze: same,
  Shape: (node, shapeOf) => {
    const [x] = node.inputs
    const rank = x ? shapeOf(x)?.length : undefined
    if (rank === undefined) return null
    const axes = range(rank).slice(node.int('start', 0), node.int('end', rank))
    return axes.map((axis) => ({ shape: node, axis }))
  },
  Gather: (node, shapeOf) => {
    const elements = same(node, shapeOf)
    const indices = param(node, 'indices')
    return typeof indices === 'string' ? null : indices.map((index) => elements?.at(index) ?? 'unknown')
  },
  Slice: (node, shapeOf) => {
    const elements = same(node, shapeOf)
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => param(node, name))
    if (!Array.isArray(starts) || !Array.isArray(ends) || (steps !== 'absent' && steps?.[0] !== 1)) return null
    return elements?.slice(starts[0], ends[0]) ?? null
  },
  Concat: ({ inputs }, shapeOf) => {
    return inputs.flatMap((part) => (part ? elementsOfPart(part, shapeOf) : []))
  },
}

/** The elements of a part of a vector, of which others may be known still. */
function elementsOfPart(part: Value, shapeOf: ShapeOf): readonly Element[] {
  const length = Math.min(shapeOf(part)?.[0] ?? 0, MOST)
  return extentsOf(part, shapeOf) ?? range(length).map(() => 'unknown' as const)
}

/**
 * The rule of an op whose first output gets the shape that one of its inputs says, from the last axis on: where that is
 * the extent of an axis elsewhere, the two axes lose the same.
 *
 * @param axesOf  what the axes of the output are
 */
export function shapedBy(input: number, axesOf: (c: Coupler) => readonly Axis[]): CoupleRule {
  return (c) => {
    const elements = elementsOf(c, input)
    let made: readonly Axis[] = []
    try {
      const axes = axesOf(c)
      c.output(0, axes)
      made = axes
    } finally {
      for (const [i, element] of elements.entries()) {
        if (typeof element === 'object') together(c, element, made[i + made.length - elements.length])
      }
    }
  }
}

/** Where nothing is known of the axis, the extent has to stay what it is. */
function together(c: Coupler, { shape, axis: at }: Extent, axis: Axis | undefined): void {
  const other = c.axesBefore(shape, 0)?.[at]
  if (other === undefined) return
  if (axis?.size === other.size) c.tie(axis, other)
  else for (const one of axis ? [axis, other] : [other]) c.keep(one, 'its extent is one of another shape')
}

/** What a shape says of each axis of the first output, also of those in front, of which it says nothing. */
export function statedFor(c: Coupler | Cutter, input: number, rank: number): readonly Element[] {
  const elements = elementsOf(c, input)
  return range(rank).map((axis) => elements[axis - rank + elements.length] ?? 'unknown')
}

/**
 * Puts the numbers that a cut has changed into a shape that is computed at run time, but for those that follow by
 * themselves.
 *
 * @param entries  of all axes; null for what stays computed
 */
export function overwriteShape(c: Cutter, input: number, entries: readonly (number | null)[]): void {
  const elements = elementsOf(c, input)
  const [length = 0] = c.inputShape(input).before
  c.overwrite(
    input,
    entries.slice(entries.length - length).map((entry, i) => (typeof elements[i] === 'object' ? null : entry)),
  )
}

function elementsOf(c: Coupler | Cutter, input: number): readonly Element[] {
  const vector = c.node.inputs[input]
  return (vector && extentsOf(vector, (value) => c.shapeOf(value))) ?? []
}
