import type { Node, Value } from '../ir/graph.js'
import { keepAll } from './axis-at.js'
import type { CoupleRule } from './coupling.js'
import { extentsOf } from './extents.js'
import { defineOp } from './op.js'
import { param } from './param.js'
import { range } from './selection.js'

const VARIES = 'its extent varies'
const NUMBER = 'its extent is a number that is computed with'

/** Ops that hand the numbers of a vector on as they are. */
const HAND_ON: ReadonlySet<string> = new Set(['Cast', 'Concat', 'Identity', 'Squeeze', 'Unsqueeze'])

/** The input that says what shape the first one gets: their rules put the new numbers there where that changes. */
const SHAPES: Readonly<Record<string, number>> = { Expand: 1, Reshape: 1, Resize: 3 }

/**
 * Extents are numbers, which must not change, as far as they are read. Where they only say what shape the same value
 * gets, axis by axis, they change with it.
 */
const coupleShape: CoupleRule = (c) => {
  const axes = c.input(0)
  const [x] = c.node.inputs
  const [vector] = c.node.outputs
  const { length } = axes
  const within = (bound: number) => Math.max(0, Math.min(length, bound < 0 ? bound + length : bound))
  const start = within(c.node.int('start', 0))
  const places = range(Math.max(0, within(c.node.int('end', length)) - start), start)
  const read = x && vector ? readOf(vector, places, { of: x, rank: length }) : new Set<number>()
  keepAll(
    c,
    axes.filter((_, i) => read.has(i)),
    NUMBER,
  )
}

export const shape = defineOp({ types: ['Shape'], couple: coupleShape })

/** The value whose extents are followed. */
interface Source {
  readonly of: Value
  readonly rank: number
}

/** Which of the axes matter to whoever reads a vector of their extents. */
function readOf(vector: Value, axes: readonly number[], source: Source): ReadonlySet<number> {
  return new Set([...vector.uses].flatMap((use) => ('slot' in use ? axes : readBy(use, axes, source))))
}

function readBy({ node, index }: { node: Node; index: number }, axes: readonly number[], source: Source) {
  const { type, inputs, outputs } = node
  const vector = inputs[index]
  if (vector && inputs[0] === source.of && SHAPES[type] === index) return misplaced(vector, axes, source)
  const handedOn = HAND_ON.has(type) ? axes : index === 0 ? chosenBy(node, axes) : null
  const [output] = outputs
  return handedOn && output ? [...readOf(output, handedOn, source)] : axes
}

/** Of a shape: those that stand at the place of another axis. */
function misplaced(vector: Value, axes: readonly number[], { of, rank }: Source): readonly number[] {
  const elements = extentsOf(vector, rank)
  if (elements.includes('unknown')) return axes
  return elements.flatMap((element, place) =>
    element !== 'stored' && element !== 'unknown' && element.of === of && element.axis !== place ? [element.axis] : [],
  )
}

/** What a Gather or Slice takes of a vector; null for any other node, and where that is not known. */
function chosenBy(node: Node, axes: readonly number[]): readonly number[] | null {
  if (node.type === 'Gather') {
    const indices = param(node, 'indices')
    return typeof indices === 'string' ? null : indices.flatMap((index) => axes.at(index) ?? [])
  }
  if (node.type !== 'Slice') return null
  const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => param(node, name))
  if (!Array.isArray(starts) || !Array.isArray(ends) || (steps !== 'absent' && steps?.[0] !== 1)) return null
  return axes.slice(starts[0], ends[0])
}

/** The number of all elements. */
export const size = defineOp({ types: ['Size'], couple: (c) => keepAll(c, c.input(0), NUMBER) })

/** As many of one element as a shape says. */
export const constantOfShape = defineOp({
  types: ['ConstantOfShape'],
  couple: (c) => {
    c.output(
      0,
      c.outputShape(0).map((extent, axis) => (c.isOpen(0, axis) ? c.fixed(extent, VARIES) : c.free(extent))),
    )
  },
  cut: (c) => {
    const { before, after } = c.outputShape(0)
    if (c.param('shape') !== 'computed') c.setParam('shape', after)
    else
      c.overwrite(
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
