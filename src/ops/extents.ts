import type { Node, Value } from '../ir/graph.js'
import { constantOf } from '../ir/walk.js'
import { param } from './param.js'
import { range } from './selection.js'

/** The extent of an axis of a value. */
export interface Extent {
  readonly of: Value
  readonly axis: number
}

/** A number that is stored, an extent as it is, or anything else. */
export type Element = 'stored' | Extent | 'unknown'

/** The elements of a vector, or of a scalar, and how many there are at most; null where that is not known. */
interface Vector {
  readonly length: number | null
  at(place: number): Element
}

const UNKNOWN: Vector = { length: null, at: () => 'unknown' }

/**
 * What the elements of a vector of integers are, as far back as they are only moved about.
 *
 *   Concat(Slice(Shape(x), 0, 2), [7, 7])     ->   the extents 0 and 1 of x, two numbers that are stored
 *
 * @param count  how many there are
 */
export function extentsOf(vector: Value, count: number): readonly Element[] {
  const { length, at } = vectorOf(vector)
  // A Slice may end beyond its input, and gives fewer elements then: the sum tells.
  return range(count).map((place) => (length === count ? at(place) : 'unknown'))
}

function vectorOf(value: Value): Vector {
  const constant = constantOf(value)
  if (constant !== null) {
    return { length: constant.shape.reduce((product, size) => product * size, 1), at: () => 'stored' }
  }
  const { producer } = value
  return (producer && RULES[producer.type]?.(producer)) ?? UNKNOWN
}

type Rule = (node: Node) => Vector

const same: Rule = ({ inputs: [x] }) => (x ? vectorOf(x) : UNKNOWN)

const RULES: Readonly<Record<string, Rule>> = {
  Cast: same,
  Identity: same,
  Squeeze: same,
  Unsqueeze: same,
  Shape: (node) => {
    const [x] = node.inputs
    const start = node.int('start', 0)
    if (!x || start < 0) return UNKNOWN
    const end = node.int('end', -1)
    return { length: end < start ? null : end - start, at: (place) => ({ of: x, axis: start + place }) }
  },
  Gather: (node) => {
    const [x] = node.inputs
    const indices = param(node, 'indices')
    if (!x || typeof indices === 'string' || indices.some((index) => index < 0)) return UNKNOWN
    const { at } = vectorOf(x)
    return { length: indices.length, at: (place) => at(indices[place] ?? 0) }
  },
  Slice: (node) => {
    const [x] = node.inputs
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((name) => param(node, name))
    const step = steps === 'absent' ? 1 : steps?.[0]
    if (!x || !Array.isArray(starts) || !Array.isArray(ends) || step !== 1) return UNKNOWN
    const [start, end]: [number, number] = [starts[0], ends[0]]
    if (start < 0 || end < start) return UNKNOWN
    const { at } = vectorOf(x)
    return { length: end - start, at: (place) => at(start + place) }
  },
  Concat: ({ inputs }) => {
    const parts = inputs.map((part) => (part ? vectorOf(part) : UNKNOWN))
    const elements = parts.flatMap(({ length, at }) =>
      length === null || length > MOST ? [null] : range(length).map(at),
    )
    return { length: elements.includes(null) ? null : elements.length, at: (place) => elements[place] ?? 'unknown' }
  },
}

/** No shape has more axes. */
const MOST = 64
