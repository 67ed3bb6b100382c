import type { Node, Value } from '../../ir/graph.js'
import { denseBytes, elementCount, type Type } from '../../ir/type.js'
import { activations, coneOf } from './dataflow.js'
import { Difference } from './difference.js'
import type { Match, Typed } from './matching.js'

/** A compared value inside the models. */
export interface Layer {
  readonly match: Match
  /** What B computes it from. */
  readonly from: readonly Layer[]
  /** The nodes of A between it and the values that it is computed from. */
  readonly span: readonly Node[]
  /** Of the value in one batch, in the larger of the two types. */
  readonly bytes: number
  readonly difference: Difference
}

/** Layers that are compared in one reading of the data. */
export interface LayerGroup {
  readonly layers: readonly Layer[]
  /** What has to be known of A for them: what they are computed from. */
  readonly given: readonly Layer[]
  /** Fetched in one batch. */
  readonly bytes: number
}

/** Taken for values whose shape only a run tells. */
const UNKNOWN_BYTES = 1 << 20

/** In the order of the matches, which is that of A's graph. */
export function layersOf(matches: readonly Match[], a: Typed, b: Typed): Layer[] {
  const inA = new Set(matches.map((match) => match.a))
  const computed = activations(a.model)
  const byB = new Map<Value, Layer & { from: Layer[] }>()
  for (const match of matches) {
    const { nodes } = coneOf(match.a, (value) => inA.has(value))
    const span = [...nodes].filter((node) => node.outputs.some((output) => output !== null && computed.has(output)))
    const bytes = Math.max(bytesOf(a.shapes.typeOf(match.a)), bytesOf(b.shapes.typeOf(match.b)))
    byB.set(match.b, { match, from: [], span, bytes, difference: new Difference() })
  }
  for (const [value, layer] of byB) {
    for (const u of coneOf(value, (other) => byB.has(other)).boundary) {
      const source = byB.get(u)
      if (source !== undefined) layer.from.push(source)
    }
  }
  return [...byB.values()]
}

function bytesOf(type: Type | null): number {
  if (type?.kind !== 'tensor' || type.dtype === null || type.shape === null) return UNKNOWN_BYTES
  const numbers = type.shape.filter((dim) => typeof dim === 'number')
  return numbers.length < type.shape.length ? UNKNOWN_BYTES : denseBytes(type.dtype, elementCount(numbers))
}

/** A value is fetched three times: as A has it, as B has it, and as B makes it of the values of A. */
const FETCHES = 3

/**
 * Cuts the layers into groups, none of which fetches more than the budget unless a single layer does.
 *
 * @param budget  bytes in one batch
 */
export function grouped(layers: readonly Layer[], budget: number): LayerGroup[] {
  const groups: LayerGroup[] = []
  let current: Layer[] = []
  for (const layer of layers) {
    if (current.length > 0 && groupOf([...current, layer]).bytes > budget) {
      groups.push(groupOf(current))
      current = []
    }
    current.push(layer)
  }
  if (current.length > 0) groups.push(groupOf(current))
  return groups
}

function groupOf(layers: readonly Layer[]): LayerGroup {
  const given = [...new Set(layers.flatMap((layer) => layer.from))]
  const inside = new Set(layers)
  const outside = given.filter((layer) => !inside.has(layer))
  const sum = (some: readonly Layer[]) => some.reduce((total, { bytes }) => total + bytes, 0)
  return { layers, given, bytes: FETCHES * sum(layers) + sum(outside) }
}
