import type { Node, Value } from '../../ir/graph.js'
import { denseBytes, elementCount, type Type } from '../../ir/type.js'
import { activations, coneOf } from './dataflow.js'
import { Difference } from './difference.js'
import type { Match, Typed } from './matching.js'

/** A compared value inside the models. */
export interface Layer {
  readonly match: Match
  /** What A and what B computes it from. */
  readonly fromA: readonly Layer[]
  readonly fromB: readonly Layer[]
  /** The nodes of A between it and the values that it is computed from. */
  readonly span: readonly Node[]
  /** Of the value in one batch, in the larger of the two types. */
  readonly bytes: number
  readonly difference: Difference
}

/** Layers that are computed in one run of each model, from what earlier groups left. */
export interface LayerGroup {
  readonly layers: readonly Layer[]
  /** Values of earlier groups that A, and that B, computes these from. */
  readonly givenA: readonly Layer[]
  readonly givenB: readonly Layer[]
  /** All values, of this group too, that B computes these from. */
  readonly givenLocal: readonly Layer[]
  /** What no later group needs. */
  readonly done: readonly Layer[]
  /** Fetched in one batch. */
  readonly bytes: number
}

/** Taken for values whose shape only a run tells. */
const UNKNOWN_BYTES = 1 << 20
/** A value is fetched three times: as A has it, as B has it, and as B makes it of the values of A. */
const FETCHES = 3

/** In the order of the matches, which is that of A's graph. */
export function layersOf(matches: readonly Match[], a: Typed, b: Typed): Layer[] {
  const byA = new Map<Value, Layer & { fromA: Layer[]; fromB: Layer[] }>()
  const byB = new Map<Value, Layer>()
  const computed = activations(a.model)
  const inA = new Set(matches.map((match) => match.a))
  const boundaries = new Map<Layer, ReadonlySet<Value>>()
  for (const match of matches) {
    const { nodes, boundary } = coneOf(match.a, (value) => inA.has(value))
    const span = [...nodes].filter((node) => node.outputs.some((output) => output !== null && computed.has(output)))
    const bytes = Math.max(bytesOf(a.shapes.typeOf(match.a)), bytesOf(b.shapes.typeOf(match.b)))
    const layer = { match, fromA: [], fromB: [], span, bytes, difference: new Difference() }
    byA.set(match.a, layer)
    byB.set(match.b, layer)
    boundaries.set(layer, boundary)
  }
  const layers = [...byA.values()]
  for (const layer of layers) {
    for (const value of boundaries.get(layer) ?? []) pushKnown(layer.fromA, byA.get(value))
    for (const value of coneOf(layer.match.b, (other) => byB.has(other)).boundary) {
      pushKnown(layer.fromB, byB.get(value))
    }
  }
  return layers
}

function pushKnown(list: Layer[], layer: Layer | undefined): void {
  if (layer !== undefined) list.push(layer)
}

function bytesOf(type: Type | null): number {
  if (type?.kind !== 'tensor' || type.dtype === null || type.shape === null) return UNKNOWN_BYTES
  const numbers = type.shape.filter((dim) => typeof dim === 'number')
  return numbers.length < type.shape.length ? UNKNOWN_BYTES : denseBytes(type.dtype, elementCount(numbers))
}

/**
 * Cuts the layers into groups, none of which fetches more than the budget unless a single layer does. Each group only
 * needs what is before it in both models; where their orders contradict each other, there is one group.
 *
 * @param budget  bytes in one batch
 */
export function grouped(layers: readonly Layer[], budget: number): LayerGroup[] {
  const ordered = inBothOrders(layers)
  const cuts = ordered === null ? [layers] : cut(ordered, budget)
  const lastUse = new Map<Layer, number>()
  for (const [i, cut] of cuts.entries()) {
    for (const layer of cut) for (const used of [layer, ...layer.fromA, ...layer.fromB]) lastUse.set(used, i)
  }
  return cuts.map((cut, i) => {
    const inside = new Set(cut)
    const before = (of: (layer: Layer) => readonly Layer[]) => [...new Set(cut.flatMap(of))]
    return {
      layers: cut,
      givenA: before((layer) => layer.fromA).filter((layer) => !inside.has(layer)),
      givenB: before((layer) => layer.fromB).filter((layer) => !inside.has(layer)),
      givenLocal: before((layer) => layer.fromB),
      done: [...lastUse].filter(([, last]) => last === i).map(([layer]) => layer),
      bytes: FETCHES * cut.reduce((sum, layer) => sum + layer.bytes, 0),
    }
  })
}

function cut(layers: readonly Layer[], budget: number): Layer[][] {
  const cuts: Layer[][] = []
  let left = 0
  for (const layer of layers) {
    const bytes = FETCHES * layer.bytes
    if (bytes > left || cuts.length === 0) {
      cuts.push([])
      left = budget
    }
    cuts.at(-1)?.push(layer)
    left -= bytes
  }
  return cuts
}

/** Each after what it is computed from in A and in B; null where that goes round in a circle. */
function inBothOrders(layers: readonly Layer[]): Layer[] | null {
  const ordered = new Set<Layer>()
  const waiting = new Set<Layer>()
  for (const start of layers) {
    const stack = [start]
    for (let layer = stack.at(-1); layer !== undefined; layer = stack.at(-1)) {
      const next = ordered.has(layer)
        ? undefined
        : [...layer.fromA, ...layer.fromB].find((other) => !ordered.has(other))
      if (next === undefined) {
        ordered.add(layer)
        waiting.delete(layer)
        stack.pop()
        continue
      }
      waiting.add(layer)
      if (waiting.has(next)) return null
      stack.push(next)
    }
  }
  return [...ordered]
}
