import type { Node, Value } from '../ir/graph.js'
import { constantOf } from '../ir/walk.js'
import { integersOf, type Layout } from './layout.js'

/** A range of one axis. */
interface Piece {
  readonly source: Value
  readonly axis: number
  readonly start: number
  readonly end: number
}

/**
 * A Concat that only puts the pieces of one tensor into another order: so exporters turn the gates of a recurrent
 * layer, iofg in ONNX and ifgo in PyTorch. Each axis stays what it is, its elements stand elsewhere on it.
 *
 * @returns what is cut up, and the change of its layout (null where the pieces are not all of it); null for any other node
 */
export function rearranged(node: Node): { source: Value; step: (layout: Layout) => Layout | null } | null {
  if (node.type !== 'Concat' || node.inputs.length < 2) return null
  const pieces = node.inputs.map((value) => (value?.producer ? pieceOf(value.producer) : null))
  const [first] = pieces
  if (!first || !pieces.every((p) => p !== null && p.source === first.source && p.axis === first.axis)) return null
  const step = (layout: Layout): Layout | null => {
    const rank = layout.shape.length
    const axis = first.axis < 0 ? first.axis + rank : first.axis
    const along = node.int('axis', 0)
    const length = layout.shape[axis]
    if (length === undefined || (along < 0 ? along + rank : along) !== axis) return null
    return covers(pieces, length) ? layout : null
  }
  return { source: first.source, step }
}

/** Whether the pieces, in some order, are the whole of an axis. */
function covers(pieces: readonly (Piece | null)[], length: number): boolean {
  const within = (at: number) => Math.max(0, Math.min(length, at < 0 ? at + length : at))
  const ranges = pieces.flatMap((p) => (p ? [{ start: within(p.start), end: within(p.end) }] : []))
  ranges.sort((a, b) => a.start - b.start)
  let at = 0
  for (const { start, end } of ranges) {
    if (start !== at) return false
    at = end
  }
  return at === length
}

/** A Slice of one axis with constant bounds and step 1. Attributes before opset 10, inputs since. */
function pieceOf(node: Node): Piece | null {
  const [source] = node.inputs
  if (node.type !== 'Slice' || !source) return null
  const parameter = (name: string, index: number) => {
    const value = node.inputs[index]
    const tensor = value ? constantOf(value) : null
    return node.ints(name) ?? (tensor && integersOf(tensor))
  }
  const [starts, ends, axes, steps] = [
    parameter('starts', 1),
    parameter('ends', 2),
    parameter('axes', 3),
    parameter('steps', 4),
  ]
  const [start] = starts ?? []
  const [end] = ends ?? []
  if (start === undefined || end === undefined || starts?.length !== 1) return null
  if (steps?.[0] !== undefined && steps[0] !== 1) return null
  return { source, axis: axes?.[0] ?? 0, start, end }
}
