import type { Node, Value } from '../ir/graph.js'
import { keepAll } from './axis-at.js'
import type { Coupler } from './coupling.js'
import { type Element, extentsOf, overwriteShape, shapedBy, statedFor } from './extents.js'
import { defineOp } from './op.js'

const NUMBER = 'its extent is a number that is computed with'

/** Ops that move the numbers of a vector about. */
const MOVE: ReadonlySet<string> = new Set(['Cast', 'Concat', 'Gather', 'Identity', 'Slice', 'Squeeze', 'Unsqueeze'])

/** The input that says what shape the output gets: their rules see to it that extents and shapes go together. */
const SHAPES: Readonly<Record<string, number>> = { ConstantOfShape: 0, Expand: 1, Reshape: 1, Resize: 3 }

/** Extents are numbers, which must not change where they are computed with. */
export const shape = defineOp({
  types: ['Shape'],
  couple: (c) => {
    const axes = c.input(0)
    const [vector] = c.node.outputs
    const read = vector ? [...readOf(c, vector)] : []
    keepAll(
      c,
      read.flatMap((at) => axes[at] ?? []),
      NUMBER,
    )
  },
})

/** The axes whose extents are computed with, of those that stand in a vector. */
function readOf(c: Coupler, vector: Value): ReadonlySet<number> {
  const elements = extentsOf(vector, (value) => c.shapeOf(value))
  const all = elements ? axesIn(elements, c.node) : c.input(0).keys()
  return new Set([...vector.uses].flatMap((use) => ('slot' in use ? [...all] : [...(readBy(c, use) ?? all)])))
}

/** @returns null where all are */
function readBy(c: Coupler, { node, index }: { readonly node: Node; readonly index: number }): Iterable<number> | null {
  const vector = node.inputs[index]
  const [output] = node.outputs
  const shapeOf = (value: Value) => c.shapeOf(value)
  if (node.graph !== c.node.graph || !vector) return null
  if (SHAPES[node.type] === index) return extentsOf(vector, shapeOf)?.includes('unknown') === false ? [] : null
  const isMoved = MOVE.has(node.type) && output && extentsOf(output, shapeOf) !== null
  return isMoved ? readOf(c, output) : null
}

function axesIn(elements: readonly Element[], shape: Node): number[] {
  return elements.flatMap((element) => (typeof element === 'object' && element.shape === shape ? [element.axis] : []))
}

/** The number of all elements. */
export const size = defineOp({ types: ['Size'], couple: (c) => keepAll(c, c.input(0), NUMBER) })

/** As many of one element as a shape says. */
export const constantOfShape = defineOp({
  types: ['ConstantOfShape'],
  couple: shapedBy(0, (c) => {
    const shape = c.outputShape(0)
    const stated = statedFor(c, 0, shape.length)
    return shape.map((size, axis) => {
      const varies = c.isOpen(0, axis) && stated[axis] === 'unknown'
      return varies ? c.fixed(size, 'its extent varies') : c.free(size)
    })
  }),
  cut: (c) => {
    const { before, after } = c.outputShape(0)
    if (c.param('shape') !== 'computed') c.setParam('shape', after)
    else
      overwriteShape(
        c,
        0,
        after.map((extent, axis) => (extent === before[axis] ? null : extent)),
      )
  },
})

/** Numbers in order: of a place it only matters which one it is. */
export const positions = defineOp({
  types: ['Range', 'EyeLike'],
  couple: (c) => {
    for (const index of c.node.inputs.keys()) keepAll(c, c.input(index), NUMBER)
  },
})
