import { axisAt, keepAll, positive } from './axis-at.js'
import type { Axis, CoupleRule, Coupler, Cutter } from './coupling.js'
import { defineOp } from './op.js'
import { placesAmong, selected } from './selection.js'

const BY_INDEX = 'its elements are looked up by their place'

/** Constant indices, from the front; null for those that are known only at run time. */
function indicesOf(c: Coupler | Cutter, size: number): number[] | null {
  const stated = c.param('indices')
  return typeof stated === 'string' ? null : stated.map((index) => (index < 0 ? index + size : index))
}

/**
 * The axis that is looked up becomes those of the indices: constant ones choose among its elements, others may name any
 * of them.
 */
function lookedUp(c: Coupler, axis: Axis): readonly Axis[] {
  const places = c.input(1)
  const indices = indicesOf(c, axis.size)
  if (indices === null) {
    c.keep(axis, BY_INDEX)
    return places
  }
  if (places.length === 0) {
    selected(c, axis, indices)
    return []
  }
  const longer = places.flatMap(({ size }, i) => (size === 1 ? [] : [i]))
  if (longer.length <= 1) {
    const along = longer[0] ?? 0
    return places.map((_, i) => (i === along ? selected(c, axis, indices) : c.free(1)))
  }
  const why = 'a table of indices says what is taken of it'
  c.keep(axis, why)
  return places.map(({ size }) => c.fixed(size, why))
}

const coupleGather: CoupleRule = (c) => {
  const axes = c.input(0)
  const at = positive(c, c.node.int('axis', 0), axes.length)
  c.output(
    0,
    axes.flatMap((axis, i) => (i === at ? lookedUp(c, axis) : [axis])),
  )
}

/** The same elements, by their places among those that stay. */
function cutGather(c: Cutter): void {
  const data = c.inputShape(0).before
  const rank = c.inputShape(1).before.length
  const stated = c.node.int('axis', 0)
  const at = stated < 0 ? stated + data.length : stated
  const size = data[at] ?? 0
  const kept = c.keptOfInput(0, at)
  const indices = indicesOf(c, size)
  if (kept === null || indices === null) return
  const output = c.outputShape(0)
  const along = Array.from({ length: rank }, (_, i) => at + i).find((i) => (output.before[i] ?? 1) > 1)
  const keptOut = along === undefined ? null : c.keptOfOutput(0, along)
  const taken = keptOut === null ? indices : Array.from(keptOut, (place) => indices[place] ?? 0)
  c.setIntegers(1, taken.map(placesAmong(kept, size)), output.after.slice(at, at + rank))
}

/** Of each place along an axis the element that the indices name: the other axes of all three lie together. */
const coupleElements: CoupleRule = (c) => {
  const axes = c.input(0)
  const places = c.input(1)
  const at = positive(c, c.node.int('axis', 0), axes.length)
  c.keep(axisAt(c, axes, at), BY_INDEX)
  c.output(
    0,
    places.map((place, i) => {
      const axis = axisAt(c, axes, i)
      if (i === at) return place
      if (axis.size === place.size) c.tie(axis, place)
      else keepAll(c, [axis, place], 'the indices are fewer than the elements')
      return place
    }),
  )
}

export const gatherElements = defineOp({ types: ['GatherElements'], couple: coupleElements })

/** Indices [.., r] name places along r axes behind the `batch_dims` first, which lie together. */
const coupleTuples: CoupleRule = (c) => {
  const axes = c.input(0)
  const places = c.input(1)
  const batch = c.node.int('batch_dims', 0)
  const tuple = axisAt(c, places, -1)
  for (let i = 0; i < batch; i++) c.tie(axisAt(c, axes, i), axisAt(c, places, i))
  keepAll(c, [tuple, ...axes.slice(batch, batch + tuple.size)], BY_INDEX)
  c.output(0, [...places.slice(0, -1), ...axes.slice(batch + tuple.size)])
}

export const gatherNd = defineOp({ types: ['GatherND'], couple: coupleTuples })

/**
 * A lookup of rows in a table [V, D]. That the table is a matrix of floats, `weightsOf` checks: with other constants
 * Gather is arithmetic on shapes and indices.
 */
export const gather = defineOp({
  types: ['Gather'],
  couple: coupleGather,
  cut: cutGather,
  weights: (node) =>
    node.int('axis', 0) === 0 ? [{ input: 0, out: 0, in: 1, kind: 'embedding', eitherSide: true }] : [],
})

export const torchEmbedding = defineOp({
  types: ['com.microsoft.TorchEmbedding'],
  weights: () => [{ input: 0, out: 0, in: 1, kind: 'embedding' }],
})

/** Words, positions and segments (optional), summed and normalized. */
export const embedLayerNormalization = defineOp({
  types: ['com.microsoft.EmbedLayerNormalization'],
  weights: (node) =>
    [2, 3, 4]
      .filter((input) => node.inputs[input])
      .map((input) => ({ input, out: 0, in: 1, kind: 'embedding' as const })),
  couple: (c) => {
    const channels = axisAt(c, c.input(2), 1)
    for (const input of [2, 3, 4]) {
      if (!c.has(input)) continue
      c.keep(axisAt(c, c.input(input), 0), BY_INDEX)
      c.tie(axisAt(c, c.input(input), 1), channels)
    }
    for (const input of [5, 6]) c.tie(axisAt(c, c.input(input), 0), channels)
    c.normalize(2, 1, { output: 0 })
    c.keep(axisAt(c, c.input(0), 1), 'each place has an embedding of its own')
    const made = [...c.input(0), channels]
    c.output(0, made)
    c.output(2, made)
  },
})
