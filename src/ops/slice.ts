import { positive } from './axis-at.js'
import type { Axis, CoupleRule, Coupler, Cutter } from './coupling.js'
import { defineOp } from './op.js'
import { placesAmong, range, selected } from './selection.js'

/** What is said of one axis. */
interface Bounds {
  readonly start: number
  readonly end: number
  readonly step: number
}

const INT32_MAX = 2 ** 31 - 1

/** By axis; null when some of it is computed at run time. */
function boundsOf(c: Coupler | Cutter, rank: number): Map<number, Bounds> | null {
  const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((name) => c.param(name))
  if (!Array.isArray(starts) || !Array.isArray(ends) || axes === 'computed' || steps === 'computed') return null
  const at = Array.isArray(axes) ? axes : range(starts.length)
  return new Map(
    starts.map((start: number, i) => {
      const axis: number = at[i] ?? i
      return [axis < 0 ? axis + rank : axis, { start, end: ends[i] ?? 0, step: Array.isArray(steps) ? steps[i] : 1 }]
    }),
  )
}

/** The indices that are read of an axis, in the order of the output. */
function indicesOf({ start, end, step }: Bounds, size: number): number[] {
  const last = step > 0 ? size : size - 1
  const within = (bound: number, least: number) => Math.max(least, Math.min(last, bound < 0 ? bound + size : bound))
  const [from, to] = [within(start, 0), within(end, step > 0 ? 0 : -1)]
  return range(Math.max(0, Math.ceil((to - from) / step)), from, step)
}

/**
 * What is read of an axis. Of every k-th element only blocks of k can go, so that what remains is every k-th again.
 */
function sliced(c: Coupler, axis: Axis, bounds: Bounds): Axis {
  const indices = indicesOf(bounds, axis.size)
  const step = Math.abs(bounds.step)
  const [first = 0] = indices
  if (step <= 1) return selected(c, axis, indices)
  if (bounds.step > 0 && first < step && axis.size % step === 0 && indices.length === axis.size / step) {
    const [blocks, within] = c.split(axis, [axis.size / step, step])
    if (blocks && within) {
      c.keep(within, `every ${step}th element is read`)
      return blocks
    }
  }
  c.keep(axis, `every ${step}th element is read`)
  return c.select(axis, indices)
}

const coupleSlice: CoupleRule = (c) => {
  const axes = c.input(0)
  const bounds = boundsOf(c, axes.length)
  const shape = c.outputShape(0)
  if (bounds === null) {
    // Which axes they are for may be known still.
    const stated = c.param('axes')
    const at = Array.isArray(stated) ? stated.map((axis: number) => positive(c, axis, axes.length)) : range(axes.length)
    const why = 'its bounds are computed at run time'
    for (const i of at) c.keep(axes[i] ?? c.free(1), why)
    c.output(
      0,
      axes.map((axis, i) => (at.includes(i) ? c.fixed(shape[i] ?? 1, why) : axis)),
    )
    return
  }
  for (const [at, { start, end, step }] of bounds) {
    positive(c, at, axes.length)
    // ONNX Runtime and the specification differ in what that means.
    if (step === 0 || (step < 0 && end >= INT32_MAX)) c.refuse(`it goes from ${start} to ${end} in steps of ${step}`)
  }
  c.output(
    0,
    axes.map((axis, i) => {
      const of = bounds.get(i)
      return of === undefined ? axis : sliced(c, axis, of)
    }),
  )
}

/** The bounds by which what stays of the elements that were read is read again. */
function boundsAfter(c: Cutter, at: number, bounds: Bounds): Bounds {
  const size = c.inputShape(0).before[at] ?? 0
  const [keptIn, keptOut] = [c.keptOfInput(0, at), c.keptOfOutput(0, at)]
  if (keptIn === null) return bounds
  const indices = indicesOf(bounds, size)
  const read = keptOut === null ? indices : Array.from(keptOut, (place) => indices[place] ?? 0)
  const places = read.map(placesAmong(keptIn, size))
  const [start = 0, second] = places
  const step = second === undefined ? bounds.step : second - start
  if (places.some((place, i) => place < 0 || place !== start + i * step)) {
    throw new Error(`${c.node.label} cannot read the elements ${places} by bounds.`)
  }
  const end = start + (places.length - 1) * step + Math.sign(step)
  return { start, end: end < 0 ? -keptIn.length - 1 : end, step }
}

function cutSlice(c: Cutter): void {
  const bounds = boundsOf(c, c.inputShape(0).before.length)
  if (bounds === null || ![...bounds.keys()].some((at) => c.keptOfInput(0, at) !== null)) return
  const after = [...bounds].map(([at, of]) => ({ at, ...boundsAfter(c, at, of) }))
  const stated = {
    starts: after.map(({ start }) => within32(start)),
    ends: after.map(({ end }) => within32(end)),
    axes: after.map(({ at }) => at),
    steps: after.map(({ step }) => step),
  }
  // All anew, as they have to be of one integer type; steps came as an input only.
  for (const [at, [name, values]] of Object.entries(stated).entries()) {
    if (name === 'steps' && !c.has(4) && values.every((step) => step === 1)) continue
    if (c.opset < 10) c.setInts(name, values)
    else c.setIntegers(at + 1, values)
  }
}

/** Bounds that mean no end do so at any length; doubles hold the limits of int64 inexactly. */
function within32(bound: number): number {
  return Math.max(-INT32_MAX, Math.min(INT32_MAX, bound))
}

export const slice = defineOp({
  types: ['Slice'],
  couple: coupleSlice,
  cut: cutSlice,
  upgrade: {
    10: (u) => {
      u.moveToInput('starts', 1)
      u.moveToInput('ends', 2)
      u.moveToInput('axes', 3)
    },
  },
})
